"""The response: each line of the list in docs/http.md, "The response"."""

import json

import h11
import httpx
import pytest

from support.table import cases

# Every status with the phrase of RFC 9110 that a framework answers by itself or an app is likely to name.
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect",
    308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required", 413: "Content Too Large",
    414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed", 426: "Upgrade Required",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
}
OLDER = {413: {"Payload Too Large", "Request Entity Too Large"}}


@pytest.fixture
def web(serve):
    return serve("web.py")


def get(path, fields="", version="1.1", method="GET"):
    return ("%s %s HTTP/%s\r\nHost: x\r\n%s\r\n" % (method, path, version, fields)).encode()


# The status line and the headers

@pytest.mark.wire
@pytest.mark.parametrize("status", REASONS)
@pytest.mark.parametrize("how", ["status", "started", "error"])
def test_a_status_has_its_reason_phrase(web, status, how):
    # Whether a status that an app answered by itself ends the connection is the server's choice.
    for answer in web.both_ways(get("/%s/%d" % (how, status)), kept=True if status < 400 else None):
        assert answer.status == status
        assert answer.reason in {REASONS[status]} | OLDER.get(status, set())


@pytest.mark.parametrize("status", [299, 418, 499, 599])
def test_an_unknown_status_has_some_phrase(web, status):
    assert web.get("/status/%d" % status).status == status  # client.check() wants words


@pytest.mark.parametrize("path", ["/", "/tell", "/none", "/pieces", "/status/204", "/static/style.css"])
def test_a_response_is_dated(web, path):
    # The date is kept by the sweeping task, which starts with the first connection.
    web.get("/")
    assert web.get(path).get("Date")


@pytest.mark.parametrize("path", ["/", "/tell", "/pieces", "/long", "/status/201", "/static/page.html", "/none"])
def test_httpx_reads_what_h11_reads(web, path):
    with httpx.Client() as client:
        theirs = client.get(web.url(path))
    ours = web.get(path)
    assert (theirs.status_code, theirs.content) == (ours.status, ours.body)


def test_one_httpx_client_reuses_its_connection(web):
    opened = []
    with httpx.Client() as client:
        for path in ("/", "/tell", "/none", "/long", "/pieces", "/get", "/"):
            answer = client.get(web.url(path), headers={"Accept": "*/*"})
            opened.append(answer.extensions["network_stream"].get_extra_info("client_addr"))
        client.post(web.url("/read"), content=b"x" * 3000).raise_for_status()
    assert len(set(opened)) == 1


def test_a_header_appears_once(web):
    for path in ("/", "/pieces", "/closing", "/length/5", "/empty"):
        names = [name for name, _ in web.get(path).headers]
        assert len(names) == len(set(names)), path


# No body where there must be none

@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("how", ["status", "started", "error"])
def test_204_and_304_carry_no_body(web, status, how):
    # A body would be read as the next response.
    assert [a.body for a in web.both_ways(get("/%s/%d" % (how, status)))] == [b""] * 2


@pytest.mark.parametrize("how", ["status", "started", "error"])
def test_204_carries_no_framing(web, how):
    for answer in web.both_ways(get("/%s/204" % how)):
        names = [name for name, _ in answer.headers]
        assert b"content-length" not in names and b"transfer-encoding" not in names


HEADS = ["/", "/tell", "/get", "/none", "/status/201", "/long", "/pieces", "/length/5", "/empty", "/static/style.css",
         "/static/big.bin", "/error/403", "/started/204"]


@pytest.mark.parametrize("path", HEADS)
def test_HEAD_carries_no_body(web, path):
    status = web.get(path).status
    assert [(a.status, a.body) for a in web.both_ways(get(path, method="HEAD"), "HEAD")] == [(status, b"")] * 2


@pytest.mark.parametrize("path", [path for path in HEADS if path != "/tell"])  # it tells its method
def test_HEAD_carries_the_headers_of_GET(web, path):
    def fields(answer):
        return {name: value for name, value in answer.headers if name not in (b"date", b"connection")}

    got = web.get(path)
    expected = fields(got)
    if expected.pop(b"transfer-encoding", None):
        # What only the end of a response tells, HEAD may leave out.
        expected[b"content-length"] = b"%d" % len(got.body)
        options = [expected, {name: value for name, value in expected.items() if name != b"content-length"}]
    else:
        options = [expected]
    head = fields(web.ask(get(path, "Connection: close\r\n", method="HEAD"), "HEAD"))
    head.pop(b"transfer-encoding", None)
    assert head in options


def test_a_page_of_known_length_says_it(web):
    assert web.get("/").get("Content-Length") == b"5"


def test_a_response_without_content_has_length_zero(web):
    assert web.get("/empty").get("Content-Length") == b"0"


# Splitting

@pytest.mark.parametrize("kind", ["cr", "lf", "crlf", "nul"])
@pytest.mark.parametrize("where", ["inject-value", "inject-name", "inject-type", "inject-status", "inject-add"])
def test_a_header_that_would_split_the_response_raises_ValueError(web, where, kind):
    for answer in web.both_ways(get("/%s/%s" % (where, kind))):
        assert (answer.status, answer.text) == (200, "ValueError")
        assert b"Evil" not in answer.head


@pytest.mark.parametrize("kind", ["cr", "lf", "crlf", "nul"])
def test_a_returned_header_that_would_split_the_response_is_a_500(web, kind):
    answer = web.get("/inject-return/" + kind)
    assert answer.status == 500
    assert b"Evil" not in answer.head
    assert web.logged("ValueError")


def test_a_header_block_with_NUL_raises_ValueError(web):
    assert web.get("/inject-block").text == "ValueError"


# HTTP/1.0

@pytest.mark.wire
@pytest.mark.parametrize("path", ["/pieces", "/long"])
def test_an_HTTP_1_0_client_gets_no_chunks(web, path):
    body = web.get(path).body
    for answer in web.both_ways(get(path, version="1.0"), kept=False):
        assert answer.get("Transfer-Encoding") is None
        assert answer.body == body


def test_an_HTTP_1_0_connection_ends_after_its_response(web):
    with web.connect() as c:
        c.send(b"GET / HTTP/1.0\r\n\r\n")
        assert c.response().text == "hello"
        assert c.closes()


@pytest.mark.wire
@pytest.mark.parametrize("option", ["keep-alive", "Keep-Alive", "foo, KEEP-ALIVE"])
def test_an_HTTP_1_0_connection_is_kept_where_the_client_asks(web, option):
    with web.connect() as c:
        for _ in range(3):
            c.send(get("/", "Connection: %s\r\n" % option, "1.0"))
            answer = c.response()
            assert answer.text == "hello"
            assert b"keep-alive" in answer.options()


def test_an_HTTP_1_0_connection_ends_with_a_response_of_unknown_length(web):
    with web.connect() as c:
        c.send(get("/pieces", "Connection: keep-alive\r\n", "1.0"))
        answer = c.response()
        assert answer.text == "piece 0\npiece 1\npiece 2\npiece 3\n"
        assert b"keep-alive" not in answer.options()
        assert c.closes()


# Persistent connections

@pytest.mark.parametrize("path", ["/", "/tell", "/none", "/pieces", "/long", "/empty", "/status/404", "/error/500",
                                  "/length/5", "/static/style.css", "/static/none"])
def test_an_HTTP_1_1_connection_is_kept(web, path):
    with web.connect() as c:
        for _ in range(3):
            c.send(get(path))
            answer = c.response()
            assert not answer.says_close
        c.send(get("/"))
        assert c.response().text == "hello"


@pytest.mark.parametrize("fields", ["Connection: close\r\n", "connection: CLOSE\r\n", "Connection: Keep-Alive, CLOSE\r\n",
                                    "Connection: close,foo\r\n", "Connection: foo\r\nConnection: close\r\n"])
@pytest.mark.parametrize("path", ["/", "/pieces", "/none"])
def test_a_client_that_says_close_gets_its_response_and_the_end(web, fields, path):
    with web.connect() as c:
        c.send(get(path, fields) + get("/"))
        assert c.response().says_close
        assert c.closes()


@pytest.mark.parametrize("option", ["closed", "x-close", "Keep-Alive", "TE"])
def test_another_option_of_Connection_does_not_close(web, option):
    with web.connect() as c:
        c.send(get("/", "Connection: %s\r\n" % option) + get("/"))
        assert not c.response().says_close
        assert c.response().text == "hello"


@pytest.mark.wire
def test_a_handler_that_says_close_ends_the_connection(web):
    with web.connect() as c:
        c.send(get("/closing") + get("/"))
        answer = c.response()
        assert (answer.text, answer.says_close) == ("bye", True)
        assert c.closes()


@pytest.mark.wire
def test_a_response_written_by_hand_ends_with_the_connection(web):
    with web.connect() as c:
        c.send(get("/by-hand") + get("/"))
        assert c.everything() == b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nby hand"


def test_what_leaves_at_once_is_whole_and_chunked_only_where_it_must_be(web):
    assert web.get("/tell").get("Transfer-Encoding") is None
    assert web.get("/pieces").get("Transfer-Encoding") == b"chunked"


def test_a_piece_is_there_before_the_handler_has_ended(web):
    # A handler that pauses lets go of what it wrote.
    with web.connect() as c:
        c.send(get("/gate"))
        while b"before" not in c.rest:
            c.rest += c.receive()
        assert b"behind" not in c.rest
        web.get("/gate/open")
        assert c.response().text == "before the gate, behind the gate"


def test_a_long_response_comes_whole(web):
    assert web.get("/long").text == "".join("line %04d\n" % i for i in range(500))


# Pipelining

def test_pipelined_requests_are_answered_in_order(web):
    with web.connect() as c:
        c.send(b"".join(get("/tell?%d" % i) for i in range(20)))
        assert [json.loads(c.response().body)["qs"] for i in range(20)] == [str(i) for i in range(20)]


def test_a_slow_response_comes_before_those_behind_it(web):
    with web.connect() as c:
        c.send(get("/pieces") + get("/") + get("/long") + get("/none"))
        assert c.response().text.startswith("piece 0")
        assert c.response().text == "hello"
        assert c.response().text.startswith("line 0000")
        assert c.response().status == 404


def test_pipelined_heads_may_be_cut_anywhere(web):
    data = get("/tell?1") + get("/tell?2")
    with web.connect() as c:
        c.send(data[:-20])
        first = c.response()
        c.send(data[-20:])
        assert [json.loads(a.body)["qs"] for a in (first, c.response())] == ["1", "2"]


PIPELINES = [
    ("a body read whole", b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
    ("a body nobody read", b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
    ("chunks nobody read", b"POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    ("a refused method", b"DELETE /get HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("a missing page", b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n"),
]


@pytest.mark.parametrize("first", cases(PIPELINES))
def test_what_follows_belongs_to_the_next_request(web, first):
    with web.connect() as c:
        c.send(first + get("/tell?next"))
        c.response()
        assert json.loads(c.response().body)["qs"] == "next"


def test_nothing_after_a_refused_request_is_served(web):
    with web.connect() as c:
        c.send(b"GET / HTTP/1.x\r\nHost: x\r\n\r\n" + get("/"))
        assert c.response().status == 400
        assert c.closes()


# The wrong length

@pytest.mark.wire
@pytest.mark.parametrize("said", [3, 8])
def test_a_handler_that_wrote_another_length_ends_the_connection_and_is_logged(web, said):
    with web.connect() as c:
        c.send(get("/length/%d" % said) + get("/"))
        data = c.everything()
    head, _, body = data.partition(b"\r\n\r\n")
    # Either nothing had left yet, then it is a 500; or the promised response, and never a byte more than it said.
    if head.startswith(b"HTTP/1.1 200"):
        assert b"12345".startswith(body) and len(body) <= said
    else:
        assert head.startswith(b"HTTP/1.1 500")
    assert b"hello" not in data
    assert web.logged("[Ll]ength")
    assert web.get("/").text == "hello"


def test_a_handler_that_wrote_its_length_is_answered_as_it_said(web):
    answer = web.get("/length/5")
    assert (answer.get("Content-Length"), answer.text) == (b"5", "12345")


def test_a_cut_response_is_seen_by_a_strict_client(serve):
    with pytest.raises(h11.RemoteProtocolError):
        serve("faults.py").get("/raise-late")
