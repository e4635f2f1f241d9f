"""Requests that are signed: a handler tells how often it was reached, and what it reads."""

import sys

import picoweb
from picoweb.signed import Signed

app = picoweb.WebApp(None, serve_static=False)
app.use(Signed(b"0123456789abcdef", nonces=64))
app.max_body = 4000
reached = [0]


@app.route("/")
async def index(req, resp):
    reached[0] += 1
    return reached


@app.post("/echo")
async def echo(req, resp):
    reached[0] += 1
    return await req.reader.read(-1)


@app.post("/form")
async def form(req, resp):
    await req.read_form_data()
    return req.form


@app.post("/json")
async def json(req, resp):
    return await req.json()


app.run(port=int(sys.argv[1]), debug=0)
