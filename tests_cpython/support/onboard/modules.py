"""One app with a route for each module that needs no socket."""

import sys

import picoweb
import picoweb.static as static
import uos
from picoweb.form import with_form
from picoweb.html import escape
from picoweb.multipart import Multipart
from picoweb.sse import EventStream
from picoweb.upload import Upload

app = picoweb.WebApp(__name__)
static.add(app, "/site", "site")
static.add(app, "/packed/", {"": b"12ab", "index.html": b"<p>packed</p>", "logo.png": b"\x89PNG" + bytes(3000)})


@app.route("/")
async def index(req, resp):
    return "hello"


# Forms and files


def told(req):
    files = [[name, req.files[name].filename, req.files[name].size] for name in req.files]
    return {"form": req.form, "files": files}


@app.route("/form")
@with_form("saved")
async def form(req, resp):
    return told(req)


@app.route("/fields")
@with_form()
def fields(req, resp):
    return told(req)


@app.route("/parts")
async def parts(req, resp):
    found = []
    async for part in Multipart(req):
        sizes = [0]
        await part.save(lambda data: sizes.append(len(data)))
        found.append([part.name, part.filename, sum(sizes)])
    return found


@app.route("/save")
async def save(req, resp):
    saved = []
    async for part in Multipart(req):
        saved.append(await part.save("saved"))
    return saved


@app.route("/saved")
async def saved(req, resp):
    return sorted(uos.listdir("saved"))


upload = Upload("upload.bin", max_size=5000)


@app.route("/upload", methods=["PUT"])
async def put(req, resp):
    return "%d %s" % (await upload.receive(req), upload.sha256)


# What is sent


@app.route("/events")
async def events(req, resp):
    async with EventStream(req, resp) as stream:
        await stream.send("one\ntwo", event="tick", id="7", retry=100)
        await stream.send({"n": [1, None]})


@app.websocket("/echo", max_message=100, origins=("*",))
async def echo(req, ws):
    async for message in ws:
        await ws.send(message)


@app.route("/escape")
async def escaped(req, resp):
    return escape("<a href=\"x\">'&'</a>")


@app.route("/page")
async def page(req, resp):
    await picoweb.start_response(resp)
    await app.render_template(resp, "page.html", ("you", range(3)))


def numbers():
    for i in range(20):
        yield "number %d\n" % i * 10


RETURNED = {
    "dict": lambda: {"a": [1, 2.5, None, True, "\xe9"]},
    "bytes": lambda: b"bytes \0\xff",
    "made": lambda: ("made", 201, {"Location": "/there"}),
    "nothing": lambda: ("", 204),
    "numbers": numbers,
    "pieces": lambda: iter(["str ", b"bytes ", "\xe9"]),
    "object": lambda: app,
}


@app.route("/returned/<kind>")
def returned(req, resp, kind):
    return RETURNED[kind]()


# Errors


@app.errorhandler(404)
async def not_found(req, resp, exc):
    return "no page " + req.path, 404


@app.errorhandler(KeyError)
def lost(req, resp, exc):
    yield from picoweb.start_response(resp, "text/plain", "410")
    yield from resp.awrite("lost " + exc.args[0])


@app.route("/http/<int:code>")
async def http(req, resp, code):
    raise picoweb.HTTPException(code, "a message")


@app.route("/lost")
async def lose(req, resp):
    raise KeyError("key")


@app.route("/bug")
async def bug(req, resp):
    return 1 // 0


@app.route("/memory")
async def memory(req, resp):
    if sys.platform != "rp2":  # a host has more than a test should take
        raise MemoryError
    return bytes(1 << 20)


@app.route("/deep")
async def deep(req, resp):
    def recurse(n):
        return recurse(n + 1) + 1

    return str(recurse(0))


# Mounted, with middleware

sub = picoweb.WebApp(None, serve_static=False)


@sub.use
async def mark(req, resp, next):
    resp.add_header("X-Sub", "yes")
    await next()


@sub.route("/<int:n>/<float:x>", methods=["GET"])
async def number(req, resp, n, x):
    return "%s %d %s" % (req.path, n, x)


@sub.use
async def stop(req, resp, next):
    if req.qs == "stop":
        return "stopped", 403
    await next()


app.mount("/sub", sub)
if "saved" not in uos.listdir():
    uos.mkdir("saved")
app.run(port=0)
