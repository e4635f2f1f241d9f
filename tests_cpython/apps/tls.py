"""run(ssl=…) with what this platform's start_server() takes."""

import sys

import picoweb
from picoweb.form import with_form
from picoweb.sse import EventStream
from tls_context import context

app = picoweb.WebApp(None)
app.max_connections = 6
app.max_body = 200000
app.head_timeout = app.idle_timeout = app.write_timeout = 2


@app.route("/")
async def index(req, resp):
    return "over TLS"


@app.route("/long")
async def long(req, resp):
    return "0123456789" * 2000


@app.route("/read")
async def read(req, resp):
    n = 0
    while True:
        data = await req.reader.read(700)
        if not data:
            return str(n)
        n += len(data)


@app.route("/form")
@with_form(".")
async def form(req, resp):
    return [req.form["name"], req.files["file"].size]


@app.route("/events")
async def events(req, resp):
    async with EventStream(req, resp) as stream:
        for i in range(5):
            await stream.send("event %d" % i)


@app.route("/flood")
async def flood(req, resp):
    await picoweb.start_response(resp, "text/plain")
    resp.hold = 10000  # the client's buffer is soon full
    for _ in range(2000):
        await resp.awrite(b"x" * 10000)


@app.route("/closing")
async def closing(req, resp):
    resp.stream.transport.close()  # as asyncio does when it notices first that the client has left
    return "never seen"


@app.websocket("/ws", max_message=20000)
async def ws(req, ws):
    async for message in ws:
        await ws.send(message)


@app.route("/connections")
async def connections(req, resp):
    return str(len(app.connections))


app.run(port=int(sys.argv[1]), ssl=context())
