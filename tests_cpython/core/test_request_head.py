"""The request line and the head: each line of the table in docs/http.md, "The request line and the head"."""

import json
import time

import pytest

from support.table import cases

HOST = b"Host: x\r\n"

pytestmark = pytest.mark.wire


@pytest.fixture
def web(serve):
    return serve("web.py", "1")


def refused(server, data, status):
    """What "refuse" means: the status, Connection: close, the end, one log line that says why, a server that is well."""
    server.marked()
    for answer in server.both_ways(data, kept=False):
        assert answer.status == status
        assert answer.says_close
    assert server.get("/").text == "hello"
    lines = server.logged(r"\b%d\b" % status, count=2)
    assert len(lines) == 2, "one log line names each refusal: %r" % server.log_since_mark()
    for line in lines:
        reason = line.split(str(status), 1)[1]
        assert sum(c.isalpha() for c in reason) >= 5, "the line says why: %r" % line


SERVED = [
    ("an empty line before the request line is ignored",
     b"\r\nGET /tell HTTP/1.1\r\n" + HOST + b"\r\n", "/tell"),
    ("three empty lines before the request line are ignored",
     b"\r\n\r\n\r\nGET /tell HTTP/1.1\r\n" + HOST + b"\r\n", "/tell"),
    ("an absolute form is served as its path",
     b"GET http://x/tell HTTP/1.1\r\n" + HOST + b"\r\n", "/tell"),
    ("an absolute form in capitals with a port is served as its path",
     b"GET HTTP://Host.example:8081/tell HTTP/1.1\r\n" + HOST + b"\r\n", "/tell"),
    ("a field without a space after the colon is accepted",
     b"GET /tell HTTP/1.1\r\nHost:x\r\n\r\n", "/tell"),
    ("a field with tabs and spaces around its value is accepted",
     b"GET /tell HTTP/1.1\r\nHost: \t x \t \r\n\r\n", "/tell"),
    ("a field with an empty value is accepted",
     b"GET /tell HTTP/1.1\r\nX-Empty:\r\n" + HOST + b"\r\n", "/tell"),
    ("a host in any case is a host",
     b"GET /tell HTTP/1.1\r\nhOsT: x\r\n\r\n", "/tell"),
    ("an empty host is accepted",
     b"GET /tell HTTP/1.1\r\nHost:\r\n\r\n", "/tell"),
    ("a host with a port is accepted",
     b"GET /tell HTTP/1.1\r\nHost: x.example:8081\r\n\r\n", "/tell"),
    ("a host that is an IPv6 address is accepted",
     b"GET /tell HTTP/1.1\r\nHost: [::1]:8081\r\n\r\n", "/tell"),
    ("HTTP/1.0 needs no host",
     b"GET /tell HTTP/1.0\r\n\r\n", "/tell"),
    ("a field name of odd token characters is accepted",
     b"GET /tell HTTP/1.1\r\n!#$%&'*+-.^_`|~09: 1\r\n" + HOST + b"\r\n", "/tell"),
    ("a value with bytes above 127 is accepted",
     b"GET /tell HTTP/1.1\r\nX-Bytes: \xe9\xff\r\n" + HOST + b"\r\n", "/tell"),
    ("raw bytes among the options of a connection",
     b"GET /tell HTTP/1.1\r\nConnection: \x80\r\nContent-Type: \xff\r\n" + HOST + b"\r\n", "/tell"),
    ("a browser's long Accept is accepted",
     b"GET /tell HTTP/1.1\r\n" + HOST + b"Accept: " + b"a/b," * 100 + b"\r\n\r\n", "/tell"),
]


@pytest.mark.parametrize("data,path", cases(SERVED))
def test_accepted(web, data, path):
    for answer in web.both_ways(data, kept=b"HTTP/1.0" not in data):
        assert answer.status == 200
        assert json.loads(answer.body)["path"] == path


def get(line=b"GET / HTTP/1.1", fields=HOST):
    return line + b"\r\n" + fields + b"\r\n"


REFUSED = [
    # The request line
    ("a request line of two parts", get(b"GET /"), 400),
    ("a head that ends within the request line", b"GET /\r\n\r\n HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a request line of one part", get(b"GET"), 400),
    ("a request line of four parts", get(b"GET / x HTTP/1.1"), 400),
    ("two spaces after the method", get(b"GET  / HTTP/1.1"), 400),
    ("two spaces before the version", get(b"GET /  HTTP/1.1"), 400),
    ("a space after the version", get(b"GET / HTTP/1.1 "), 400),
    ("a space before the method", get(b" GET / HTTP/1.1"), 400),
    ("a tab after the method", get(b"GET\t/ HTTP/1.1"), 400),
    ("tabs for both spaces", get(b"GET\t/\tHTTP/1.1"), 400),
    ("an empty method", get(b" / HTTP/1.1"), 400),
    ("a method with a parenthesis", get(b"GE(T / HTTP/1.1"), 400),
    ("a method with a colon", get(b"GET: / HTTP/1.1"), 400),
    ("a method with a byte above 127", get(b"G\xc9T / HTTP/1.1"), 400),
    ("a NUL in the method", get(b"G\0T / HTTP/1.1"), 400),
    ("a NUL in the target", get(b"GET /\0 HTTP/1.1"), 400),
    ("a control byte in the target", get(b"GET /\x01 HTTP/1.1"), 400),
    ("a bare CR in the request line", get(b"GET /\r HTTP/1.1"), 400),
    ("a target that begins with no slash", get(b"GET tell HTTP/1.1"), 400),
    # The version
    ("HTTP/2.0", get(b"GET / HTTP/2.0"), 505),
    ("HTTP/0.9", get(b"GET / HTTP/0.9"), 505),
    ("HTTP/3.1", get(b"GET / HTTP/3.1"), 505),
    ("HTTP/1.x", get(b"GET / HTTP/1.x"), 400),
    ("http/1.1 in lower case", get(b"GET / http/1.1"), 400),
    ("HTTP/1.10", get(b"GET / HTTP/1.10"), 400),
    ("HTTP/11", get(b"GET / HTTP/11"), 400),
    ("HTTP/1", get(b"GET / HTTP/1"), 400),
    ("HTTP/-1.1", get(b"GET / HTTP/-1.1"), 400),
    ("another protocol", get(b"GET / HTTQ/1.1"), 400),
    # Limits
    ("a target over the limit", get(b"GET /" + b"a" * 3000 + b" HTTP/1.1"), 414),
    ("a target over the limit that never ends", b"GET /" + b"a" * 2100, 414),
    ("a head over the limit", get(fields=HOST + b"X-Long: " + b"a" * 3000 + b"\r\n"), 431),
    ("many fields over the limit of bytes", get(fields=HOST + b"X-Field: 12345\r\n" * 150), 431),
    ("65 fields", get(fields=HOST + b"A: 1\r\n" * 64), 431),
    # Host
    ("HTTP/1.1 without Host", get(fields=b""), 400),
    ("HTTP/1.1 without Host among other fields", get(fields=b"X-Test: 1\r\nAccept: */*\r\n"), 400),
    ("two Hosts", get(fields=HOST + b"Host: y\r\n"), 400),
    ("two equal Hosts", get(fields=HOST + HOST), 400),
    ("two Hosts in different cases", get(fields=HOST + b"hOST: x\r\n"), 400),
    ("a Host with a space", get(fields=b"Host: a b\r\n"), 400),
    ("a Host with a slash", get(fields=b"Host: a/b\r\n"), 400),
    ("a Host with a user", get(fields=b"Host: a@b\r\n"), 400),
    ("a Host with a port that is no number", get(fields=b"Host: x:80a\r\n"), 400),
    ("a Host with two ports", get(fields=b"Host: x:80:81\r\n"), 400),
    # Fields
    ("a space between name and colon", get(fields=HOST + b"X-Test : 1\r\n"), 400),
    ("a tab between name and colon", get(fields=HOST + b"X-Test\t: 1\r\n"), 400),
    ("an empty name", get(fields=HOST + b": 1\r\n"), 400),
    ("a name with a space", get(fields=HOST + b"X Test: 1\r\n"), 400),
    ("a name with a parenthesis", get(fields=HOST + b"X(Test: 1\r\n"), 400),
    ("a name with a slash", get(fields=HOST + b"X/Test: 1\r\n"), 400),
    ("a name with a byte above 127", get(fields=HOST + b"X-T\xe9st: 1\r\n"), 400),
    ("a name with a NUL", get(fields=HOST + b"X\0: 1\r\n"), 400),
    ("a line without a colon", get(fields=HOST + b"X-Test\r\n"), 400),
    ("a first line without a colon", get(fields=b"X-Test\r\n" + HOST), 400),
    ("a NUL in a value", get(fields=HOST + b"X-Test: a\0b\r\n"), 400),
    ("a bare CR in a value", get(fields=HOST + b"X-Test: a\rb\r\n"), 400),
    ("a bare CR at the end of a value", get(fields=HOST + b"X-Test: a\r\r\n"), 400),
    ("a bare CR in the Host", get(fields=b"Host: x\ry\r\n"), 400),
    ("a folded line with a space", get(fields=HOST + b"X-Test: a\r\n b\r\n"), 400),
    ("a folded line with a tab", get(fields=HOST + b"X-Test: a\r\n\tb\r\n"), 400),
    ("a folded line first", get(fields=b" X-Test: a\r\n" + HOST), 400),
    # Bare LF
    ("a bare LF after the request line", b"GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
    ("a bare LF after a field", b"GET / HTTP/1.1\r\nX-Test: 1\nHost: x\r\n\r\n", 400),
    ("a bare LF after the last field", b"GET / HTTP/1.1\r\nHost: x\n\r\n", 400),
    ("a bare LF for the empty line", b"GET / HTTP/1.1\r\nHost: x\r\n\n", 400),
    ("bare LFs everywhere", b"GET / HTTP/1.1\nHost: x\n\n", 400),
    ("a bare LF before the request line", b"\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    # The path
    ("a percent sign with one digit", get(b"GET /%4 HTTP/1.1"), 400),
    ("a percent sign with no digit", get(b"GET /% HTTP/1.1"), 400),
    ("a percent sign with letters", get(b"GET /%zz HTTP/1.1"), 400),
    ("a percent sign with a sign", get(b"GET /%+1 HTTP/1.1"), 400),
    ("a percent sign with a digit and a letter", get(b"GET /%0x HTTP/1.1"), 400),
    ("a percent-encoded NUL", get(b"GET /%00 HTTP/1.1"), 400),
    ("a percent-encoded NUL in a name", get(b"GET /a%00b HTTP/1.1"), 400),
    ("a path that is not UTF-8 when decoded", get(b"GET /%ff HTTP/1.1"), 400),
    ("a path with a cut UTF-8 sequence", get(b"GET /%c3 HTTP/1.1"), 400),
    ("a path with raw bytes that are not UTF-8", get(b"GET /\xff HTTP/1.1"), 400),
    ("a bad percent sign in a path that no route has", get(b"GET /none/%q HTTP/1.1"), 400),
]


@pytest.mark.parametrize("data,status", cases(REFUSED))
def test_refused(web, data, status):
    refused(web, data, status)


def test_empty_lines_before_the_request_line_are_bounded(web):
    with web.connect() as c:
        try:
            c.send(b"\r\n" * 20000 + get())
            answered = c.response().status
        except (ConnectionError, BrokenPipeError):
            answered = "closed"
    assert answered in (400, 414, 431, "closed")
    assert web.get("/").text == "hello"


UNKNOWN_METHOD = [
    ("an unknown method reaches a route that names no methods", b"BREW /tell", 200, None),
    ("an unknown method is 405 where the route names its methods", b"BREW /get", 405, {b"GET", b"HEAD", b"OPTIONS"}),
    ("a lower-case method is another method", b"get /get", 405, {b"GET", b"HEAD", b"OPTIONS"}),
    ("an unknown method on no route is 404", b"BREW /none", 404, None),
    ("a method of odd token characters is a method", b"M-SEARCH!#$ /tell", 200, None),
]


@pytest.mark.parametrize("line,status,allow", cases(UNKNOWN_METHOD))
def test_method(web, line, status, allow):
    for answer in web.both_ways(get(line + b" HTTP/1.1")):
        assert answer.status == status
        if allow:
            assert set(answer.get("Allow").replace(b" ", b"").split(b",")) == allow


def test_the_host_of_an_absolute_form_wins_over_Host(web):
    answer = web.ask(b"GET http://winner:1/headers HTTP/1.1\r\nHost: loser\r\n\r\n")
    assert b'"winner:1"' in answer.body.replace(b" ", b"").replace(b'"Host":', b"")


def test_an_absolute_form_without_a_path_is_served_as_the_root(web):
    assert web.ask(get(b"GET http://x HTTP/1.1")).text == "hello"


def test_an_absolute_form_keeps_its_query(web):
    answer = web.ask(get(b"GET http://x/tell?a=1 HTTP/1.1"))
    assert answer.body.replace(b" ", b"").find(b'"qs":"a=1"') > 0


def test_OPTIONS_of_the_whole_server_is_answered(web):
    assert web.ask(get(b"OPTIONS * HTTP/1.1"), "OPTIONS").status in (200, 204)


def test_a_bad_percent_sign_in_the_query_is_no_reason_to_refuse(web):
    assert web.ask(get(b"GET /tell?a=100% HTTP/1.1")).status == 200


def test_a_head_just_under_the_limit_is_served(web):
    head = get(fields=HOST + b"X-Long: %s\r\n")
    assert web.ask(head % (b"a" * (2048 - len(head) + 2))).status == 200


def test_64_fields_are_served(web):
    assert web.ask(get(fields=HOST + b"A: 1\r\n" * 63)).status == 200


def test_a_head_that_comes_byte_by_byte_is_served(web):
    with web.connect() as c:
        for byte in get():
            c.send(bytes([byte]))
        assert c.response().text == "hello"


@pytest.mark.parametrize("data", [
    b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r",
    b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345",
    b"POST /exactly HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123",
    b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\na=1",
    b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12",
], ids=["before the head", "after one byte", "after the request line", "after a field", "inside the last line end",
        "inside a body read to its end", "inside a body read exactly", "inside a form", "inside a chunk"])
def test_a_peer_that_leaves_gets_nothing_and_is_not_logged_above_debug(web, data):
    with web.connect() as c:
        c.send(data).half_close()
        assert c.everything() == b""
    with web.connect() as c:
        c.send(data)
        c.reset()
    assert web.get("/tell").status == 200
    assert not web.logged(r"ERROR|WARN|CRIT|Traceback|[1-5]\d\d .*(error|Error)", 0.1)


def test_field_names_reach_the_handler_as_the_client_spells_them(web):
    answer = web.ask(get(b"GET /headers HTTP/1.1", HOST + b"x-tEST-nAME: Value\r\nACCEPT: */*\r\n"))
    assert json.loads(answer.body) == {"Host": "x", "x-tEST-nAME": "Value", "ACCEPT": "*/*"}


@pytest.fixture
def no_memo(serve):
    return serve("no_memo.py")


def asked(path, mine):
    return b"GET %s HTTP/1.1\r\nHost: x\r\nX-Filler: %s\r\nX-Mine: %s\r\n\r\n" % (path, b"." * 200, mine)


def test_a_handler_that_waits_keeps_its_own_header_section(no_memo):
    with no_memo.connect() as a, no_memo.connect() as b, no_memo.connect() as c:
        a.send(asked(b"/wait", b"of a"))
        b.send(asked(b"/wait", b"of b"))
        deadline = time.monotonic() + 10
        went = 0
        while went < 2 and time.monotonic() < deadline:
            c.send(asked(b"/go", b"of c"))
            went += int(c.response().text)
        assert (a.response().text, b.response().text) == ("of a", "of b")


@pytest.mark.parametrize("path, told", [(b"/stream", b"/stream"), (b"/file", b"/seen"), (b"/end", b"/seen")])
def test_header_fields_can_be_read_when_an_answer_has_left(no_memo, path, told):
    with no_memo.connect() as c:
        c.send(asked(path, b"mine"))
        text = c.response().text
        if told != path:
            c.send(asked(told, b"another"))
            text = c.response().text
        assert text.endswith("mine")
