"""Answers in the shapes that a rewrite gets wrong: headers of one's own, errors within errors, what is said twice."""

import sys

import picoweb
import uasyncio as asyncio


class App(picoweb.WebApp):
    """Whose own methods call those of WebApp."""

    asked = []

    async def handle_exc(self, req, resp, exc):
        self.asked.append(req.path)
        if req.path == "/raise-begun":
            await picoweb.start_response(resp, status="418")
            await resp.awrite("begun by handle_exc")
            raise ValueError("from handle_exc")

    async def sendfile(self, writer, fname, content_type=None, headers=None):
        await super().sendfile(writer, fname, content_type, {"X-Own": "1"})


app = App(None)
HEADERS = {
    "coding": {"Transfer-Encoding": "chunked"},
    "coding-lower": {"transfer-encoding": "gzip"},
    "negative": {"Content-Length": "-1"},
    "word": {"Content-Length": "five"},
    "empty-name": {"": "evil"},
    "colon": {"X-Evil:": "evil"},
    "space": {"X Evil": "evil"},
    "block": "X-Evil\r\n",
    "block-space": "X-Evil : evil\r\n",
    "block-fold": "X-One: 1\r\n evil\r\n",
    "block-bytes": b"X-Evil\r\n",
}


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/started/<kind>")
async def started(req, resp, kind):
    await picoweb.start_response(resp, headers=HEADERS[kind])
    await resp.awrite("evil body")


@app.route("/returned/<kind>")
async def returned(req, resp, kind):
    return ("evil body", 200, HEADERS[kind])


@app.route("/status/<code>")
async def status(req, resp, code):
    await picoweb.start_response(resp, status=code)
    await resp.awrite("evil body")


@app.route("/returned-status/<int:code>")
async def returned_status(req, resp, code):
    return ("evil body", code)


@app.route("/large")
async def large(req, resp):
    return "0123456789abcdef" * 20000


@app.route("/added")
async def added(req, resp):
    resp.add_header("X-One", "1")
    return "added"


@app.route("/bytes")
async def bytes_(req, resp):
    return b"<b>bytes</b>"


@app.route("/written-and-returned")
async def written_and_returned(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("written")
    return "returned"


@app.route("/offset")
async def offset(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite(b"--abc", 2)


@app.route("/own-date")
async def own_date(req, resp):
    return ("dated", 200, {"Date": "Tue, 15 Nov 1994 08:12:31 GMT"})


@app.route("/own-date-started")
async def own_date_started(req, resp):
    await picoweb.start_response(resp, headers={"Date": "Tue, 15 Nov 1994 08:12:31 GMT"})
    await resp.awrite("dated")


@app.route("/cookies")
async def cookies(req, resp):
    return req.headers[b"Cookie"]


@app.route("/empty/<int:code>")
async def empty(req, resp, code):
    return ("", code)


@app.route("/empty-text/<int:code>")
async def empty_text(req, resp, code):
    return ("not sent", code)


@app.route("/empty-started/<code>")
async def empty_started(req, resp, code):
    await picoweb.start_response(resp, status=code)


@app.route("/empty-pieces/<code>")
async def empty_pieces(req, resp, code):
    await picoweb.start_response(resp, status=code)
    for _ in range(3):
        await resp.awrite("not sent")
        await asyncio.sleep_ms(1)


@app.route("/file")
async def file(req, resp):
    await app.sendfile(resp, "static/1000.txt")


@app.route("/style")
async def style(req, resp):
    await picoweb.start_response(resp, picoweb.get_mime_type("STYLE.CSS"))


@app.route("/by-hand/<code>")
async def by_hand(req, resp, code):
    await resp.awrite("HTTP/1.0 %s By Hand\r\nContent-Type: text/plain\r\n\r\nby hand" % code)


@app.route("/late")
async def late(req, resp):
    """A header that is set when the answer has begun, and has not left."""
    await picoweb.start_response(resp, "text/plain")
    resp.add_header("X-Late", "1")
    await resp.awrite("late")


@app.route("/late-written")
async def late_written(req, resp):
    await picoweb.start_response(resp, "text/plain", headers={"X-One": "1"})
    await resp.awrite("written ")
    resp.add_header("X-Late", "1")
    await resp.awrite("late")


@app.route("/too-late")
async def too_late(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("x" * 3000)
    await asyncio.sleep_ms(10)
    try:
        resp.add_header("X-Late", "1")
    except RuntimeError:
        await resp.awrite("RuntimeError")


closed = []


@app.route("/write-after-close")
async def write_after_close(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("closed")
    await resp.aclose()
    try:
        await resp.awrite("never seen")
    except OSError:
        closed.append("OSError")
    return False


@app.route("/closed")
async def tell_closed(req, resp):
    return "%d" % len(closed)


@app.route("/asked")
async def tell_asked(req, resp):
    return App.asked


# Errors

class Unexpected(Exception):
    pass


@app.route("/raise/<name>")
async def raising(req, resp, name):
    raise {"key": KeyError, "unexpected": Unexpected, "memory": MemoryError}[name]("why")


@app.route("/raise-begun")
async def raise_begun(req, resp):
    raise KeyError("why")


@app.route("/http/<int:code>")
async def http(req, resp, code):
    raise picoweb.HTTPException(code)


@app.errorhandler(500)
async def on_500(req, resp, exc):
    return ("the app's page for %s" % type(exc).__name__, 500)


@app.errorhandler(403)
async def on_403(req, resp, exc):
    return ("the app's 403", 403)


@app.errorhandler(409)
async def on_409(req, resp, exc):
    await picoweb.start_response(resp, "text/plain", "409")
    await resp.awrite("begun by the error handler")
    raise ValueError("from the error handler")


# Routes

@app.route("/order/<name>")
async def order_pattern(req, resp, name):
    return "pattern"


@app.route("/order/fixed")
async def order_fixed(req, resp):
    return "fixed"


@app.route("/lower", methods=["get"])
async def lower(req, resp):
    return "lower"


sub = picoweb.WebApp(None, serve_static=False)


@sub.route("/order/<name>")
async def sub_order_pattern(req, resp, name):
    return "pattern"


@sub.route("/order/fixed")
async def sub_order_fixed(req, resp):
    return "fixed"


@sub.route("/http/<int:code>")
async def sub_http(req, resp, code):
    raise picoweb.HTTPException(code)


@sub.errorhandler(403)
async def sub_403(req, resp, exc):
    return ("the mounted app's 403", 403)


app.mount("/sub", sub)


# Middleware

behind = picoweb.WebApp(None, serve_static=False)


async def middleware(req, resp, next):
    return await next()


behind.use(middleware)
if "middleware" in sys.argv:
    app.use(middleware)
app.mount("/behind-middleware", behind)
app.run(port=int(sys.argv[1]))
