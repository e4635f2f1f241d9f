"""Bound functions: the values they get, what their tuples become, what else is refused."""

import json

import pytest

from support.table import cases


@pytest.fixture
def server(serve):
    return serve("bind.py")


VALUES = [
    ("nothing", "/test", [None, None]),
    ("the query", "/test?b=12&a=Paris", ["Paris", "12"]),
    ("the last of repeats", "/test?a=1&a=2", ["2", None]),
    ("unexpected fields", "/test?c=1&__class__=2", [None, None]),
    ("a blank value", "/test?a=&b", [None, None]),
    ("an escape", "/test?a=%41+b", ["A b", None]),
    ("the path", "/two/5/test", ["test", 5]),
    ("the query overrides the path", "/two/5/test?a=2&b=6", ["2", "6"]),
    ("unless told otherwise", "/first/5/test?a=2&b=6", ["test", 5]),
    ("types", "/types/5/1.5/x/a", ["a", 5, 1.5, "x"]),
    ("a default", "/default?a=1", ["1", "B"]),
    ("in place of a default", "/default?b=1", [None, "1"]),
    ("no more than a status", "/none", None),
    ("mounted", "/sub/two/5/test", ["test", 5]),
    ("a pattern that is bound", "/again", "/test/"),
]


@pytest.mark.parametrize("path,value", cases(VALUES))
def test_a_function_gets_values(server, path, value):
    answer = server.get(path)
    assert (answer.status, answer.get("Content-Type"), answer.body) == (200, b"application/json", json.dumps(value).encode())


def test_one_value_is_no_list(server):
    answer = server.get("/one")
    assert (answer.status, answer.text) == (201, '{"a": [1, null]}')


def ask(server, path, body):
    method = b"POST" if body else b"GET"
    return json.loads(server.ask(b"%s %s HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nContent-Length: %d\r\n\r\n%s" % (
        method, path, len(body), body), method.decode()).body)


@pytest.mark.parametrize("body", [b"", b"text \xc3\xa9"])
def test_a_star_gets_the_rest_in_its_order(server, body):
    a, rest = ask(server, b"/args/path?e=1&a=2&d=3", body)
    assert (a, rest[:4], rest[5]) == ("2", ["1", "3", "path", "POST" if body else "GET"], body.decode() or None)
    assert rest[4]["x-a"] == "1"


@pytest.mark.parametrize("body", [b"", b"text"])
def test_two_stars_get_the_rest_by_name(server, body):
    a, rest = ask(server, b"/kwargs/path?e=1&a=2&method=x", body)
    assert rest.pop("headers")["x-a"] == "1"
    assert (a, rest) == ("2", {"c": "path", "e": "1", "method": "POST" if body else "GET", "data": body.decode() or None})


REFUSED = [
    ("a status of an error", "/status", 418),
    ("a list", "/list", 406),
    ("a str", "/text", 406),
    ("a tuple without a number", "/word", 406),
    ("an empty tuple", "/empty", 406),
    ("an exception", "/failing", 500),
    ("an unknown path", "/nowhere", 404),
    ("a segment too many", "/test/x", 404),
    ("a value of another type", "/two/x/test", 404),
    ("a number with an underscore", "/two/1_0/test", 404),
    ("a number of other digits", "/two/%D9%A1/test", 404),
    ("an empty value", "/two//test", 404),
    ("dots", "/two/..", 404),
    ("a dunder", "/__class__", 404),
]


@pytest.mark.parametrize("path,status", cases(REFUSED))
def test_what_is_no_answer_is_refused(server, path, status):
    assert server.get(path).status == status


def test_another_method_is_405(server):
    answer = server.ask(b"POST /test HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "POST")
    assert (answer.status, b"GET" in answer.get("Allow")) == (405, True)


def test_a_body_that_is_not_UTF_8_is_refused(server):
    data = b"POST /args/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n\xff"
    assert server.ask(data, "POST").status == 400
