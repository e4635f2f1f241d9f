"""JSON bodies: `await req.json()`, whatever comes; and forms that are none."""

import json

import pytest

from support.table import cases

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


@pytest.fixture
def server(serve):
    return serve("around.py")


def post(path, body, kind=JSON):
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (path, kind, len(body), body)


VALUES = [{"a": [1, 2.5, None, True, "\xe9"]}, [], {}, 5, -1.5, "text", True, False, None, [[[[1]]]], "a,0]", [0], "\u20ac\\\""]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_JSON_is_read_and_read_again(server, value):
    for answer in server.both_ways(post(b"/json", json.dumps(value).encode()), "POST"):
        assert json.loads(answer.body) == [value, value]


def test_the_content_type_does_not_matter(server):
    assert server.ask(post(b"/json", b"[1]", b"text/plain"), "POST").text == "[[1], [1]]"


def test_chunks_are_one_body(server):
    data = b"POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n"
    assert server.ask(data, "POST").text == "[[1, 2], [1, 2]]"


WHOLE = b'{"a": [1, 2.5, "x\\u00e9\\"]", {"b": null}], "c": {"d": true}}'


def test_JSON_that_is_cut_at_any_byte_is_400(server):
    assert server.ask(post(b"/json", WHOLE), "POST").status == 200
    for at in range(len(WHOLE)):
        assert server.ask(post(b"/json", WHOLE[:at]), "POST").status == 400, WHOLE[:at]


MALFORMED = [
    ("no body", b""), ("blanks", b"  "), ("a word", b"nul"), ("an end alone", b"]"), ("an end too many", b"[1]]"),
    ("two values", b"1,2"), ("two lists", b"[1],[2"), ("a list and a zero", b"[1],0"), ("a cut list before a zero", b"[1],[0"),
    ("text behind", b"[1] x"), ("single quotes", b"{'a': 1}"), ("NaN", b"[NaN]"), ("infinity", b"[-Infinity]"),
    ("UTF-16", "[1]".encode("utf-16")), ("a BOM", b"\xef\xbb\xbf[1]"), ("not UTF-8", b'["\xff"]'), ("NUL", b"[1]\0"),
    ("a form", b"a=1&b=2"), ("XML", b"<a/>"),
]


@pytest.mark.parametrize("body", cases(MALFORMED))
def test_malformed_JSON_is_400(server, body):
    for answer in server.both_ways(post(b"/json", body), "POST", kept=None):
        assert (answer.status, b"malformed JSON" in answer.body) == (400, True)


@pytest.mark.parametrize("runtime", ["cpython"], indirect=True)
@pytest.mark.parametrize("body,at", [(b'{"a": x}', 7), (b"[1,", 4), (b"[1 2]", 4), (b"", 1)])
def test_the_position_is_told_where_the_parser_knows_it(server, body, at):
    assert server.ask(post(b"/json", body), "POST").text.endswith("malformed JSON at character %d\n" % at)


def test_what_is_nested_too_deeply_is_an_error_of_that_request_alone(server):
    assert server.ask(post(b"/json", b"[" * 16000), "POST").status in (400, 503)
    assert server.ask(post(b"/json", b"[1]"), "POST").status == 200


def test_a_body_over_max_read_is_413(server):
    assert server.ask(post(b"/json", b"[%s1]" % (b" " * 20000)), "POST").status == 413


FORMS = [
    ("a form as a form", FORM, b"a=1&b=2", 200, [200, {"a": "1", "b": "2"}]),
    ("a form without a type", None, b"a=1", 200, [200, {"a": "1"}]),
    ("JSON as JSON", JSON, b"[1]", 200, [415, [1]]),
    ("JSON of another type", b"application/problem+json", b"[1]", 200, [415, [1]]),
    ("JSON as a form", FORM, b'{"a": 1}', 200, [200, {'{"a": 1}': True}]),
    ("a form as JSON", JSON, b"a=1", 400, None),
    ("a form in parts", b"multipart/form-data; boundary=x", b"--x--", 400, None),
]


@pytest.mark.parametrize("kind,body,status,value", cases(FORMS))
def test_forms_and_JSON_are_told_apart_by_their_type(server, kind, body, status, value):
    data = post(b"/either", body, kind) if kind else b"POST /either HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body), body)
    for answer in server.both_ways(data, "POST", kept=None):
        assert answer.status == status
        if value:
            assert json.loads(answer.body) == value


def test_a_form_is_read_once(server):
    assert json.loads(server.ask(post(b"/form", b"a=1", FORM), "POST").body) == {"a": "1"}
