"""An app as written for picoweb 1.8: nothing here is newer than it."""

import sys
import ure as re

import picoweb
import uasyncio
from picoweb.utils import parse_qs, unquote_plus


def generator(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("generator")
    yield from uasyncio.sleep_ms(1)
    yield from resp.awritestr(" here")


async def native(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("native")
    await uasyncio.sleep_ms(1)
    await resp.awritestr(" here")


def regex(req, resp):
    yield from picoweb.start_response(resp, "text/plain")
    yield from resp.awrite(req.url_match.group(1))


def first(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("first")


def second(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("second")


class Prefix:
    """A pattern is whatever has match()."""

    def match(self, path):
        return path[5:] if path.startswith("/duck") else None


def duck(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("duck" + req.url_match)


def skip(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite(str(hasattr(req, "headers")))


def leave(req, resp):
    lines = []
    while True:
        line = yield from req.reader.readline()
        lines.append(line)
        if line == b"\r\n":
            break
    yield from picoweb.start_response(resp, "text/plain")
    yield from resp.awrite("%s " % hasattr(req, "headers"))
    yield from resp.awrite(b"|".join(lines))


def leave_body(req, resp):
    size = 0
    while True:
        line = yield from req.reader.readline()
        if line == b"\r\n":
            break
        if line.lower().startswith(b"content-length:"):
            size = int(line.split(b":")[1])
    data = yield from req.reader.readexactly(size)
    yield from picoweb.start_response(resp)
    yield from resp.awrite(data)


def leave_unread(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("unread")


ROUTES = [
    ("/generator", generator),
    ("/native", native),
    (re.compile("^/regex/(.+)$"), regex),
    ("/twice", first),
    ("/twice", second),
    (Prefix(), duck),
    ("/skip", skip, {"headers": "skip"}),
    ("/leave", leave, {"headers": "leave"}),
    ("/leave-body", leave_body, {"headers": "leave"}),
    ("/leave-unread", leave_unread, {"headers": "leave"}),
]


class App(picoweb.WebApp):
    inits = 0

    def init(self):
        self.inits += 1
        super().init()

    def handle_exc(self, req, resp, exc):
        if "decide" in req.path:
            yield from picoweb.start_response(resp, status="418")
            yield from resp.awrite("handled " + str(exc))
        if "again" in req.path:
            raise ValueError("from handle_exc")


app = App(None, ROUTES)


@app.route("/routes")
def routes(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite(str(app.url_map is ROUTES and ("/added", added, {}) in ROUTES))


def added(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("added")


app.add_url_rule("/added", added)


@app.route("/request")
def request(req, resp):
    req.mine = "own attribute"
    yield from picoweb.jsonify(resp, {"method": req.method, "path": req.path, "qs": req.qs, "mine": req.mine})


@app.route("/parsed")
def parsed(req, resp):
    out = {
        "index": req.headers[b"X-Test"].decode(),
        "in": b"X-Test" in req.headers,
        "not in": b"X-Other" in req.headers,
        "get": req.headers.get(b"X-Other", b"none").decode(),
        "items": sorted(k.decode() for k, v in req.headers.items()),
    }
    yield from picoweb.jsonify(resp, out)


@app.route("/qs-plain")
def qs_plain(req, resp):
    req.parse_qs()
    yield from picoweb.jsonify(resp, req.form)


@app.route("/qs-yield")
def qs_yield(req, resp):
    yield from req.parse_qs()
    yield from picoweb.jsonify(resp, req.form)


@app.route("/form")
def form(req, resp):
    yield from req.read_form_data()
    yield from picoweb.jsonify(resp, req.form)


@app.route("/form-twice")
def form_twice(req, resp):
    yield from req.read_form_data()
    yield from req.read_form_data()
    yield from picoweb.jsonify(resp, req.form)


@app.route("/mapping")
def mapping(req, resp):
    headers = req.headers
    try:
        headers[b"X-None"]
        missing = False
    except KeyError:
        missing = True
    return {
        "len": len(headers),
        "names": sorted([name.decode() for name in headers]),
        "found": [headers[name].decode() for name in (b"x-a", b"X-A", b"X-a") if name in headers],
        "cookie": headers.get(b"cookie").decode(),
        "values": sorted([value.decode() for value in headers.values()]),
        "KeyError": missing,
    }


@app.route("/form-native")
async def form_native(req, resp):
    await req.read_form_data()
    await picoweb.jsonify(resp, req.form)


@app.route("/utils")
def utils(req, resp):
    yield from picoweb.jsonify(resp, [unquote_plus(req.qs), parse_qs(req.qs)])


@app.route("/dict-headers")
def dict_headers(req, resp):
    yield from picoweb.start_response(resp, "text/plain", "201", {"X-One": "1", "X-Two": "2"})
    yield from resp.awrite("made")


@app.route("/str-headers")
def str_headers(req, resp):
    yield from picoweb.start_response(resp, "text/plain", headers="X-One: 1\r\nX-Two: 2\r\n")
    yield from resp.awrite("made")


@app.route("/bytes-headers")
def bytes_headers(req, resp):
    yield from picoweb.start_response(resp, headers=b"X-One: 1\r\nX-Two: 2\r\n")
    yield from resp.awrite("made")


@app.route("/error")
def error(req, resp):
    yield from picoweb.http_error(resp, "403")


@app.route("/writes")
def writes(req, resp):
    yield from picoweb.start_response(resp, "text/plain")
    yield from resp.awrite("str ")
    yield from resp.awrite(b"bytes ")
    yield from resp.awrite(bytearray(b"bytearray "))
    yield from resp.awrite(memoryview(b"memoryview "))
    yield from resp.awrite(b"--from an offset --", 2)
    yield from resp.awrite(b"--a part--", 2, 6)
    yield from resp.awritestr(" awritestr ")
    yield from resp.awriteiter(iter(["a", "writ", "eiter"]))


@app.route("/reused-buffer")
def reused_buffer(req, resp):
    yield from picoweb.start_response(resp, "text/plain")
    buf = bytearray(8)
    for i in range(300):
        buf[:] = b"%07d\n" % i
        yield from resp.awrite(buf)


@app.route("/hand")
def hand(req, resp):
    yield from resp.awrite("HTTP/1.0 200 OK\r\n")
    yield from resp.awrite("Content-Type: text/plain\r\n\r\nwhole by hand")


@app.route("/aclose")
def aclose(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("closed by the handler")
    yield from resp.aclose()
    return False


events = []


def tick(resp, count):
    try:
        for i in range(count):
            yield from uasyncio.sleep_ms(20)
            yield from resp.awrite("data: %d\n\n" % i)
    except OSError:
        pass  # the client has left
    yield from resp.aclose()


async def until_gone(resp):
    try:
        while True:
            await uasyncio.sleep_ms(20)
            await resp.awrite("data: again\n\n")
    except OSError:
        events.append("OSError")
    await resp.aclose()


@app.route("/later")
def later(req, resp):
    yield from picoweb.start_response(resp, "text/event-stream")
    uasyncio.get_event_loop().create_task(tick(resp, int(req.qs)))
    return False


@app.route("/watch")
async def watch(req, resp):
    await picoweb.start_response(resp, "text/event-stream")
    uasyncio.get_event_loop().create_task(until_gone(resp))
    return False


@app.route("/events")
def told_events(req, resp):
    yield from picoweb.jsonify(resp, events)


@app.route("/template")
def template(req, resp):
    yield from picoweb.start_response(resp)
    yield from app.render_template(resp, "page.html", ("Ann", [1, 2, 3]))


@app.route("/template-str")
async def template_str(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite(app.render_str("page.html", ("Bob", ())))


@app.route("/load-template")
def load_template(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awriteiter(app._load_template("page.html")("Cid", [7]))


@app.route("/file")
def file(req, resp):
    yield from app.sendfile(resp, "static/style.css")


@app.route("/file-typed")
async def file_typed(req, resp):
    await app.sendfile(resp, "static/style.css", "text/x-mine", {"X-One": "1"})


@app.route("/file-missing")
def file_missing(req, resp):
    yield from app.sendfile(resp, "static/none.css")


@app.route("/stream")
def stream(req, resp):
    yield from picoweb.start_response(resp, "application/octet-stream")
    with open("static/big.bin", "rb") as f:
        yield from picoweb.sendstream(resp, f)


@app.route("/mime")
def mime(req, resp):
    names = ("a.html", "a.css", "a.png", "a.jpg", "a.txt")
    yield from picoweb.jsonify(resp, [picoweb.get_mime_type(n) for n in names])


@app.route("/raise-decide")
def raise_decide(req, resp):
    yield from uasyncio.sleep_ms(1)
    raise KeyError("why")


@app.route("/raise-again")
def raise_again(req, resp):
    raise KeyError("why")
    yield


@app.route("/raise-pass")
async def raise_pass(req, resp):
    raise KeyError("why")


@app.route("/inits")
def inits(req, resp):
    yield from picoweb.jsonify(resp, [a.inits for a in (app, sub, deeper, longer)])


@app.route("/tasks")
def tasks(req, resp):
    yield from picoweb.jsonify(resp, ran)


def where(name):
    def handler(req, resp):
        yield from picoweb.start_response(resp)
        yield from resp.awrite("%s %s" % (name, req.path))

    return handler


def sub_app(name):
    made = App(None, [("/", where(name)), ("/page", where(name))], serve_static=False)
    return made


sub, deeper, longer = sub_app("sub"), sub_app("deeper"), sub_app("longer")
app.mount("/sub", sub)
app.mount("/sub/longer", longer)
sub.mount("/deeper", deeper)

named = picoweb.WebApp("Water level, kitchen")  # which no package has for its name


@named.route("/file")
def named_file(req, resp):
    yield from named.sendfile(resp, "static/style.css")


@named.route("/template")
def named_template(req, resp):
    yield from picoweb.start_response(resp)
    yield from named.render_template(resp, "page.html", ("Dan", ()))


app.mount("/named", named)
handled = []
handle = app._handle


def counted(reader, writer):
    handled.append(1)
    yield from handle(reader, writer)


app._handle = counted


@app.route("/handled")
def handled_page(req, resp):
    yield from picoweb.jsonify(resp, len(handled))


ran = []


async def before_run():
    ran.append("a task of before run()")


uasyncio.get_event_loop().create_task(before_run())
debug = int(sys.argv[2]) if len(sys.argv) > 2 else 0
app.run(port=int(sys.argv[1]), debug=debug, lazy_init="lazy" in sys.argv)
