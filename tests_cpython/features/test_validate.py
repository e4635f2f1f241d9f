"""picoweb.validate: JSON, forms and queries of every form become a handler's values, or one answer tells all errors."""

import json

import pytest

from support.table import cases, on_all

pytestmark = on_all()
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
REQUIRED = "required field missing"


@pytest.fixture
def server(serve):
    return serve("asked.py")


def post(server, path, body, kind=JSON):
    body = body if isinstance(body, bytes) else body.encode()
    field = "Content-Type: %s\r\n" % kind if kind else ""
    head = "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n" % (path, field, len(body))
    answer = server.ask(head.encode() + body, "POST")
    return answer.status, json.loads(answer.body) if answer.get("Content-Type") == JSON.encode() else answer.text


BODIES = [
    ("all fields", '{"name": "a", "age": 5, "page": 2}', 200, ["7", "a", 5, 2]),
    ("a default", '{"name": "a", "age": 5}', 200, ["7", "a", 5, 1]),
    ("null takes the default", '{"name": "a", "age": 5, "page": null}', 200, ["7", "a", 5, 1]),
    ("the path wins over the body", '{"id": "8", "name": "a", "age": 5}', 200, ["7", "a", 5, 1]),
    ("a path's name of another type", '{"id": [], "name": "a", "age": 5}', 200, ["7", "a", 5, 1]),
    ("fields that are unknown", '{"name": "a", "age": 5, "x": 1, "req": 2, "__class__": 3, "": 4}', 200, ["7", "a", 5, 1]),
    ("a name twice is the last", '{"name": "a", "age": "x", "age": 5}', 200, ["7", "a", 5, 1]),
    ("nothing", "{}", 422, {"name": REQUIRED, "age": REQUIRED}),
    ("null is missing", '{"name": null, "age": 5}', 422, {"name": REQUIRED}),
    ("all that is wrong at once", '{"name": 1, "age": "5", "page": true}', 422,
     {"name": "Expected str, got int", "age": "Expected int, got str", "page": "Expected int, got bool"}),
]


@pytest.mark.parametrize("body,status,told", cases(BODIES))
def test_a_JSON_object_becomes_the_handlers_values(server, body, status, told):
    assert post(server, "/thing/7", body) == (status, told if status == 200 else {"errors": told})


def of(name, value):
    return json.dumps({name: value})


NO = None
TYPES = [(kind + " of " + text, kind, text, told) for kind, text, told in [
    ("s", '"a"', "a"), ("s", '""', ""), ("s", "5", "int"), ("s", "true", "bool"), ("s", "[]", "list"), ("s", "{}", "dict"),
    ("i", "5", 5), ("i", "-5", -5), ("i", "5.0", 5), ("i", "5.7", "float"), ("i", '"5"', "str"), ("i", "true", "bool"),
    ("i", "false", "bool"), ("i", "[]", "list"), ("i", "1e999", "float"),
    ("f", "2.5", 2.5), ("f", "5", 5.0), ("f", "1e999", "float"), ("f", '"2.5"', "str"), ("f", "true", "bool"),
    ("f", "1" * 400, "int"),
    ("b", "true", True), ("b", "false", False), ("b", "0", "int"), ("b", "1", "int"), ("b", '"true"', "str"), ("b", "1.0", "float"),
    ("l", "[1, null]", [1, None]), ("l", '"a"', "str"), ("l", "{}", "dict"),
    ("d", '{"a": []}', {"a": []}), ("d", "[]", "list"),
    ("e", "4", 4), ("e", "5", ValueError), ("e", '"x"', "str"), ("e", "[]", "list"), ("e", "{}", "dict")]]
EXPECTED = {"s": "str", "i": "int", "f": "float", "b": "bool", "l": "list", "d": "dict", "e": "even"}


@pytest.mark.parametrize("name,text,told", [pytest.param(*row[1:], id=row[0][:30].replace(" ", "_")) for row in TYPES])
def test_a_JSON_value_is_of_its_type_or_told_of(server, name, text, told):
    status, answer = post(server, "/types", '{"%s": %s}' % (name, text))
    if told is ValueError:
        assert (status, answer) == (422, {"errors": {"e": "not even"}})
    elif status == 422:
        assert answer == {"errors": {name: "Expected %s, got %s" % (EXPECTED[name], told)}}
    else:
        assert (status, answer, type(answer[name])) == (200, {name: told}, type(told))


TEXTS = [
    ("a str", "s=a+b", 200, {"s": "a b"}), ("an empty str", "s=", 200, {"s": ""}), ("digits of a str", "s=5", 200, {"s": "5"}),
    ("an int", "i=5", 200, {"i": 5}), ("a sign", "i=-5", 200, {"i": -5}), ("a fraction", "i=5.7", 422, "int"),
    ("an empty int", "i=", 422, "int"), ("a word", "i=five", 422, "int"), ("an underline", "i=1_0", 422, "int"),
    ("blanks", "i=+5", 422, "int"), ("digits of another script", "i=%D9%A5", 422, "int"), ("a long int", "i=" + "9" * 999, 422, "int"),
    ("a hexadecimal", "i=0x5", 422, "int"), ("a float", "f=2.5e1", 200, {"f": 25}), ("nan", "f=nan", 422, "float"),
    ("infinity", "f=1e999", 422, "float"), ("minus infinity", "f=-inf", 422, "float"), ("signs alone", "f=%2B-", 422, "float"),
    ("true", "b=true", 200, {"b": True}), ("false", "b=false", 200, {"b": False}), ("True", "b=True", 422, "bool"),
    ("one", "b=1", 422, "bool"), ("on", "b=on", 422, "bool"), ("a list", "l=a&l=b", 200, {"l": ["a", "b"]}),
    ("a list of one", "l=a", 200, {"l": ["a"]}), ("a dict", "d={}", 422, "dict"), ("malformed percent", "s=%zz", 200, {"s": "%zz"}),
    ("JSON in a field", "__proto__=1&i=5", 200, {"i": 5}),
]


@pytest.mark.parametrize("text,status,told", cases(TEXTS))
def test_the_text_of_a_form_and_of_a_query_is_read(server, text, status, told):
    answer = server.get("/query?" + text)
    for status_told, found in (answer.status, json.loads(answer.body)), post(server, "/form", text, FORM):
        assert status_told == status
        assert found == told if status == 200 else found["errors"][text[0]].startswith("Expected %s, got" % told)


def test_a_name_twice_is_no_single_value(server):
    assert post(server, "/form", "i=1&i=2", FORM) == (422, {"errors": {"i": "Expected int, got list"}})


DEEP = 400, 422, 503  # a heap may be too small for what it says
WRONG = [
    ("another content type", b"name=a", FORM, 415), ("no content type", b"{}", None, 415), ("text", b"{}", "text/plain", 415),
    ("a name that begins alike", b"{}", "application/jsonp", 415), ("a list of types", b"{}", "text/plain, application/json", 415),
    ("a list", b"[]", JSON, 400), ("a str", b'"a"', JSON, 400), ("null", b"null", JSON, 400), ("a number", b"5", JSON, 400),
    ("nothing", b"", JSON, 400), ("half an object", b'{"name": "a"', JSON, 400), ("two", b"{}{}", JSON, 400),
    ("not UTF-8", b'{"name": "\xff"}', JSON, 400), ("deep lists", b"[" * 16000, JSON, DEEP),
    ("deep lists that close", b"[" * 8000 + b"]" * 8000, JSON, DEEP), ("deep objects", b'{"a":' * 3000, JSON, DEEP),
    ("a bomb in a field", b'{"name":' + b"[" * 8000 + b"]" * 8000 + b"}", JSON, DEEP),
    ("too long", b'{"name": "%s"}' % (b"x" * 17000), JSON, 413),
    ("JSON of a kind", b"{}", "application/problem+json; charset=utf-8", 422), ("no body at all", b"", None, 422),
]


@pytest.mark.parametrize("body,kind,status", cases(WRONG))
def test_what_is_no_object_is_refused(server, body, kind, status):
    assert post(server, "/thing/7", body, kind)[0] in (status if isinstance(status, tuple) else (status,))
    assert server.get("/").text == "hello"


@pytest.mark.parametrize("body,kind,status", cases([
    ("JSON", b'{"s": "a"}', JSON, 415), ("multipart", b"--x--", "multipart/form-data; boundary=x", 415), ("text", b"s=a", "text/plain", 415),
    ("not UTF-8", b"s=\xff", FORM, 400), ("nothing", b"", FORM, 200), ("no body at all", b"", None, 200)]))
def test_what_is_no_form_is_refused(server, body, kind, status):
    assert post(server, "/form", body, kind)[0] == status


def test_a_handler_may_stream(server):
    assert post(server, "/stream", '{"n": 2}') == (200, "piece 0\npiece 1\n")


ANNOTATED = [
    ("all", {"name": "a", "tags": [1, 2], "at": {"x": 1, "y": 2}, "page": 3}, 200, ["a", [1, 2], [1, 2], 3]),
    ("defaults", {"name": "a", "tags": [], "at": {"x": 1}}, 200, ["a", [], [1, 0], 1]),
    ("what is optional", {"name": "a", "tags": []}, 200, ["a", [], None, 1]),
    ("a list of others", {"name": "a", "tags": ["1"]}, 422, {"tags": "Expected int, got str"}),
    ("an object of others", {"name": "a", "tags": [], "at": {"x": "1"}}, 422, {"at": "x: Expected int, got str"}),
    ("an object without", {"name": "a", "tags": [], "at": {}}, 422, {"at": "x: required field missing"}),
    ("no object", {"name": "a", "tags": [], "at": 5}, 422, {"at": "Expected dict, got int"}),
    ("nothing", {}, 422, {"name": REQUIRED, "tags": REQUIRED}),
]


@pytest.mark.parametrize("body,status,told", cases(ANNOTATED))
def test_annotations_tell_the_fields_on_CPython(server, body, status, told):
    if server.runtime.is_micropython:
        assert post(server, "/annotated", "{}")[0] == 404
        return
    assert post(server, "/annotated", json.dumps(body)) == (status, told if status == 200 else {"errors": told})
