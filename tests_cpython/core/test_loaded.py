"""A client loads no code: on an app that names nothing, sys.modules stays as it is whatever clients do."""

from contextlib import contextmanager

import pytest

from conftest import PRESENT, closing
from core.test_request_body import BAD_CHUNKS, CHUNKED, CHUNKS
from core.test_request_body import REFUSED as REFUSED_BODIES
from core.test_request_head import REFUSED, SERVED, UNKNOWN_METHOD
from core.test_refusal import REFUSED as MORE_REFUSED

pytestmark = [
    pytest.mark.wire,
    pytest.mark.parametrize("runtime", [name for name in PRESENT if name.startswith("mp")], indirect=True, scope="session"),
]
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def get(path, method="GET", version="1.1", fields=""):
    return ("%s %s HTTP/%s\r\nHost: x\r\n%s\r\n" % (method, path, version, fields)).encode()


def post(fields=b"", body=b"", path=b"/read"):
    return b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + body


@pytest.fixture
def server(start):
    return start("guard.py")


@contextmanager
def nothing_loaded(server):
    before = modules(server)
    yield
    loaded = modules(server) - before
    assert not loaded, "loaded by clients: %s" % " ".join(sorted(loaded))


def modules(server):
    """The plainest request there is, which must load nothing either."""
    with server.connect() as c:
        return set(c.send(get("/modules")).response().text.split("\n"))


def ask_all(server, requests):
    """Each of them persistent and with close; what comes of it has tests of its own."""
    for data in requests:
        for sent in (data, closing(data)):
            with server.connect(3) as c:
                try:
                    c.send(sent).half_close()
                    c.everything()
                except ConnectionError:
                    pass


HEADS = [row[1] for row in SERVED + REFUSED + MORE_REFUSED] + [row[1] + b" HTTP/1.1\r\nHost: x\r\n\r\n" for row in UNKNOWN_METHOD]
BODIES = [post(row[1], row[2]) for row in REFUSED_BODIES] + [
    post(CHUNKED, row[1], path) for row in CHUNKS + BAD_CHUNKS for path in (b"/read", b"/unread")] + [
    post(b"Content-Length: 3\r\n", b"abc", path) for path in (b"/read", b"/unread", b"/none", b"/get")] + [
    post(b"Content-Length: 3\r\nExpect: 100-continue\r\n", b"abc", path) for path in (b"/read", b"/unread")] + [
    post(b"Content-Length: 99999999999999999999\r\n", b"abc"), post(b"Expect: 200-ok\r\n"),
    post(b"Content-Length: 20000\r\n", b"x" * 20000), post(b"Content-Length: 20000\r\n", b"x" * 20000, b"/unread")]
PATHS = ["/", "/none", "/get", "/pieces", "/generator", "/by-hand", "/str", "/bytes", "/dict", "/list", "/status", "/headers",
         "/no-content", "/iterator", "/iter", "/object", "/memory", "/raise", "/raise-late", "/length"]
ANSWERS = [get(path, method, version, fields) for path in PATHS for method in ("GET", "HEAD", "POST", "OPTIONS", "BREW")
           for version, fields in (("1.1", ""), ("1.0", ""), ("1.0", "Connection: keep-alive\r\n"))]


@pytest.mark.parametrize("requests", [HEADS, BODIES, ANSWERS], ids=["heads", "bodies", "answers"])
def test_no_request_loads_a_module(server, requests):
    with nothing_loaded(server):
        ask_all(server, requests)


def test_no_flood_loads_a_module(server):
    with nothing_loaded(server):
        half = []
        for n in range(40):
            half.append(server.connect().send((b"", HELLO[:1], HELLO[:20], post(b"Content-Length: 9\r\n", b"x"))[n % 4]))
            if n % 3 == 0:
                half.pop().reset()
        for _ in range(20):
            server.connect().send(HELLO).reset()
            server.connect().send(get("/flood")).reset()
        for c in half:
            c.sock.close()
        assert server.get("/").status == 200


def test_no_timeout_loads_a_module(server):
    with nothing_loaded(server):
        opened = [server.connect(20).send(data) for data in (
            HELLO[:20], post(b"Content-Length: 9\r\n", b"x"), post(b"Content-Length: 9\r\n", b"x", b"/unread"), b"")]
        assert opened[0].response().status == 408
        assert opened[1].response().status == 408
        assert opened[2].response().status == 200
        for c in opened:
            assert c.closes()
            c.sock.close()
        with server.connect(20) as c:
            c.send(get("/flood"))
            assert server.get("/held").text == "begun ended"
            assert server.get("/held").text == "begun ended"


def test_no_full_table_loads_a_module(server):
    with nothing_loaded(server):
        held = [server.connect().send(get("/held")) for _ in range(6)]  # who has not asked makes room
        answers = [c.response() for c in held]
        assert {a.status for a in answers} == {200, 503}
        idle = [server.connect() for _ in range(6)]
        assert server.get("/").status == 200
        for c in held + idle:
            c.sock.close()
