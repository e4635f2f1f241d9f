"""An app that servers of ASGI and WSGI run: `servers:asgi_app`, `servers:wsgi_app`; `servers:asgi_fails` cannot start."""

import asyncio

import picoweb
from picoweb.host import asgi, wsgi

app = picoweb.WebApp(None, serve_static=False)
app.max_body = 16384
told = []
events = {}


def event(name):
    return events.setdefault(name, asyncio.Event())


@app.route("/json")
def json_(req, resp):
    return {"hello": "world"}


@app.route("/text")
async def text(req, resp):
    return "text"


@app.route("/generator")
def generator(req, resp):
    yield from picoweb.start_response(resp, "text/plain", "201", {"X-One": "1"})
    yield from resp.awrite("written")


@app.route("/native")
def native(req, resp):
    yield from asyncio.sleep(0)
    return (yield from helper())


async def helper():
    return "helped"


@app.route("/hand")
def hand(req, resp):
    yield from resp.awrite("HTTP/1.0 202 Yes\r\nX-One: 1\r\nConnection: close\r\nX-Two")
    yield from resp.awrite(": 2\r\n\r\nby hand")


@app.route("/hand-chunks")
async def hand_chunks(req, resp):
    await resp.awrite("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r")
    await resp.awrite("\nde\r\n0\r\n\r\n")


@app.route("/no-head")
async def no_head(req, resp):
    await resp.awrite("HTTP/1.0 200 OK\r\nX-One: 1\r\n")


@app.route("/cookies")
async def cookies(req, resp):
    resp.add_header("Set-Cookie", "a=1")
    resp.add_header("Set-Cookie", "b=2")
    return "two"


@app.route("/echo/<path:rest>")
async def echo(req, resp, rest):
    return {
        "method": req.method, "path": req.path, "rest": rest, "qs": req.qs, "body": (await req.reader.read()).decode(),
        "header": req.headers.get(b"X-Test", b"").decode(),
    }


@app.route("/form", methods=["POST"])
async def form(req, resp):
    await req.read_form_data()
    return req.form


@app.route("/count")
async def count(req, resp):
    """Nothing but the number of bytes is kept of a body."""
    size = 0
    while True:
        part = await req.reader.read(1000)
        if not part:
            return str(size)
        size += len(part)


@app.route("/large")
async def large(req, resp):
    return b"0123456789" * 100000


@app.route("/parts")
async def parts(req, resp):
    await picoweb.start_response(resp, "text/plain")
    for n in range(1000):
        await resp.awrite(b"%04d" % n * 100)


@app.route("/piecewise")
async def piecewise(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("first ")
    await event("go").wait()
    event("go").clear()
    await resp.awrite("second")


@app.route("/set/<name>")
async def set_event(req, resp, name):
    event(name).set()
    return "set"


@app.route("/await/<name>")
async def await_event(req, resp, name):
    await asyncio.wait_for(event(name).wait(), 5)
    event(name).clear()
    return "came"


@app.route("/endless")
async def endless(req, resp):
    await picoweb.start_response(resp, "text/plain")
    try:
        while True:
            await resp.awrite("more ")
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        told.append("cancelled")
        raise
    except OSError:
        told.append("OSError")
        raise
    finally:
        event("gone").set()


@app.route("/silent")
async def silent(req, resp):
    event("begun").set()
    try:
        await asyncio.sleep(60)
    finally:
        event("gone").set()


@app.route("/kept")
async def kept(req, resp):
    await picoweb.start_response(resp, "text/event-stream")
    asyncio.create_task(write_later(resp))
    return False


async def write_later(resp):
    for n in range(3):
        await resp.awrite("data: %d\n\n" % n)
        await asyncio.sleep(0)
    await resp.aclose()


@app.route("/fail")
def fail(req, resp):
    raise ValueError("its reason")


@app.route("/fail-late")
async def fail_late(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("x" * 2000)
    await asyncio.sleep(0.01)
    raise ValueError("its late reason")


@app.route("/teapot")
def teapot(req, resp):
    raise picoweb.HTTPException(418, "short and stout")


@app.errorhandler(KeyError)
async def key_error(req, resp, exc):
    return {"missing": str(exc)}, 422


@app.route("/key")
def key(req, resp):
    return {}["absent"]


class Failing(picoweb.WebApp):
    def init(self):
        raise RuntimeError("the database is away")


asgi_app = asgi(app)
wsgi_app = wsgi(app)
asgi_fails = asgi(Failing(None))
