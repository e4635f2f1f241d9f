"""Answers whose headers, status or end a rewrite gets wrong: cases beside those of test_response.py and test_webapp.py."""

import re
import socket
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import h11
import pytest

from support.client import Connection
from support.table import cases


@pytest.fixture
def server(serve):
    return serve("answers.py")


def get(path, fields="", version="1.1", method="GET"):
    return ("%s %s HTTP/%s\r\nHost: x\r\n%s\r\n" % (method, path, version, fields)).encode()


# What an answer may not say

KINDS = ["coding", "coding-lower", "negative", "word", "empty-name", "colon", "space", "block", "block-space", "block-fold",
         "block-bytes"]


@pytest.mark.wire
@pytest.mark.parametrize("how", ["started", "returned"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_header_is_a_500_and_never_on_the_wire(server, how, kind):
    for answer in server.both_ways(get("/%s/%s" % (how, kind)), kept=None):
        assert answer.status == 500
        assert b"vil" not in answer.head + answer.body
        assert answer.get("Transfer-Encoding") is None


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/status/700", "/status/099", "/status/1000", "/status/abc", "/status/99",
                                  "/returned-status/700", "/returned-status/99", "/returned-status/0"])
def test_a_status_that_is_none_is_a_500_and_never_on_the_wire(server, path):
    for answer in server.both_ways(get(path), kept=None):
        assert answer.status == 500
        assert b"evil" not in answer.body


# What it must say

@pytest.mark.wire
def test_a_large_str_comes_whole_to_a_slow_reader(start):
    server = start("answers.py", heap="8M")
    for data in (get("/large"), get("/large", "Connection: close\r\n")):
        c = Connection.__new__(Connection)
        c.sock = socket.socket()
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.sock.settimeout(20)
        c.sock.connect(("127.0.0.1", server.port))
        c.rest, c.ended = b"", False
        with c:
            c.send(data)
            for _ in range(3):
                assert server.get("/").text == "hello"  # meanwhile
            assert c.response().text == "0123456789abcdef" * 20000
            if b"close" in data:
                assert c.closes()
            else:
                assert c.send(get("/")).response().text == "hello"


def test_add_header_and_a_returned_str(server):
    for answer in server.both_ways(get("/added")):
        assert (answer.text, answer.get("X-One")) == ("added", b"1")
    assert server.get("/").get("X-One") is None


def test_bytes_are_no_HTML(server):
    for answer in server.both_ways(get("/bytes")):
        assert answer.get("Content-Type") == b"application/octet-stream"


def test_a_str_that_is_returned_after_writing_is_ignored(server):
    assert [a.text for a in server.both_ways(get("/written-and-returned"))] == ["written"] * 2


def test_the_first_write_may_be_from_an_offset(server):
    assert [a.text for a in server.both_ways(get("/offset"))] == ["abc"] * 2


@pytest.mark.parametrize("path", ["/", "/bytes", "/none", "/file"])
def test_Date_is_now_with_its_weekday_and_month(server, path):
    server.get("/")
    for answer in server.both_ways(get(path)):
        text = answer.get("Date").decode()
        date = parsedate_to_datetime(text)
        assert text == date.strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert abs(datetime.now(timezone.utc) - date).total_seconds() < 60


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/own-date", "/own-date-started"])
def test_an_own_Date_is_the_only_one(server, path):
    for answer in server.both_ways(get(path)):
        dates = [value for name, value in answer.headers if name == b"date"]
        assert dates == [b"Tue, 15 Nov 1994 08:12:31 GMT"]


def test_two_Cookie_fields_are_joined(server):
    for answer in server.both_ways(get("/cookies", "Cookie: a=1\r\nCookie: b=2\r\n")):
        assert answer.text == "a=1; b=2"


@pytest.mark.wire
@pytest.mark.parametrize("how", ["empty", "empty-text", "empty-started", "empty-pieces"])
def test_304_has_no_length_that_it_does_not_know_and_204_none(server, how):
    for answer in server.both_ways(get("/%s/304" % how)):
        assert (answer.status, answer.body, answer.get("Content-Length")) == (304, b"", None)
    for answer in server.both_ways(get("/%s/204" % how)):
        assert (answer.status, answer.body, answer.get("Content-Length")) == (204, b"", None)


@pytest.mark.parametrize("how", ["empty", "empty-text"])
def test_a_returned_204_has_no_type(server, how):
    assert [a.get("Content-Type") for a in server.both_ways(get("/%s/204" % how))] == [None] * 2


@pytest.mark.wire
@pytest.mark.parametrize("how", ["empty", "empty-text", "empty-started", "empty-pieces"])
def test_205_has_no_content(server, how):
    for answer in server.both_ways(get("/%s/205" % how)):
        assert (answer.status, answer.body) == (205, b"")
        assert answer.get("Transfer-Encoding") is None
        assert answer.get("Content-Length") in (None, b"0")


@pytest.mark.parametrize("path", ["/file", "/static/1000.txt"])
def test_a_file_over_a_block_says_its_length(server, path):
    for answer in server.both_ways(get(path)):
        assert (answer.get("Content-Length"), len(answer.body)) == (b"1000", 1000)


def test_the_type_of_a_name_in_capitals(server):
    for answer in server.both_ways(get("/style")):
        assert answer.get("Content-Type").split(b";")[0] == b"text/css"


def test_an_overridden_sendfile_calls_that_of_WebApp(server):
    assert [a.get("X-Own") for a in server.both_ways(get("/file"))] == [b"1"] * 2


@pytest.mark.wire
def test_a_kept_connection_of_HTTP_1_0_says_close_where_the_client_does(server):
    with server.connect() as c:
        c.send(get("/", "Connection: keep-alive\r\n", "1.0"))
        assert b"keep-alive" in c.response().options()
        c.send(get("/", "", "1.0") + get("/"))
        answer = c.response()
        assert (answer.text, answer.says_close) == ("hello", True)
        assert c.closes()


# Late headers

@pytest.mark.wire
@pytest.mark.parametrize("path,text", [("/late", "late"), ("/late-written", "written late")])
def test_a_header_set_before_the_head_has_left_is_in_the_answer(server, path, text):
    for answer in server.both_ways(get(path)):
        assert (answer.text, answer.get("X-Late")) == (text, b"1")


@pytest.mark.wire
def test_a_header_set_after_the_head_has_left_is_a_RuntimeError(server):
    assert [a.text[3000:] for a in server.both_ways(get("/too-late"))] == ["RuntimeError"] * 2


# Errors

ERRORS = [
    ("any exception", "/raise/key", 500, "the app's page for KeyError"),
    ("an exception of one's own", "/raise/unexpected", 500, "the app's page for Unexpected"),
    ("a status of the app", "/http/403", 403, "the app's 403"),
    ("a status of a mounted app", "/sub/http/403", 403, "the mounted app's 403"),
]


@pytest.mark.parametrize("path,status,text", cases(ERRORS))
def test_an_error_handler_answers(server, path, status, text):
    for answer in server.both_ways(get(path), kept=None):
        assert (answer.status, answer.text) == (status, text)


def asked_once(server, path):
    """What came of a GET: the status, or "cut"."""
    try:
        return server.get(path).status
    except (h11.RemoteProtocolError, ConnectionError):
        return "cut"


@pytest.mark.parametrize("path", ["/http/409", "/raise-begun"])
def test_what_begins_an_answer_to_an_error_and_raises_is_a_500(server, path):
    answer = server.get(path)
    assert answer.status == 500
    assert "begun" not in answer.text
    assert server.logged("from (the error handler|handle_exc)")


def test_handle_exc_is_not_asked_for_the_frameworks_own_404(server):
    assert server.get("/none-of-ours").status == 404
    assert server.get("/lower-none").status == 404
    assert server.get("/raise/key").status == 500
    asked = server.get("/asked").text
    assert "none" not in asked and "/raise/key" in asked


# Routes

@pytest.mark.parametrize("path", ["/order/fixed", "/sub/order/fixed"])
def test_a_pattern_before_a_fixed_path_is_the_first_match(server, path):
    assert [a.text for a in server.both_ways(get(path))] == ["pattern"] * 2


def test_methods_may_be_written_in_lower_case(server):
    assert [a.text for a in server.both_ways(get("/lower"))] == ["lower"] * 2


# The log

@pytest.mark.wire
@pytest.mark.parametrize("args", [(), ("middleware",)], ids=["plain", "behind middleware"])
@pytest.mark.parametrize("path", ["/", "/none", "/lower/none", "/behind-middleware/none", "/http/404", "/http/403"])
def test_a_request_is_one_line_of_the_log(serve, path, args):
    server = serve("answers.py", *args)
    server.marked()
    status = server.get(path).status
    server.get("/order/last")
    assert server.logged("/order/last")
    lines = [line for line in server.log_since_mark().splitlines() if re.search(r"GET %s\b.*%d|%d.*GET %s\b" % (
        path, status, status, path) if path != "/" else r"GET / ", line)]
    assert len(lines) == 1, server.log_since_mark()


@pytest.mark.wire
def test_an_answer_by_hand_is_logged_with_its_own_status(server):
    server.marked()
    with server.connect() as c:
        c.send(get("/by-hand/202"))
        assert c.everything().startswith(b"HTTP/1.0 202 ")
    assert server.logged(r"/by-hand/202 202\b")


@pytest.mark.wire
def test_a_write_after_the_close_is_an_OSError(server):
    before = int(server.get("/closed").text)
    assert server.get("/write-after-close").text == "closed"
    assert int(server.get("/closed").text) == before + 1
