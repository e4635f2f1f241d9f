"""debug: -1 nothing at all, 0 requests and errors, 1 debug, 2 extra."""

import json

import pytest

pytestmark = pytest.mark.wire


@pytest.fixture
def level(start):
    """A server of this test alone at a level, with nothing but its start in the log."""
    return lambda debug: start("faults.py", str(debug)).marked()


def test_minus_one_imports_no_logging_module(start):
    server = start("quiet.py")
    server.get("/raise")
    server.get("/none")
    server.ask(b"GET / HTTP/1.x\r\nHost: x\r\n\r\n")
    assert json.loads(server.get("/").body) == []


def test_minus_one_logs_nothing(start):
    server = start("quiet.py").marked()
    assert server.get("/raise").status == 500
    assert server.get("/none").status == 404
    assert server.ask(b"GET / HTTP/1.x\r\nHost: x\r\n\r\n").status == 400
    assert server.log_since_mark() == ""


def test_minus_one_tells_no_page_the_reason(start):
    assert "unseen" not in start("quiet.py").get("/raise").text


def test_zero_logs_a_request_in_one_line(level):
    server = level(0)
    server.get("/?a=1")
    assert server.logged(r"GET .*/.*\b200\b")
    assert len(server.log_since_mark().splitlines()) == 1


@pytest.mark.parametrize("data,status,path", [
    (b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 404, "/none"),
    (b"GET /raise HTTP/1.1\r\nHost: x\r\n\r\n", 500, "/raise"),
    (b"POST /http/403 HTTP/1.1\r\nHost: x\r\n\r\n", 403, "/http/403"),
])
def test_zero_logs_what_went_wrong(level, data, status, path):
    server = level(0)
    server.ask(data)
    assert server.logged(r"%s.*\b%d\b" % (path, status))


def test_zero_logs_no_debug_line(level):
    server = level(0)
    with server.connect() as c:
        c.send(b"GET / HT").half_close()
        c.everything()
    server.get("/")
    assert server.logged("GET")
    assert not server.logged("DEBUG", 0)


def test_one_logs_more_than_zero(level):
    lines = []
    for debug in (0, 1):
        server = level(debug)
        with server.connect() as c:
            c.send(b"GET / HT").half_close()
            c.everything()
        server.get("/raise")
        assert server.logged("GET .*500$")
        lines.append(len(server.log().splitlines()))
    assert lines[1] > lines[0]


def test_two_tells_the_memory_of_each_request(level):
    server = level(2)
    for count in (1, 2, 3):
        server.get("/")
        assert len(server.logged("(?i)mem|heap|GC:", count=count)) >= count


def test_a_log_line_holds_no_line_end_of_a_peer(level):
    server = level(0)
    server.ask(b"GET /%0d%0aINFO:picoweb:forged HTTP/1.1\r\nHost: x\r\n\r\n")
    server.ask(b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n")
    server.get("/")
    assert server.logged("GET / ")
    assert not [line for line in server.log_since_mark().splitlines() if line.startswith("INFO:picoweb:forged")]
    assert "\x1b" not in server.log_since_mark()


SECRET = [
    b"GET /?key=s3cret HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /raise?key=s3cret HTTP/1.1\r\nHost: x\r\nAuthorization: Basic s3cret\r\nCookie: session=s3cret\r\n\r\n",
    b"GET /none?key=s3cret HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /?key=s3cret HTTP/1.1\r\nX Y: 1\r\n\r\n",
    b"GET /?key=s3cret HTTP/1.1\r\nHost: x\r\nAuthorization : Basic s3cret\r\n\r\n",
    b"GET http://user:s3cret@x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: user:s3cret@x\r\n\r\n",
    b"GET http://x/raise?key=s3cret#s3cret HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /raise HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\ns3cret",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: s3cret\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nExpect: s3cret\r\n\r\n",
    b"GET /?key=s3cret HTTP/1.1\r\nHost",
]


def test_no_level_tells_a_query_or_a_credential(level):
    server = level(1)
    for data in SECRET:
        with server.connect() as c:
            c.send(data).half_close()
            c.everything()
    assert server.get("/none").status == 404
    assert server.logged("/none 404", count=2)
    assert "s3cret" not in server.log()
