"""Cookies: what is read of whatever a client sends, and what may be set."""

import json

import pytest

from support.client import json_post
from support.table import cases

EVIL = b"X-Evil"


@pytest.fixture
def server(serve):
    return serve("around.py")


READ = [
    ("one", b"a=1", {"a": "1"}),
    ("two", b"a=1; b=2", {"a": "1", "b": "2"}),
    ("no blank between", b"a=1;b=2", {"a": "1", "b": "2"}),
    ("tabs and blanks", b" \ta=1 ;\t b=2\t", {"a": "1", "b": "2"}),
    ("an empty field", b"", {}),
    ("semicolons alone", b";;; ; ;", {}),
    ("many semicolons", b";" * 900 + b"a=1", {"a": "1"}),
    ("an empty value", b"a=; b=2", {"a": "", "b": "2"}),
    ("an equals sign in a value", b"a=b=c==", {"a": "b=c=="}),
    ("a name twice", b"a=1; b=2; a=3", {"a": "1", "b": "2"}),
    ("names differ by case", b"a=1; A=2", {"a": "1", "A": "2"}),
    ("quotes", b'a="1"; b="x y"', {"a": "1", "b": "x y"}),
    ("quotes alone", b'a=""; b="', {"a": "", "b": ""}),
    ("no equals sign", b"a; b=2", {"b": "2"}),
    ("no name", b"=1; b=2", {"b": "2"}),
    ("an equals sign alone", b"=; b=2", {"b": "2"}),
    ("a blank in a name", b"a b=1; b=2", {"b": "2"}),
    ("a blank before the equals sign", b"a =1; b=2", {"b": "2"}),
    ("a name that is no token", b"a[0]=1; b=2", {"b": "2"}),
    ("a name that is not ASCII", "\xe9=1; b=2".encode(), {"b": "2"}),
    ("a value that is UTF-8", "a=\xe9\u20ac; b=2".encode(), {"a": "\xe9\u20ac", "b": "2"}),
    ("a value that is not UTF-8", b"a=\xff\xfe; b=2", {"b": "2"}),
    ("commas and blanks in a value", b"a=1, 2; b=2", {"a": "1, 2", "b": "2"}),
    ("percent is not decoded", b"a=%41%zz", {"a": "%41%zz"}),
    ("names of methods", b"items=1; get=2; __class__=3", {"items": "1", "get": "2", "__class__": "3"}),
    ("attributes of old", b"$Version=1; a=1; $Path=/", {"$Version": "1", "a": "1", "$Path": "/"}),
    ("a long value", b"a=" + b"x" * 1500, {"a": "x" * 1500}),
]


@pytest.mark.parametrize("field,found", cases(READ))
def test_cookies_are_read(server, field, found):
    answer = server.ask(b"GET /cookies HTTP/1.1\r\nHost: x\r\nCookie: " + field + b"\r\n\r\n")
    assert json.loads(answer.body) == found


def test_no_cookie_is_an_empty_dict(server):
    assert json.loads(server.get("/cookies").body) == {}


def test_two_fields_are_one(server):
    assert json.loads(server.get("/cookies", "Cookie: a=1\r\ncookie: b=2; a=3\r\n").body) == {"a": "1", "b": "2"}


def test_a_route_without_headers_has_cookies(server):
    assert json.loads(server.get("/cookies-skip", "Cookie: a=1\r\n").body) == {"a": "1"}


SET = [
    ("the least", {"name": "a", "value": "1"}, "a=1; Path=/; SameSite=Lax; HttpOnly"),
    ("an empty value", {"name": "a", "value": ""}, "a=; Path=/; SameSite=Lax; HttpOnly"),
    ("all", {"name": "a", "value": "1", "max_age": 60, "path": "/x", "domain": "example.com", "secure": True, "samesite": "None"},
     "a=1; Max-Age=60; Path=/x; Domain=example.com; SameSite=None; Secure; HttpOnly"),
    ("nothing", {"name": "a", "value": "1", "path": None, "httponly": False, "samesite": None}, "a=1"),
    ("an age of 0", {"name": "a", "value": "1", "max_age": 0}, "a=1; Max-Age=0; Path=/; SameSite=Lax; HttpOnly"),
    ("every octet of a value", {"name": "!#$%&'*+-.^_`|~0Az", "value": "!#$%&'()*+-./0:<=>?@A[]^_`a{|}~", "path": None, "samesite": None},
     "!#$%&'*+-.^_`|~0Az=!#$%&'()*+-./0:<=>?@A[]^_`a{|}~; HttpOnly"),
    ("a path with a comma", {"name": "a", "value": "1", "path": "/a, b", "samesite": "Strict"},
     "a=1; Path=/a, b; SameSite=Strict; HttpOnly"),
]


@pytest.mark.parametrize("args,line", cases(SET))
def test_a_cookie_is_set(server, args, line):
    answer = server.ask(json_post(b"/set-cookie", args), "POST")
    assert (answer.text, answer.get("Set-Cookie")) == ("[null]", line.encode())


BAD = [("a name with %s" % name, {"name": "a" + char, "value": "1"}) for name, char in {
    "a blank": " ", "an equals sign": "=", "a semicolon": ";", "a comma": ",", "a quote": '"', "a tab": "\t", "a slash": "/",
    "a letter that is not ASCII": "\xe9", "CR": "\r", "LF": "\n", "NUL": "\0", "DEL": "\x7f"}.items()] + [
    ("a value with %s" % name, {"name": "a", "value": "1%s2" % char}) for name, char in {
        "a blank": " ", "a semicolon": ";", "a comma": ",", "a quote": '"', "a backslash": "\\", "a tab": "\t",
        "a letter that is not ASCII": "\xe9", "CR": "\r", "CRLF": "\r\nX-Evil: 1", "NUL": "\0", "DEL": "\x7f"}.items()] + [
    ("no name", {"name": "", "value": "1"}),
    ("quotes around a value", {"name": "a", "value": '"1"'}),
    ("a path with a semicolon", {"name": "a", "value": "1", "path": "/; Domain=evil.example"}),
    ("a domain with a semicolon", {"name": "a", "value": "1", "domain": "x; Secure"}),
    ("a path that is not ASCII", {"name": "a", "value": "1", "path": "/\xe9"}),
    ("an age that is no number", {"name": "a", "value": "1", "max_age": "1; X-Evil"}),
    ("a SameSite with more", {"name": "a", "value": "1", "samesite": "Lax; X-Evil"}),
    ("SameSite=None without Secure", {"name": "a", "value": "1", "samesite": "None"}),
]


@pytest.mark.wire
@pytest.mark.parametrize("args", cases(BAD))
def test_what_RFC_6265_forbids_is_a_ValueError(server, args):
    answer = server.ask(json_post(b"/set-cookie", args), "POST")
    assert (answer.text, answer.get("Set-Cookie")) == ('["ValueError"]', None)


DELETED = [
    ("of the root", {"name": "a"}, "a=; Max-Age=0; Path=/; SameSite=Lax; HttpOnly"),
    ("of a path and a domain", {"name": "a", "path": "/x", "domain": "example.com", "secure": True},
     "a=; Max-Age=0; Path=/x; Domain=example.com; SameSite=Lax; Secure; HttpOnly"),
]


@pytest.mark.parametrize("args,line", cases(DELETED))
def test_a_cookie_is_deleted(server, args, line):
    assert server.ask(json_post(b"/delete-cookie", args), "POST").get("Set-Cookie").decode() == line


@pytest.mark.parametrize("value", ["cr", "lf", "crlf", "nul"])
def test_CR_LF_and_NUL_are_a_ValueError_in_each_call(server, value):
    answer = server.get("/cookie-raw/" + value)
    assert json.loads(answer.body) == ["ValueError"] * 10
    assert answer.get("Set-Cookie") is None and EVIL not in answer.head


@pytest.mark.parametrize("kind,status", [("plain", 200), ("error", 403), ("redirect", 302)])
def test_each_cookie_is_a_field_of_its_own_of_every_answer(server, kind, status):
    answer = server.get("/cookie-on/" + kind)
    assert answer.status == status
    assert [value.partition(b";")[0] for name, value in answer.headers if name == b"set-cookie"] == [b"one=1", b"two=2"]


@pytest.mark.wire
def test_a_cookie_that_is_set_too_late_is_a_RuntimeError(server):
    assert server.get("/cookie-on/late").text.endswith("RuntimeError")
