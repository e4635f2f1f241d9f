"""The body: each line of the table in docs/http.md, "The body"."""

import json

import pytest

from conftest import BEHIND, closing
from support.table import cases


@pytest.fixture
def web(serve):
    return serve("web.py", "1")


@pytest.fixture
def limits(serve):
    return serve("limits.py", "1")


def post(path, fields=b"", body=b"", version=b"1.1"):
    return b"POST %s HTTP/%s\r\nHost: x\r\n%s\r\n%s" % (path.encode(), version, fields, body)


def length(path, body):
    return post(path, b"Content-Length: %d\r\n" % len(body), body)


CHUNKED = b"Transfer-Encoding: chunked\r\n"


def chunked(path, body):
    return post(path, CHUNKED, body)


REFUSED = [
    ("Transfer-Encoding and Content-Length together", CHUNKED + b"Content-Length: 5\r\n",
     b"5\r\n12345\r\n0\r\n\r\n", 400),
    ("Content-Length and Transfer-Encoding together", b"Content-Length: 5\r\n" + CHUNKED,
     b"5\r\n12345\r\n0\r\n\r\n", 400),
    ("two Content-Lengths that differ", b"Content-Length: 5\r\nContent-Length: 6\r\n", b"123456", 400),
    ("two Content-Lengths that are equal", b"Content-Length: 5\r\nContent-Length: 5\r\n", b"12345", 400),
    ("a Content-Length with a plus", b"Content-Length: +5\r\n", b"12345", 400),
    ("a Content-Length with a minus", b"Content-Length: -5\r\n", b"12345", 400),
    ("a hexadecimal Content-Length", b"Content-Length: 0x5\r\n", b"12345", 400),
    ("a list of equal Content-Lengths", b"Content-Length: 5,5\r\n", b"12345", 400),
    ("a list of Content-Lengths that differ", b"Content-Length: 5, 6\r\n", b"123456", 400),
    ("a Content-Length with an underscore", b"Content-Length: 5_0\r\n", b"12345", 400),
    ("a Content-Length with a space inside", b"Content-Length: 5 0\r\n", b"12345", 400),
    ("an empty Content-Length", b"Content-Length:\r\n", b"", 400),
    ("a Content-Length of a blank", b"Content-Length:  \r\n", b"", 400),
    ("a Content-Length that is a word", b"Content-Length: five\r\n", b"12345", 400),
    ("a Content-Length with a fraction", b"Content-Length: 5.0\r\n", b"12345", 400),
    ("a Content-Length of digits that are not ASCII", b"Content-Length: \xb2\r\n", b"12", 400),
    ("a Content-Length of 30 digits", b"Content-Length: " + b"9" * 30 + b"\r\n", b"", (400, 413)),
    ("an unknown coding", b"Transfer-Encoding: br\r\n", b"", 501),
    ("gzip before chunked", b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n", 501),
    ("chunked that is not last", b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n", (400, 501)),
    ("chunked twice", b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n", 400),
    ("chunked twice in two fields", CHUNKED + CHUNKED, b"0\r\n\r\n", 400),
    ("identity", b"Transfer-Encoding: identity\r\n", b"", (400, 501)),
    ("an empty Transfer-Encoding", b"Transfer-Encoding:\r\n", b"", 400),
    ("chunked in quotes", b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n", (400, 501)),
    ("chunked with something joined to it", b"Transfer-Encoding: chunkedx\r\n", b"0\r\n\r\n", 501),
]


@pytest.mark.wire
@pytest.mark.parametrize("fields,body,status", cases(REFUSED))
def test_framing_is_refused(web, fields, body, status):
    statuses = status if isinstance(status, tuple) else (status,)
    for answer in web.both_ways(post("/read", fields, body), kept=False):
        assert answer.status in statuses
        assert answer.says_close
    assert len(web.logged(r"\b%d\b.*[a-zA-Z]{3}" % answer.status, count=2)) == 2
    assert web.get("/").text == "hello"


@pytest.mark.wire
def test_Transfer_Encoding_on_HTTP_1_0_is_400(web):
    answers = web.both_ways(post("/read", CHUNKED, b"0\r\n\r\n", b"1.0"), kept=False)
    assert [a.status for a in answers] == [400] * 2


def test_a_Content_Length_with_blanks_around_it_is_accepted(web):
    # RFC 9110 5.5: they are no part of the value.
    assert web.ask(post("/read", b"Content-Length: \t5 \t\r\n", b"12345")).text == "12345"


CHUNKS = [
    ("one chunk", b"5\r\n12345\r\n0\r\n\r\n", b"12345"),
    ("two chunks", b"3\r\n123\r\n2\r\n45\r\n0\r\n\r\n", b"12345"),
    ("no chunk but the last", b"0\r\n\r\n", b""),
    ("a size in lower case", b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("a size in upper case", b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("a size with leading zeros", b"0005\r\n12345\r\n000\r\n\r\n", b"12345"),
    ("a chunk that holds line ends", b"6\r\n1\r\n0\r\n\r\n0\r\n\r\n", b"1\r\n0\r\n"),
    ("an extension", b"5;name=value\r\n12345\r\n0\r\n\r\n", b"12345"),
    ("an extension in quotes", b'5;name="a;b"\r\n12345\r\n0;x\r\n\r\n', b"12345"),
    ("a trailer", b"5\r\n12345\r\n0\r\nX-Trailer: 1\r\n\r\n", b"12345"),
    ("two trailers", b"5\r\n12345\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n", b"12345"),
    ("a chunk over one block", b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n", b"x" * 2000),
]


@pytest.mark.parametrize("sent,read", cases(CHUNKS))
def test_chunks_are_decoded(web, sent, read):
    assert [a.body for a in web.both_ways(chunked("/read", sent))] == [read] * 2


@pytest.mark.parametrize("sent,read", cases(CHUNKS[:11]))
def test_chunks_that_come_byte_by_byte_are_decoded(web, sent, read):
    with web.connect() as c:
        for byte in chunked("/read", sent):
            c.send(bytes([byte]))
        assert c.response().body == read


def test_chunked_in_any_case_is_chunked(web):
    assert web.ask(post("/read", b"transfer-ENCODING: ChUnKeD\r\n", b"1\r\nx\r\n0\r\n\r\n")).text == "x"


BAD_CHUNKS = [
    ("a size that is not hexadecimal", b"g\r\n12345\r\n0\r\n\r\n"),
    ("a size with a plus", b"+5\r\n12345\r\n0\r\n\r\n"),
    ("a size with a minus", b"-5\r\n12345\r\n0\r\n\r\n"),
    ("a size with 0x", b"0x5\r\n12345\r\n0\r\n\r\n"),
    ("a size with an underscore", b"1_0\r\n0123456789012345\r\n0\r\n\r\n"),
    ("an empty size", b"\r\n12345\r\n0\r\n\r\n"),
    ("an empty size with an extension", b";x\r\n12345\r\n0\r\n\r\n"),
    ("a size with a space before", b" 5\r\n12345\r\n0\r\n\r\n"),
    ("a size of 20 digits", b"f" * 20 + b"\r\n12345\r\n0\r\n\r\n"),
    ("no CRLF after the data", b"5\r\n123456\r\n0\r\n\r\n"),
    ("LF alone after the data", b"5\r\n12345\n0\r\n\r\n"),
    ("LF alone after the size", b"5\n12345\r\n0\r\n\r\n"),
    ("LF alone in an extension", b"5;x\n\r\n12345\r\n0\r\n\r\n"),
    ("LF alone after the last size", b"5\r\n12345\r\n0\n\r\n"),
    ("LF alone after the trailers", b"5\r\n12345\r\n0\r\n\n"),
    ("LF alone after a trailer", b"5\r\n12345\r\n0\r\nX: 1\n\r\n"),
    ("CR alone in an extension", b"5;x\ry\r\n12345\r\n0\r\n\r\n"),
]


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/read", "/unread"])
@pytest.mark.parametrize("sent", cases(BAD_CHUNKS))
def test_a_bad_chunk_is_400_where_it_is_read_and_ends_the_connection(web, sent, path):
    for data in (chunked(path, sent), closing(chunked(path, sent))):
        with web.connect() as c:
            # A body that is drained after its answer was sent could not say close in it.
            c.send(data + BEHIND)
            assert c.response().status == (400 if path == "/read" else 200)
            assert c.closes()
    assert web.get("/").text == "hello"


@pytest.mark.wire
def test_a_chunk_extension_without_end_is_refused(web):
    with web.connect() as c:
        c.send(chunked("/read", b"5;" + b"x" * 5000))
        assert c.response().status in (400, 413, 431)
        assert c.closes()


@pytest.mark.wire
def test_trailers_without_end_are_refused(web):
    with web.connect() as c:
        c.send(chunked("/read", b"0\r\n" + b"X-Trailer: 1\r\n" * 400))
        assert c.response().status in (400, 413, 431)
        assert c.closes()


# Limits

def test_a_body_at_the_limit_is_read(limits):
    assert limits.ask(length("/length", b"x" * 64)).text == "64"


def test_a_Content_Length_over_the_limit_is_413_before_the_body_is_sent(limits):
    with limits.connect() as c:
        c.send(post("/length", b"Content-Length: 65\r\n"))
        answer = c.response()
        assert answer.status == 413
        assert answer.says_close
        assert c.closes()
    assert len(limits.logged(r"\b413\b.*[a-zA-Z]{3}")) == 1


def test_a_413_reaches_a_client_that_sends_its_body_first(web):
    with web.connect() as c:
        c.send(length("/form", b"x" * 20000))
        assert c.response().status == 413
        assert c.closes()


@pytest.mark.wire
def test_a_413_reaches_a_client_that_asks_with_Expect(limits):
    with limits.connect() as c:
        c.send(post("/length", b"Content-Length: 65\r\nExpect: 100-continue\r\n"))
        answer = c.response()
        assert (answer.status, answer.interim) == (413, [])


def test_chunks_over_the_limit_are_413(limits):
    with limits.connect() as c:
        c.send(chunked("/length", b"20\r\n" + b"x" * 32 + b"\r\n21\r\n" + b"x" * 33 + b"\r\n0\r\n\r\n"))
        assert c.response().status == 413
        assert c.closes()


def test_one_chunk_over_the_limit_is_413(limits):
    with limits.connect() as c:
        c.send(chunked("/length", b"41\r\n" + b"x" * 65 + b"\r\n0\r\n\r\n"))
        assert c.response().status == 413
        assert c.closes()


def test_chunks_at_the_limit_are_read(limits):
    chunk = b"20\r\n" + b"x" * 32 + b"\r\n"
    assert limits.ask(chunked("/length", chunk * 2 + b"0\r\n\r\n")).text == "64"


# Expect

@pytest.mark.parametrize("path,body,read", [("/whole", b"x" * 40, "40"), ("/form", b"a=" + b"x" * 38, "38")])
def test_what_is_read_at_once_has_a_limit_of_its_own(limits, path, body, read):
    over = body + b"x"
    assert limits.ask(length(path, body)).text == read
    assert limits.ask(chunked(path, b"28\r\n" + body + b"\r\n0\r\n\r\n")).text == read
    for request in (length(path, over), chunked(path, b"28\r\n" + body + b"\r\n1\r\nx\r\n0\r\n\r\n")):
        assert limits.ask(request).status == 413
    assert limits.ask(length("/length", over)).text == "41"
    assert limits.logged("over 40 bytes")


@pytest.mark.wire
def test_Expect_gets_100_Continue_before_the_body_is_read(web):
    with web.connect() as c:
        c.send(post("/read", b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
        assert c.receive() == b"HTTP/1.1 100 Continue\r\n\r\n"
        c.send(b"12345")
        answer = c.response()
        assert answer.text == "12345"
        assert answer.interim == []


def test_Expect_in_any_case_gets_100_Continue(web):
    with web.connect() as c:
        c.send(post("/read", b"Content-Length: 5\r\nEXPECT: 100-Continue\r\n"))
        assert c.receive().startswith(b"HTTP/1.1 100 ")


@pytest.mark.wire
def test_Expect_gets_the_final_status_alone_where_the_body_is_not_wanted(web):
    with web.connect() as c:
        c.send(post("/unread", b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
        answer = c.response()
        assert (answer.status, answer.interim) == (200, [])


@pytest.mark.wire
def test_Expect_whose_body_was_never_asked_for_ends_the_connection(web):
    # Whether the body follows is the client's choice: what comes next could be either.
    with web.connect() as c:
        c.send(post("/unread", b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
        assert c.response().says_close
        assert c.closes()


@pytest.mark.wire
def test_Expect_of_HTTP_1_0_is_ignored(web):
    with web.connect() as c:
        c.send(post("/read", b"Content-Length: 5\r\nExpect: 100-continue\r\n", b"12345", b"1.0"))
        answer = c.response()
        assert (answer.text, answer.interim) == ("12345", [])


def test_Expect_with_chunks_gets_100_Continue(web):
    with web.connect() as c:
        c.send(post("/read", CHUNKED + b"Expect: 100-continue\r\n"))
        assert c.receive().startswith(b"HTTP/1.1 100 ")
        c.send(b"1\r\nx\r\n0\r\n\r\n")
        assert c.response().text == "x"


# Bodies nobody asked for

@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "BREW"])
@pytest.mark.parametrize("framing", ["Content-Length", "chunks"])
def test_a_body_on_any_method_is_framed_and_drained(web, method, framing):
    body = b"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"
    line = method.encode() + b" /tell HTTP/1.1\r\nHost: x\r\n"
    if framing == "chunks":
        data = line + CHUNKED + b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        data = line + b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert {a.status for a in web.both_ways(data, method)} <= {200, 204}


@pytest.mark.parametrize("size", [1, 1000, 5000, 16384])
def test_a_body_that_no_handler_reads_is_drained_before_the_next_request(web, size):
    assert [a.text for a in web.both_ways(length("/unread", b"x" * size))] == ["unread"] * 2


def test_a_body_that_is_half_read_is_drained(web):
    assert [a.text for a in web.both_ways(length("/exactly", b"x" * 3000))] == ["xxxxx"] * 2


def test_a_body_on_no_route_is_drained(web):
    assert [a.status for a in web.both_ways(length("/none", b"x" * 3000))] == [404] * 2


# Reading

def test_a_reader_never_reads_past_the_body(web):
    with web.connect() as c:
        c.send(length("/read", b"12345") + length("/read", b"67890"))
        assert c.response().text == "12345"
        assert c.response().text == "67890"


def test_readline_reads_the_body_line_by_line(web):
    assert json.loads(web.ask(length("/lines", b"one\ntwo\r\n\nend")).body) == ["one\n", "two\r\n", "\n", "end"]


def test_readline_reads_chunks_line_by_line(web):
    sent = b"2\r\non\r\n4\r\ne\ntw\r\n1\r\no\r\n0\r\n\r\n"
    assert json.loads(web.ask(chunked("/lines", sent)).body) == ["one\n", "two"]


def test_a_form_is_read(web):
    body = b"name=Ann+Lee&sign=%26&tag=1&tag=2&flag&accent=%C3%A9"
    form = json.loads(web.ask(length("/form", body)).body)
    assert form == {"name": "Ann Lee", "sign": "&", "tag": ["1", "2"], "flag": True, "accent": "é"}


def test_a_form_in_chunks_is_read(web):
    assert json.loads(web.ask(chunked("/form", b"3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n")).body) == {"a": "1", "b": "2"}


def test_an_empty_form_is_empty(web):
    assert json.loads(web.ask(length("/form", b"")).body) == {}


@pytest.mark.wire
def test_a_handler_may_answer_a_body_that_stalls_and_is_not_cancelled(limits):
    with limits.connect() as c:
        assert c.send(post("/late", b"Content-Length: 10\r\n", b"12345")).response().text == "408, cancelled 0 times"


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/length", "/unread"])
def test_a_body_that_stalls_is_408_after_the_body_timeout(limits, path):
    with limits.connect() as c:
        c.send(post(path, b"Content-Length: 10\r\n", b"12345"))
        answer = c.response()
        # A handler that does not read has answered before the body could stall.
        assert answer.status == (408 if path == "/length" else 200)
        assert c.closes()
    assert limits.get("/").text == "hello"


def test_a_chunked_body_that_stalls_is_408(limits):
    with limits.connect() as c:
        c.send(chunked("/length", b"5\r\n123"))
        assert c.response().status == 408
        assert c.closes()
    assert len(limits.logged(r"\b408\b.*[a-zA-Z]{3}")) == 1
