"""What an app can do that it could not in 1.8: patterns, methods, returned values, middleware, error handlers."""

import sys

import picoweb
import uasyncio as asyncio
from picoweb.utils import unquote_plus


app = picoweb.WebApp(__name__, serve_static=False)


@app.route("/")
async def index(req, resp):
    return "hello"


# Patterns

def told(name):
    async def handler(req, resp, **values):
        return {name: {key: [type(value).__name__, value] for key, value in values.items()}}

    return handler


for url in (
    "/users/<id>", "/users/<id>/edit", "/int/<int:n>", "/float/<float:x>", "/path/<path:rest>", "/re/<re:[a-z]+:word>",
    "/at/<int:x>/<float:y>/<name>", "/tree/<path:branch>/leaf", "/colon/<re:[a-z]:[0-9]+:pair>",
):
    app.add_url_rule(url, told(url))


@app.route("/generator/<int:n>")
def generator(req, resp, n):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("generator %d" % n)


@app.route("/plain/<int:n>")
def plain(req, resp, n):
    return "plain %d" % n


@app.route("/made")
async def made(req, resp):
    """What is said of a route with the pattern in the query."""
    try:
        picoweb.WebApp(None).add_url_rule(unquote_plus(req.qs), made)
    except ValueError as e:
        return str(e)
    return "made"


@app.route("/order/<name>")
async def order_pattern(req, resp, name):
    return "pattern"


@app.route("/order/fixed")
async def order_fixed(req, resp):
    return "fixed"


@app.route("/order-2/fixed")
async def order_2_fixed(req, resp):
    return "fixed"


@app.route("/order-2/<name>")
async def order_2_pattern(req, resp, name):
    return "pattern"


@app.route("/skip/<name>", headers="skip")
async def skip(req, resp, name):
    return "%s %s" % (name, hasattr(req, "headers"))


# Methods

@app.route("/thing", methods=["GET"])
async def thing_get(req, resp):
    return "got"


@app.route("/thing", methods=["POST", "PUT"])
async def thing_post(req, resp):
    return "posted by " + req.method


@app.route("/thing/<int:id>", methods=["GET", "DELETE"])
async def thing_one(req, resp, id):
    return "%s %d" % (req.method, id)


@app.route("/only-post", methods=["POST"])
async def only_post(req, resp):
    return "posted"


@app.route("/own-options", methods=["GET", "OPTIONS"])
async def own_options(req, resp):
    return "own " + req.method


@app.route("/own-head", methods=["HEAD", "GET"])
async def own_head(req, resp):
    return ("", 200, {"X-Method": req.method})


@app.route("/any")
async def any_method(req, resp):
    return ("", 200, {"X-Method": req.method})


# Returned values

class Pieces:
    """An iterator that is no generator."""

    def __init__(self, count):
        self.left = count

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return b"piece %d\n" % self.left


def numbers():
    for i in range(300):
        yield "number %d\n" % i


def breaks():
    yield "first\n" * 5000  # more than any runtime holds back
    raise RuntimeError("an iterator's reason")


RETURNED = {
    "str": lambda: "text & \xe9\u20ac",
    "str-empty": lambda: "",
    "str-long": lambda: "0123456789" * 1000,
    "bytes": lambda: b"bytes \0\xff",
    "bytes-long": lambda: b"0123456789" * 1000,
    "dict": lambda: {"a": [1, 2.5, None, True, "\xe9"]},
    "dict-empty": lambda: {},
    "list": lambda: [1, "two"],
    "status": lambda: ("made", 201),
    "dict-status": lambda: ({"a": 1}, 202),
    "bytes-status": lambda: (b"bytes", 206),
    "no-content": lambda: ("", 204),
    "no-content-body": lambda: ("not sent", 204),
    "none-status": lambda: (None, 204),
    "headers": lambda: ("made", 201, {"Location": "/there", "X-One": "1"}),
    "own-type": lambda: ("a,b\n", 200, {"Content-Type": "text/csv"}),
    "redirect": lambda: ("", 302, {"Location": "/"}),
    "generator": numbers,
    "generator-status": lambda: (numbers(), 203),
    "iterator": lambda: Pieces(3),
    "iterator-empty": lambda: Pieces(0),
    "iter": lambda: iter(["str ", b"bytes ", "\xe9"]),
    "breaks": breaks,
    "object": lambda: app,
    "unserializable": lambda: {"a": app},
}


@app.route("/native/<kind>")
async def returned_native(req, resp, kind):
    await asyncio.sleep_ms(0)
    return RETURNED[kind]()


@app.route("/returned/<kind>")
def returned_plain(req, resp, kind):
    return RETURNED[kind]()


@app.route("/yielded/<kind>")
def returned_generator(req, resp, kind):
    yield from asyncio.sleep_ms(0)
    return RETURNED[kind]()


@app.route("/nothing")
async def nothing(req, resp):
    pass


# Errors

class Refused(Exception):
    pass


class Sharper(Refused):
    pass


class Unhandled(Exception):
    pass


ERRORS = {"refused": Refused, "sharper": Sharper, "unhandled": Unhandled}


@app.errorhandler(404)
async def not_found(req, resp, exc):
    return ("no page %s" % req.path, 404)


@app.errorhandler(401)
async def unauthorized(req, resp, exc):
    return "who are you?", 401, {"X-Own": "1", "WWW-Authenticate": "Basic"} if req.qs else {"X-Own": "1"}


@app.errorhandler(405)
async def not_allowed(req, resp, exc):
    return "not so", 405


@app.route("/only-get", methods=["GET"])
async def only_get(req, resp):
    raise picoweb.HTTPException(401, "", {"WWW-Authenticate": "Digest"})


@app.route("/client")
async def client(req, resp):
    return [list(req.client), list(resp.get_extra_info("peername")), resp.get_extra_info("sockname", "none")]


@app.errorhandler(418)
def teapot(req, resp, exc):
    yield from picoweb.start_response(resp, "text/plain", "418")
    yield from resp.awrite("teapot")


@app.errorhandler(409)
async def broken_handler(req, resp, exc):
    raise RuntimeError("an error handler's reason")


@app.errorhandler(Refused)
async def refused(req, resp, exc):
    return ("refused %s" % exc.args[0], 422)


@app.route("/raise/<name>")
async def raising(req, resp, name):
    raise ERRORS[name]("because")


@app.route("/http/<int:code>")
async def http(req, resp, code):
    raise picoweb.HTTPException(code, "a message")


@app.route("/http-now/<int:code>")
def http_now(req, resp, code):
    raise picoweb.HTTPException(code)


@app.route("/add-header")
async def add_header(req, resp):
    resp.add_header("X-One", "1")
    resp.add_header("X-Two", "2")
    await picoweb.start_response(resp, "text/plain", headers={"X-Three": "3"})
    await resp.awrite("added %r" % resp.status)


# A mounted app

sub = picoweb.WebApp(None, serve_static=False)


@sub.route("/<int:n>", methods=["GET"])
async def sub_number(req, resp, n):
    return "%s %d" % (req.path, n)


app.mount("/sub", sub)
app.run(port=int(sys.argv[1]))
