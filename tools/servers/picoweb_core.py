"""An app that names nothing of picoweb's features, with a handler of each kind that the core alone serves."""

import picoweb

app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 4
app.head_timeout = app.idle_timeout = app.body_timeout = 1


@app.route("/", methods=["GET"])
async def text(req, resp):
    return "Hello world"


@app.route("/bytes")
def data(req, resp):
    return b"bytes"


@app.route("/json")
async def json(req, resp):
    return {"list": [1, 2.5, None]}


@app.route("/status")
async def status(req, resp):
    return "made", 201, {"X-Made": "1"}


@app.route("/pieces")
async def pieces(req, resp):
    return iter(["one", b"two"])


@app.route("/generator")
def generator(req, resp):
    yield from picoweb.start_response(resp, "text/plain", "200", {"X-Made": "1"})
    for _ in range(8):
        yield from resp.awrite("x" * 400)


@app.route("/hand")
async def hand(req, resp):
    await resp.awrite("HTTP/1.0 200 OK\r\n\r\nby hand")


@app.route("/body")
async def body(req, resp):
    return str(len(await req.reader.read()))


@app.route("/exactly")
async def exactly(req, resp):
    return await req.reader.readexactly(int(req.headers[b"Content-Length"]))


@app.route("/fields")
async def fields(req, resp):
    return str(len(req.headers)) + req.qs


@app.route("/error")
async def error(req, resp):
    raise ValueError("an app's error")


@app.route("/memory")
async def memory(req, resp):
    bytearray(1 << 30)


class Everything:
    def match(self, path):
        return path.startswith("/any/")


@app.route(Everything())
async def anything(req, resp):
    return req.path
