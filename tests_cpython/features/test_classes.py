"""Pages of a class: which of its names are pages, where their arguments come from, and what a client cannot reach."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from support.table import cases

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'


@pytest.fixture
def server(serve):
    return serve("classes.py")


FOUND = [
    ("the root is index", "/", "hello"),
    ("index has its name, too", "/index", "hello"),
    ("a segment is a value", "/greet/Alice", "Hello, Alice"),
    ("a query is a value", "/greet?name=Alice", "Hello, Alice"),
    ("the path comes before the query", "/greet/Alice?name=Bob", "Hello, Alice"),
    ("a default", "/greet", "Hello, Guest"),
    ("a slash at the end is no value", "/greet/", "Hello, Guest"),
    ("the first of repeated values", "/greet?name=a&name=b", "Hello, a"),
    ("a name without a value", "/greet?name", "Hello, "),
    ("a value is decoded", "/greet/A%20%C3%A9%2Fb", "Hello, A \xe9/b"),
    ("a page's name is decoded", "/gr%65et/Al", "Hello, Al"),
    ("two values", "/add/2/3", "5"),
    ("a value of each", "/add/2?y=3", "5"),
    ("a list", "/both/1", '["1", "b"]'),
    ("more segments", "/path/a/b/c", '["a", "b", "c"]'),
    ("no more segments", "/path/a", '["a"]'),
    ("a star alone", "/path?first=a", '["a"]'),
    ("fields that no parameter takes", "/fields/1?y=2&a=3&__class__=4", '["1", ["__class__", "a", "y"]]'),
    ("no such field", "/fields?a=1", '["1", []]'),
    ("an inherited page", "/inherited", "inherited"),
    ("a page in place of the base's", "/replaced", "of the subclass"),
    ("the request", "/method", "GET /method"),
    ("JSON", "/data", '{"a": [1]}'),
    ("octets", "/octets", "\0\1"),
    ("a generator", "/parts", "one two"),
    ("a value of the session", "/mine?in", "ann"),
    ("an ordinary route behind", "/ordinary", "ordinary"),
    ("all segments for an index", "/sub/x/y", '["x", "y"]'),
    ("no segment for that", "/sub", "[]"),
]


@pytest.mark.parametrize("path,text", cases(FOUND))
def test_a_path_is_a_call(server, path, text):
    answer = server.get(path)
    assert (answer.status, answer.text) == (200, text)


def test_status_and_header_fields_are_the_page_s(server):
    answer = server.get("/visited")
    assert (answer.status, answer.text, int(answer.get("X-Visits")) > 0) == (201, "seen", True)


REFUSED = [
    ("a name that is none", "/nowhere", 404),
    ("a private method", "/_private", 404),
    ("an encoded private method", "/%5Fprivate", 404),
    ("a dunder", "/__class__", 404),
    ("a dunder of functions", "/greet.__globals__", 404),
    ("a name with dots", "/greet.x", 404),
    ("an encoded dot", "/%2e", 404),
    ("two dots", "/..", 404),
    ("dots behind a name", "/%2e%2e/greet", 404),
    ("a property that raises", "/broken", 404),
    ("a number", "/number", 404),
    ("an object that can be called", "/tool", 404),
    ("a method that a subclass hides", "/hidden", 404),
    ("the base's property", "/request", 404),
    ("the base's attribute", "/_conn", 404),
    ("a WebSocket by its method", "/ws_echo", 404),
    ("a WebSocket without a handshake", "/echo", 404),
    ("unicode", "/gre%C3%A9t", 404),
    ("a letter that only looks so", "/%D1%81lasses", 404),
    ("another case", "/Greet", 404),
    ("an empty segment before a name", "//greet", 404),
    ("a surplus segment", "/greet/a/b", 404),
    ("surplus segments by the hundred", "/greet" + "/a" * 500, 404),
    ("a surplus segment before a dict", "/fields/1/2", 404),
    ("a missing value", "/add/2", 400),
    ("no value at all", "/add", 400),
    ("a value of the session without one", "/mine", 400),
    ("a client that names a value of the session", "/mine?user=eve", 400),
    ("a value of the wrong type", "/add/2/x", 500),
    ("a TypeError of the page's own", "/failing", 500),
    ("a malformed escape", "/greet/%zz", 400),
    ("NUL", "/greet/%00", 400),
]


@pytest.mark.parametrize("path,status", cases(REFUSED))
def test_what_is_no_page_cannot_be_reached(server, path, status):
    assert server.get(path).status == status


def test_an_undeclared_page_takes_no_more_than_it_can(server):
    assert server.get("/bare").text == "bare"
    assert server.get("/bare/x").status in (400, 404)


def test_the_missing_value_is_named(server):
    assert "Missing required parameter 'y'" in server.get("/add/2").text


def post(path, body, kind=FORM, method=b"POST"):
    return b"%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        method, path, kind, len(body), body)


BODIES = [
    ("a form", FORM, b"a=1&b=2", 200, '["1", "2"]'),
    ("JSON keeps its types", JSON, b'{"a": [1, 2], "b": null}', 200, '[[1, 2], null]'),
    ("JSON that is no object", JSON, b"[1]", 400, None),
    ("malformed JSON", JSON, b'{"a": ', 400, None),
    ("names of methods", JSON, b'{"a": 1, "__class__": 2, "func": 3}', 200, '[1, "b"]'),
    ("a form that is not UTF-8", FORM, b"a=%ff\xff", 400, None),
    ("a multipart form without a field", b"multipart/form-data; boundary=x", b"--x--", 400, None),
    ("a multipart form", b"multipart/form-data; boundary=x", PART % b"a" + b"1\r\n--x--\r\n", 200, '["1", "b"]'),
    ("a multipart form without a boundary", b"multipart/form-data", b"--x--", 415, None),
]


@pytest.mark.parametrize("kind,body,status,text", cases(BODIES))
def test_a_body_has_values(server, kind, body, status, text):
    answer = server.ask(post(b"/both", body, kind), "POST")
    assert answer.status == status
    if text:
        assert answer.text == text


def test_the_query_comes_before_the_body(server):
    assert server.ask(post(b"/both?a=q", b"a=1"), "POST").text == '["q", "b"]'


@pytest.mark.parametrize("method", [b"PUT", b"PATCH", b"DELETE"])
def test_every_method_reaches_a_page(server, method):
    assert server.ask(post(b"/method", b"", method=method), method.decode()).text == method.decode() + " /method"


@pytest.mark.parametrize("size", [0, 1, 5000, 50000])
def test_a_page_reads_a_file_as_it_comes(server, size):
    body = PART % b"title" + b"T\r\n" + (PART % b'file"; filename="a.bin') + bytes(size) + b"\r\n--x--\r\n"
    answer = server.ask(post(b"/upload", body, b"multipart/form-data; boundary=x"), "POST")
    assert answer.text == '["T", "a.bin", %d]' % size


# WebSockets

def opened(server, path):
    return connect(server.url(path).replace("http:", "ws:"), compression=None, ping_interval=None, open_timeout=10)


def test_a_WebSocket_converts_and_ends_with_ConnectionClosed(server):
    with opened(server, "/echo") as ws:
        for sent in ("one", "\u20ac", b"bytes"):
            ws.send(sent)
            assert ws.recv(10) == "Echo: " + (sent if isinstance(sent, str) else sent.decode())
    assert server.logged("^closed")


@pytest.mark.parametrize("path,text", [("/hello", "Guest"), ("/hello/Al", "Al"), ("/hello?name=Bo", "Bo"), ("/hello/%C3%A9", "\xe9")])
def test_a_WebSocket_s_values_are_the_path_s_and_the_query_s(server, path, text):
    with opened(server, path) as ws:
        assert ws.recv(10) == "Hello " + text
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(10)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "bye")


@pytest.mark.parametrize("path,statuses", [
    ("/greet", [403]), ("/ws_echo", [403, 404]), ("/_private", [403, 404]), ("/hello/a/b", [403, 404]), ("/needs", [403]),
    ("/never", [403]), ("/early", [403, 500])])
def test_a_WebSocket_is_refused(server, path, statuses):
    with pytest.raises(InvalidStatus) as refused, opened(server, path):
        pass
    assert refused.value.response.status_code in statuses


# MicroPie, beside it

def test_the_answers_are_those_of_MicroPie(runtime, server):
    """The same class under MicroPie, asked the same."""
    micropie = pytest.importorskip("micropie")

    class Root(micropie.App):
        async def index(self):
            return "hello"

        async def greet(self, name="Guest"):
            return "Hello, " + name

        def add(self, x, y):
            return str(int(x) + int(y))

        def data(self):
            return {"a": [1]}

        def parts(self):
            yield "one "
            yield "two"

        def _private(self):
            return "private"

    async def ask(path, qs=b""):
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await Root()({"type": "http", "method": "GET", "path": path, "query_string": qs, "headers": []}, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    for path in ("/", "/greet", "/greet/Al", "/greet?name=Al", "/add/2/3", "/add/2?y=3", "/parts", "/_private", "/add/2", "/no"):
        where, _, qs = path.partition("?")
        status, body = asyncio.run(ask(where, qs.encode()))
        answer = server.get(path)
        assert answer.status == status, path
        assert status != 200 or answer.body == body, path
