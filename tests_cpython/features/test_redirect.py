"""Redirects, and routes of one method."""

import json

import pytest

from support.client import json_post
from support.table import cases


@pytest.fixture
def server(serve):
    return serve("around.py")


REDIRECTS = [
    ("a path", {"location": "/there"}, 302, "/there"),
    ("an empty location", {"location": ""}, 302, ""),
    ("for ever", {"location": "/there?a=1#b", "status": 301}, 301, "/there?a=1#b"),
    ("to see another", {"location": "/", "status": 303}, 303, "/"),
    ("with the method", {"location": "https://example.com/x", "status": 307}, 307, "https://example.com/x"),
    ("for ever with the method", {"location": "/", "status": 308}, 308, "/"),
    ("letters that are not ASCII", {"location": "/\xe9\u20ac"}, 302, "/%C3%A9%E2%82%AC"),
    ("a percent stays", {"location": "/a%20b%zz"}, 302, "/a%20b%zz"),
    ("a blank and a tab", {"location": "/a b\tc"}, 302, "/a%20b%09c"),
]


@pytest.mark.parametrize("args,status,location", cases(REDIRECTS))
def test_a_redirect_leads_on(server, args, status, location):
    for answer in server.both_ways(json_post(b"/redirect", args), "POST"):
        assert (answer.status, answer.get("Location").decode(), answer.body) == (status, location, b"")


BAD = [{"location": "/a%sb" % char} for char in ("\r", "\n", "\0", "\r\nX-Evil: 1")] + [
    {"location": "/", "status": status} for status in (200, 300, 304, 305, 306, 309, 400, "302")]


@pytest.mark.wire
@pytest.mark.parametrize("args", BAD, ids=repr)
def test_what_is_no_redirect_is_a_ValueError(server, args):
    assert server.ask(json_post(b"/redirect", args), "POST").text == '["ValueError"]'


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_verb_is_a_route_of_its_method(server, method):
    assert server.ask(("%s /verb HTTP/1.1\r\nHost: x\r\n\r\n" % method).encode(), method).text == method


def test_get_takes_HEAD_and_others_are_405(server):
    assert server.ask(b"HEAD /verb HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD").status == 200
    answer = server.get("/sub/verb/5")
    assert (answer.status, answer.get("Allow")) == (405, b"DELETE, OPTIONS")


def test_a_verb_of_a_mounted_app_takes_patterns(server):
    answer = server.ask(b"DELETE /sub/verb/5 HTTP/1.1\r\nHost: x\r\n\r\n", "DELETE")
    assert json.loads(answer.body) == ["DELETE", 5, ["DELETE"]]
