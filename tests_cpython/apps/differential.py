"""Whatever is asked, a field of the answer tells what it was: the body in hexadecimal, method and target."""

import sys

import picoweb
from ubinascii import hexlify

app = picoweb.WebApp(None, serve_static=False)


async def tell(req, resp):
    body = b""
    while True:
        data = await req.reader.read(1000)
        if not data:
            break
        body += data
    return "", 200, {"X-Asked": "x%s %s %s" % (hexlify(body).decode(), req.method, req.target)}


app.find = lambda req: tell
app.run(port=int(sys.argv[1]), debug=-1)
