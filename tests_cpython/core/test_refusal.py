"""What is refused, and what of it a look-alike would let pass: cases beside those of the checklist's first two tables.

Of a refusal the status binds, that it says close, that nothing behind it is served, and that the server is well after.
"""

import json

import pytest

from conftest import BEHIND, closing
from support.table import cases

pytestmark = pytest.mark.wire
HOST = b"Host: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture
def server(serve):
    return serve("refusal.py")


@pytest.fixture
def own(serve):
    """Whose app has an error handler for 400."""
    return serve("refusal.py", "own")


def request(line=b"GET / HTTP/1.1", fields=HOST, body=b""):
    return line + b"\r\n" + fields + b"\r\n" + body


def get(target=b"/", fields=HOST):
    return request(b"GET %s HTTP/1.1" % target, fields)


def post(fields=b"", body=b"", path=b"/read"):
    return request(b"POST %s HTTP/1.1" % path, HOST + fields, body)


def refused(server, data, statuses):
    for answer in server.both_ways(data, kept=False):
        assert answer.status in statuses
        assert answer.says_close
    assert server.get("/").text == "hello"


# The request line and the head

BAD_HOSTS = [
    ("an address that is not closed", b"[::1"),
    ("something between an address and a port", b"[::1]80"),
    ("an address with a port that is no number", b"[::1]:x"),
    ("an address with a slash", b"[a/b]"),
    ("a vertical tab", b"x\x0b"),
    ("a no-break space", b"x\xa0"),
    ("a question mark", b"x?y"),
    ("quotes", b'"x"'),
    ("angle brackets", b"<x>"),
    ("256 bytes", b"a" * 256),
    ("300 bytes", b"a" * 300),
    ("number signs", b"###"),
    ("a number sign", b"x#y"),
    ("a vertical bar", b"x|y"),
    ("empty brackets", b"[]"),
]


@pytest.mark.parametrize("host", cases(BAD_HOSTS))
def test_a_bad_Host_is_400_on_every_way_a_request_can_take(server, host):
    host = b"Host: " + host + b"\r\n"
    for data in (
        get(fields=host),
        get(b"/none", host),
        get(fields=b"Accept: text/html, */*;q=0.8\r\n" + host + b"X-Number-1: 1\r\n"),
        request(b"POST /read HTTP/1.1", host + b"Content-Length: 3\r\n", b"abc"),
        request(b"POST /read HTTP/1.1", host + CHUNKED, b"3\r\nabc\r\n0\r\n\r\n"),
        request(b"GET / HTTP/1.0", host),
    ):
        refused(server, data, [400])


@pytest.mark.parametrize("host", [b"x" * 255, b"a-b.c_d~e", b"[fe80::1]", b"[::ffff:1.2.3.4]:80", b"x:", b"1.2.3.4:5"])
def test_a_good_Host_is_served(server, host):
    for data in (get(fields=b"Host: " + host + b"\r\n"), request(b"POST / HTTP/1.1", b"Host: " + host + b"\r\n")):
        assert [a.text for a in server.both_ways(data)] == ["hello"] * 2


REFUSED = [
    ("a bare LF between two fields behind Host", get(fields=HOST + b"X-One: 1\nX-Two: 2\r\n"), [400]),
    ("a bare LF between two fields behind Host of a POST", post(b"X-One: 1\nContent-Length: 0\r\n"), [400]),
    ("DEL in the target of a GET", get(b"/\x7f"), [400]),
    ("DEL in the query of a GET", get(b"/?\x7f"), [400]),
    ("DEL in the target of a POST", post(path=b"/\x7f"), [400]),
    ("an absolute target without a host", get(b"http:///x"), [400]),
    ("an absolute target without a host or a path", get(b"http://"), [400]),
    ("GET of the whole server", get(b"*"), [400]),
    ("another expectation on GET", get(fields=HOST + b"Expect: 200-ok\r\n"), [417]),
    ("another expectation on POST", post(b"Content-Length: 3\r\nExpect: 200-ok\r\n", b"abc"), [417]),
    ("a raised 400", get(b"/http/400"), [400]),
    ("digits of the version that are not ASCII", request("GET / HTTP/1.\u0661".encode()), [400]),
    ("CONNECT of a route", request(b"CONNECT /tell HTTP/1.1"), [405, 501]),
    ("CONNECT of an authority", request(b"CONNECT x:80 HTTP/1.1"), [400, 405, 501]),
    # White space is SP and HTAB alone.
    ("a vertical tab before chunked", post(b"Transfer-Encoding:\x0bchunked\r\n", b"0\r\n\r\n"), [400, 501]),
    ("a form feed behind chunked", post(b"Transfer-Encoding: chunked\x0c\r\n", b"0\r\n\r\n"), [400, 501]),
    ("a no-break space behind chunked", post(b"Transfer-Encoding: chunked\xa0\r\n", b"0\r\n\r\n"), [400, 501]),
    ("a Kelvin sign for the k of chunked", post(b"Transfer-Encoding: chun\xe2\x84\xaaed\r\n", b"0\r\n\r\n"), [400, 501]),
    ("a next line before chunked", post(b"Transfer-Encoding: \x85chunked\r\n", b"0\r\n\r\n"), [400, 501]),
    ("a vertical tab before a length", post(b"Content-Length:\x0b3\r\n", b"abc"), [400]),
    ("a form feed behind a length", post(b"Content-Length: 3\x0c\r\n", b"abc"), [400]),
    ("a no-break space behind a length", post(b"Content-Length: 3\xa0\r\n", b"abc"), [400]),
    ("a vertical tab behind an expectation", post(b"Content-Length: 3\r\nExpect: 100-continue\x0b\r\n", b"abc"), [400, 417]),
    ("a form feed before a chunk's size", post(CHUNKED, b"\x0c3\r\nabc\r\n0\r\n\r\n"), [400]),
    ("a no-break space behind a chunk's size", post(CHUNKED, b"3\xa0\r\nabc\r\n0\r\n\r\n"), [400]),
    # Trailers are fields.
    ("a request as a trailer", post(CHUNKED, b"0\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n"), [400]),
    ("a trailer without a colon", post(CHUNKED, b"0\r\nX\r\n\r\n"), [400]),
    ("a trailer without a name", post(CHUNKED, b"0\r\n: 1\r\n\r\n"), [400]),
    ("a trailer with a space in its name", post(CHUNKED, b"0\r\nX Y: 1\r\n\r\n"), [400]),
    ("a trailer with a space before its colon", post(CHUNKED, b"0\r\nX : 1\r\n\r\n"), [400]),
    ("a NUL in a trailer", post(CHUNKED, b"0\r\nX: \0\r\n\r\n"), [400]),
    ("a bare CR in a trailer", post(CHUNKED, b"0\r\nX: a\rb\r\n\r\n"), [400]),
    ("a folded trailer", post(CHUNKED, b"0\r\nX: 1\r\n 2\r\n\r\n"), [400]),
    ("a folded first trailer", post(CHUNKED, b"0\r\n X: 1\r\n\r\n"), [400]),
]


@pytest.mark.parametrize("data,statuses", cases(REFUSED))
def test_refused(server, data, statuses):
    refused(server, data, statuses)


@pytest.mark.parametrize("data,statuses", cases([
    ("another expectation", get(fields=HOST + b"Expect: 200-ok\r\n"), [417]),
    ("a bad percent sign", get(b"/%zz"), [400]),
]))
def test_what_is_refused_twice_is_judged_anew(server, data, statuses):
    for _ in range(2):
        refused(server, data, statuses)


@pytest.mark.parametrize("fields", [
    b"Connection: \x0bclose\r\n", b"Connection: close\xa0\r\n",
    b"Connection: foo,\x0cclose\r\n", b"Connection: xclose\r\n",
])
def test_an_option_of_Connection_with_other_white_space_is_another_or_refused(server, fields):
    with server.connect() as c:
        c.send(get(fields=HOST + fields) + BEHIND)
        status = c.response().status
        assert status in (200, 400)
        assert c.closes() if status == 400 else c.response().status == 404


# What a target means

TARGETS = [
    ("https", b"https://y/tell", {"path": "/tell", "qs": "", "host": "y"}),
    ("a query", b"http://y/tell?a=1", {"path": "/tell", "qs": "a=1", "host": "y"}),
    ("a port", b"http://y:81/tell", {"path": "/tell", "qs": "", "host": "y:81"}),
]


@pytest.mark.parametrize("host", [b"Host: x\r\n", b"host: x\r\n", b"hOST:x\r\n"])
@pytest.mark.parametrize("target,told", cases(TARGETS))
def test_an_absolute_target_is_served_and_its_host_replaces_Host(server, target, told, host):
    for answer in server.both_ways(get(target, host)):
        assert json.loads(answer.body) == {"method": "GET", **told}


ROOTS = [
    ("a query behind the host", b"http://y?a=1"),
    ("a query with a slash", b"http://y?/tell"),
    ("a query behind a port", b"http://y:81?/tell"),
    ("a query that is an address", b"http://y?x=http://z/tell"),
]


@pytest.mark.parametrize("target", cases(ROOTS))
def test_an_authority_ends_at_a_question_mark(server, target):
    assert [a.text for a in server.both_ways(get(target))] == ["hello"] * 2


@pytest.mark.parametrize("target", [b"http://y#/tell", b"http://y#@z/tell"])
def test_an_authority_ends_at_a_number_sign(server, target):
    for answer in server.both_ways(get(target), kept=None):
        # A fragment is no part of a target: to refuse it is as good.
        assert answer.status == 400 or answer.text == "hello"


def test_the_query_of_an_absolute_target_is_kept_where_there_is_no_path(serve):
    for answer in serve("guard.py").both_ways(get(b"http://y?a=/b")):
        assert answer.text == "GET / a=/b"


# A memo is no judge

def test_fields_of_a_GET_do_not_vouch_for_those_of_a_POST(server):
    fields = HOST + b"Accept: */*\r\n"
    with server.connect() as c:
        c.send(get(fields=fields) * 2 + request(b"POST /read HTTP/1.1", fields + b"Content-Length: 3\r\n", b"abc")
               + request(b"POST /read HTTP/1.1", fields) + get(fields=fields))
        assert [c.response().text for _ in range(5)] == ["hello", "hello", "abc", "", "hello"]


def test_fields_of_a_POST_repeated_as_those_of_a_GET_frame_it_again(server):
    fields = HOST + b"Content-Length: 3\r\n"
    with server.connect() as c:
        c.send((request(b"POST /read HTTP/1.1", fields, b"abc") + request(b"GET / HTTP/1.1", fields, b"def")) * 2 + BEHIND)
        assert [c.response().text for _ in range(4)] == ["abc", "hello"] * 2
        assert c.response().status == 404


def test_chunked_fields_of_a_POST_repeated_as_those_of_a_GET_frame_it_again(server):
    fields = HOST + CHUNKED
    chunks = b"3\r\nabc\r\n0\r\n\r\n"
    with server.connect() as c:
        c.send((request(b"POST /read HTTP/1.1", fields, chunks) + request(b"GET / HTTP/1.1", fields, chunks)) * 2 + BEHIND)
        assert [c.response().text for _ in range(4)] == ["abc", "hello"] * 2
        assert c.response().status == 404


def test_fields_without_Host_that_HTTP_1_0_may_send_are_refused_of_HTTP_1_1(server):
    fields = b"Accept: */*\r\nConnection: keep-alive\r\n"
    with server.connect() as c:
        c.send(request(b"GET / HTTP/1.0", fields) + request(b"GET / HTTP/1.1", fields) + BEHIND)
        assert c.response().text == "hello"
        assert c.response().status == 400
        assert c.closes()


@pytest.mark.parametrize("fields", [b"X Y: 1\r\n", b"Host: y\r\n", b"Content-Length: 5,5\r\n", b"Expect: 200-ok\r\n"])
def test_a_bad_head_sent_again_on_another_connection_is_judged_anew(server, fields):
    statuses = []
    for method in (b"GET", b"GET", b"POST", b"GET"):
        answer = server.ask(request(method + b" / HTTP/1.1", HOST + fields))
        statuses.append((answer.status, answer.says_close))
    assert statuses == [(417 if b"Expect" in fields else 400, True)] * 4


# Bodies

BAD_CHUNKS = [
    ("a size of letters", b"zz\r\nabc\r\n0\r\n\r\n"),
    ("a size of letters behind a chunk", b"3\r\nabc\r\nzz\r\n0\r\n\r\n"),
    ("more than the size", b"3\r\nabcd\r\n0\r\n\r\n"),
    ("a whole line of a size over 256 bytes", b"3;" + b"x" * 300 + b"\r\nabc\r\n0\r\n\r\n"),
    ("a bad trailer", b"0\r\nX\r\n\r\n"),
]


@pytest.mark.parametrize("chunks", cases(BAD_CHUNKS))
def test_nothing_is_served_behind_a_bad_chunk_whose_refusal_a_handler_catches(server, chunks):
    data = post(CHUNKED, chunks, b"/caught")
    for sent in (data, closing(data)):
        with server.connect() as c:
            c.send(sent + BEHIND)
            assert c.response().text == "caught"
            assert c.closes()
    assert server.get("/").text == "hello"


@pytest.mark.parametrize("chunks", cases(BAD_CHUNKS))
def test_a_bad_chunk_is_400(server, chunks):
    refused(server, post(CHUNKED, chunks), [400])


def test_read_of_nothing_is_there_at_once(server):
    with server.connect() as c:
        c.send(post(b"Content-Length: 3\r\n", path=b"/read-nothing"))
        assert c.response().text == "read 0"
        c.send(b"abc" + BEHIND)
        assert c.response().status == 404


# 100 Continue

def test_one_100_Continue_for_a_body_in_two_pieces(server):
    with server.connect() as c:
        c.send(post(b"Content-Length: 6\r\nExpect: 100-continue\r\n"))
        assert c.receive() == b"HTTP/1.1 100 Continue\r\n\r\n"
        c.send(b"abc")
        with server.connect() as other:  # the server has read the first piece by itself
            for _ in range(2):
                other.send(get())
                other.response()
        c.send(b"def" + BEHIND)
        answer = c.response()
        assert (answer.text, answer.interim) == ("abcdef", [])
        assert c.response().status == 404


def test_no_100_Continue_for_HTTP_1_0_whose_body_comes_later(server):
    with server.connect() as c:
        c.send(request(b"POST /read HTTP/1.0", HOST + b"Content-Length: 3\r\nExpect: 100-continue\r\n"))
        with server.connect() as other:
            for _ in range(2):
                other.send(get())
                other.response()
        c.send(b"abc")
        answer = c.response()
        assert (answer.text, answer.interim) == ("abc", [])
        assert c.closes()


# An error handler answers, and the connection still ends

@pytest.mark.parametrize("data", [get(b"/%zz"), get(fields=HOST + b"X Y: 1\r\n")],
                         ids=["a bad percent sign", "a bad field"])
def test_nothing_is_served_behind_a_400_of_an_error_handler(own, data):
    refused(own, data, [400])


def test_a_raised_400_has_the_page_of_the_error_handler(own):
    assert own.get("/http/400").text == "our own page"


def test_a_head_over_a_small_limit_is_431(serve):
    small = serve("refusal.py", "small")
    assert [a.text for a in small.both_ways(get(fields=HOST + b"X: " + b"a" * 150 + b"\r\n"))] == ["hello"] * 2
    refused(small, get(fields=HOST + b"X: " + b"a" * 400 + b"\r\n"), [431])
