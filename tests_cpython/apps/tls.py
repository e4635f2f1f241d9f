"""run(ssl=…) with what this platform's start_server() takes."""

import sys

import picoweb

try:
    import ssl
except ImportError:  # a MicroPython without the module that wraps it
    import tls as ssl


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if sys.implementation.name == "cpython":
        made.load_cert_chain("cert.pem", "key.pem")
    else:
        with open("cert.der", "rb") as cert, open("key.der", "rb") as key:
            made.load_cert_chain(cert.read(), key.read())
    return made


app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
async def index(req, resp):
    return "over TLS"


@app.route("/long")
async def long(req, resp):
    return "0123456789" * 2000


@app.route("/read")
async def read(req, resp):
    return str(len(await req.reader.readexactly(5000)))


app.run(port=int(sys.argv[1]), ssl=context())
