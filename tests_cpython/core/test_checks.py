"""What is told of an app's mistakes: routes that are wrong, answers that are none, coroutines that nobody awaits."""

import json
import re

import pytest

from conftest import OTHER_SERVERS, PRESENT
from support.table import cases


@pytest.fixture
def server(serve):
    return serve("around.py")


def rule(server, **made):
    body = json.dumps(made).encode()
    return server.ask(b"POST /rule HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body), "POST").text


WRONG = [
    ("an unknown type", {"url": "/x/<id:int>"}, "a malformed pattern: /x/<id:int> (handler index)"),
    ("a malformed pattern", {"url": "/x/<id"}, "a malformed pattern: /x/<id (handler index)"),
    ("a malformed expression", {"url": "/x/<re:(:a>"}, "a malformed pattern: /x/<re:(:a> (handler index)"),
    ("a path without a slash", {"url": "x"}, 'a path that does not begin with "/": x (handler index)'),
    ("a pattern without a slash", {"url": "<x>"}, 'a path that does not begin with "/": <x> (handler index)'),
    ("an empty path", {"url": ""}, 'a path that does not begin with "/":  (handler index)'),
    ("a number for a path", {"url": 5}, "neither a path nor what has match(): 5 (handler index)"),
    ("no path", {"url": None}, "neither a path nor what has match(): None (handler index)"),
    ("methods that are a str", {"url": "/x", "methods": "GET"}, "methods that are a str, not a list: /x (handler index)"),
    ("a number for a handler", {"url": "/x", "handler": 5}, "a handler that is not callable: /x (handler 5)"),
    ("no handler", {"url": "/x", "handler": None}, "a handler that is not callable: /x (handler None)"),
    ("a name that is no method", {"url": "/x", "handler": "nobody"}, "a handler that is not callable: /x (handler nobody)"),
]


@pytest.mark.wire
@pytest.mark.parametrize("listed", [False, True], ids=["route()", "a list"])
@pytest.mark.parametrize("made,why", cases(WRONG))
def test_a_route_that_cannot_work_is_a_ValueError_with_url_and_handler(server, made, why, listed):
    assert rule(server, list=listed, **made) == why


RIGHT = [
    ("a path", {"url": "/x"}), ("a pattern", {"url": "/x/<int:id>"}), ("methods", {"url": "/x", "methods": ["get", "POST"]}),
    ("no methods", {"url": "/x", "methods": []}), ("the server itself", {"url": "*", "methods": ["OPTIONS"]}),
    ("the name of a method", {"url": "/x", "handler": "find"}), ("the name of a feature", {"url": "/x", "handler": "sendfile"}),
]


@pytest.mark.wire
@pytest.mark.parametrize("listed", [False, True], ids=["route()", "a list"])
@pytest.mark.parametrize("made", cases(RIGHT))
def test_a_route_that_works_is_made(server, made, listed):
    assert rule(server, list=listed, **made) == "made"


# Answers

NUMBERS = [("int", b"5"), ("zero", b"0"), ("negative", b"-7"), ("float", b"2.5")]


@pytest.mark.parametrize("kind,body", NUMBERS)
def test_a_number_alone_is_JSON(server, kind, body):
    for answer in server.both_ways(b"GET /returned/%s HTTP/1.1\r\nHost: x\r\n\r\n" % kind.encode()):
        assert (answer.status, answer.body, answer.get("Content-Type")) == (200, body, b"application/json")


BAD = [
    ("True", "true", "True"), ("an object", "object", "<.*Pin object at "), ("a number with a status", "int-status", "5"),
    ("True with a status", "true-status", "True"),
]


@pytest.mark.parametrize("kind,value", cases(BAD))
def test_what_is_no_answer_names_handler_file_route_and_value(server, kind, value):
    assert server.get("/returned/" + kind).status == 500
    assert server.logged(r"TypeError: returned of \S*around\.py answers with " + value)
    assert server.logged("GET /returned/%s 500" % kind)


@pytest.mark.parametrize("kind", ["nan", "inf", "true-as-status"])
def test_what_has_no_JSON_or_is_no_status_is_a_500(server, kind):
    assert server.get("/returned/" + kind).status == 500
    assert server.logged("ValueError")


# Coroutines

UNAWAITED = [
    ("a write", "write", 200, "written", "GET /unawaited/write 200: awrite[(][)] was never awaited"),
    ("a start", "start", 500, None, "GET /unawaited/start 500: start_response[(][)] was never awaited"),
    ("an answer", "generator", 200, "written", "GET /unawaited/generator 200: jsonify[(][)] was never awaited"),
]


@pytest.mark.wire
@pytest.mark.parametrize("path,status,text,line", cases(UNAWAITED))
def test_a_coroutine_that_was_never_awaited_is_told_with_debug_1(serve, path, status, text, line):
    server = serve("around.py", "debug")
    answer = server.get("/unawaited/" + path)
    assert answer.status == status
    assert text is None or answer.text == text
    assert server.logged(line)


@pytest.mark.wire
def test_nothing_is_told_of_what_was_awaited(serve):
    server = serve("around.py", "debug")
    for path in ("/", "/cookie-on/plain", "/client", "/ends/3"):
        assert server.get(path).status == 200
    assert not server.logged("never awaited", timeout_s=0)
