"""An app that names nothing of picoweb: what it loads is what any client can cause to be loaded."""

import sys

import picoweb
import uasyncio as asyncio


app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 4
app.head_timeout = app.body_timeout = app.write_timeout = 1
app.idle_timeout = 2


@app.route("/")
async def index(req, resp):
    return "%s %s %s" % (req.method, req.path, req.qs)


@app.route("/modules")
async def modules(req, resp):
    return "\n".join(sorted(sys.modules))


@app.route("/read")
async def read(req, resp):
    whole = b""
    while True:
        data = await req.reader.read(100)
        if not data:
            return whole
        whole += data


@app.route("/unread")
def unread(req, resp):
    return "unread"


@app.route("/get", methods=["GET"])
def get(req, resp):
    return "got"


@app.route("/pieces")
async def pieces(req, resp):
    await picoweb.start_response(resp, "text/plain", "201", {"X-One": "1"})
    for i in range(4):
        await resp.awrite("piece %d\n" % i)
        await asyncio.sleep_ms(1)


@app.route("/generator")
def generator(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("generator")


@app.route("/by-hand")
async def by_hand(req, resp):
    await resp.awrite("HTTP/1.0 200 OK\r\n\r\nby hand")


@app.route("/held")
async def held(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("begun ")
    await asyncio.sleep_ms(700)
    await resp.awrite("ended")


@app.route("/flood")
async def flood(req, resp):
    await picoweb.start_response(resp, "text/plain")
    while True:
        await resp.awrite(b"x" * 1024)
        await asyncio.sleep_ms(1)


def numbers():
    for i in range(300):
        yield "number %d\n" % i


RETURNED = {
    "/str": lambda: "str" * 1000, "/bytes": lambda: b"bytes", "/dict": lambda: {"a": 1}, "/list": lambda: [1],
    "/status": lambda: ("made", 201), "/headers": lambda: ("made", 201, {"X-One": "1"}), "/no-content": lambda: ("", 204),
    "/iterator": numbers, "/iter": lambda: iter(["a", b"b"]), "/object": lambda: app, "/memory": lambda: bytearray(1 << 60),
}


def returned(path):
    return lambda req, resp: RETURNED[path]()


for path in RETURNED:
    app.add_url_rule(path, returned(path))


@app.route("/raise")
async def raising(req, resp):
    raise RuntimeError("the reason")


@app.route("/raise-late")
async def raise_late(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("x" * 2000)
    await asyncio.sleep_ms(1)
    raise RuntimeError("the reason")


@app.route("/length")
async def length(req, resp):
    await picoweb.start_response(resp, headers={"Content-Length": "8"})
    await resp.awrite("12345")


app.run(port=int(sys.argv[1]))
