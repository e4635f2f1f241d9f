"""An app with encrypted bodies, on CPython: strict, or with what usrv's client asks without a body."""

import sys

import picoweb
from picoweb.host.encrypted import Encrypted, generate_keypair

app = picoweb.WebApp(None, serve_static=False)
KEY, PUBLIC_KEY = generate_keypair("the server's secret")
app.use(Encrypted(KEY, strict="lax" not in sys.argv, nonces=400))
reached = [0]


@app.route("/echo", methods=["GET", "POST"])
async def echo(req, resp):
    reached[0] += 1
    return {"body": (await req.reader.read(-1)).decode(), "reached": reached[0]}


@app.post("/json")
async def json(req, resp):
    reached[0] += 1
    return {"value": await req.json()}


@app.post("/number")
async def number(req, resp):
    return 500, 201  # a body, and its status


@app.post("/status-first")
async def status_first(req, resp):
    return 201, [500]


@app.post("/forbidden")
async def forbidden(req, resp):
    return 403, "no"


app.run(port=int(sys.argv[1]), debug=0)
