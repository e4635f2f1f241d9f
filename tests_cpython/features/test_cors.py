"""picoweb.cors: pages of other origins, and their preflights of every form."""

import pytest

from support.table import cases, on_all

pytestmark = on_all()
ASKS = "Access-Control-Request-Method: PUT\r\n"
GOOD = "Origin: https://a.example\r\n"


@pytest.fixture
def server(serve):
    return serve("cors.py")


def ask(server, path, fields="", method="GET"):
    data = "%s %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n" % (method, path, fields)
    return server.ask(data.encode("latin-1"), method)


def said(answer):
    """What the answer says of origins: {field without Access-Control-: value}."""
    return {name.decode().replace("access-control-", ""): value.decode() for name, value in answer.headers
            if name.startswith(b"access-control-") or name == b"vary"}


ANY = {"allow-origin": "*"}
AHEAD = {**ANY, "allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
         "allow-headers": "Content-Type, Authorization, X-CSRF-Token", "max-age": "600"}
OTHER = {"vary": "Origin"}
NAMED = {**OTHER, "allow-origin": "https://a.example", "allow-credentials": "true"}
PLAIN = {**NAMED, "expose-headers": "X-Total, ETag"}
PREFLIGHT = {**NAMED, "allow-methods": "GET, PUT", "allow-headers": "X-A", "max-age": "5"}
LOGIN = "Authorization: x\r\n"

FORMS = [
    ("no origin is left alone", "/any/page", LOGIN, "GET", 200, {}),
    ("any origin", "/any/page", LOGIN + "Origin: https://x.example\r\n", "GET", 200, ANY),
    ("an error of a guard within", "/any/page", "Origin: https://x.example\r\n", "GET", 401, ANY),
    ("an error of a handler", "/any/error", LOGIN + GOOD, "GET", 500, ANY),
    ("a page that is missing", "/any/nowhere", LOGIN + GOOD, "GET", 404, ANY),
    ("a method that is not allowed", "/any/page", LOGIN + GOOD, "POST", 405, ANY),
    ("a stream", "/any/stream", LOGIN + GOOD, "GET", 200, ANY),
    ("a preflight comes before the guard", "/any/page", GOOD + ASKS, "OPTIONS", 204, AHEAD),
    ("a preflight of what is missing", "/any/nowhere", GOOD + ASKS, "OPTIONS", 204, AHEAD),
    ("an origin that is not UTF-8", "/any/page", "Origin: \xff\xfe\r\n" + ASKS, "OPTIONS", 204, AHEAD),
    ("an empty origin", "/any/page", "Origin:\r\n" + ASKS, "OPTIONS", 204, AHEAD),
    ("a long origin", "/any/page", "Origin: https://%s\r\n" % ("a" * 1500) + ASKS, "OPTIONS", 204, AHEAD),
    ("a named origin", "/named/page", GOOD, "GET", 200, PLAIN),
    ("the head alone", "/named/page", GOOD, "HEAD", 200, PLAIN),
    ("an origin in other case of the field", "/named/page", "oRiGiN: https://a.example\r\n", "GET", 200, PLAIN),
    ("a named origin's preflight", "/named/page", GOOD + ASKS, "OPTIONS", 204, PREFLIGHT),
    ("a preflight without a method", "/named/page", GOOD + "Access-Control-Request-Method:\r\n", "OPTIONS", 204, PREFLIGHT),
    ("a preflight of an odd method", "/named/page", GOOD + "Access-Control-Request-Method: <x>, \t\r\n", "OPTIONS", 204, PREFLIGHT),
    ("a preflight asked twice", "/named/page", GOOD + ASKS + ASKS, "OPTIONS", 204, PREFLIGHT),
    ("a preflight with many fields", "/named/page",
     GOOD + ASKS + "Access-Control-Request-Headers: %s\r\n" % ("x-a," * 250), "OPTIONS", 204, PREFLIGHT),
    ("OPTIONS alone keeps its Allow", "/named/page", GOOD, "OPTIONS", 204, PLAIN),
    ("OPTIONS without an origin", "/named/page", ASKS, "OPTIONS", 204, {}),
    ("a GET that asks as a preflight", "/named/page", GOOD + ASKS, "GET", 200, PLAIN),
    ("another origin", "/named/page", "Origin: https://evil.example\r\n", "GET", 200, OTHER),
    ("another origin's preflight", "/named/page", "Origin: https://evil.example\r\n" + ASKS, "OPTIONS", 204, OTHER),
    ("an origin with another before it", "/named/page", "Origin: https://a.example.evil.example\r\n", "GET", 200, OTHER),
    ("an origin with another behind it", "/named/page", "Origin: https://evil.example https://a.example\r\n", "GET", 200, OTHER),
    ("an origin in other case", "/named/page", "Origin: HTTPS://A.EXAMPLE\r\n", "GET", 200, OTHER),
    ("an origin with a path", "/named/page", "Origin: https://a.example/\r\n", "GET", 200, OTHER),
    ("another scheme", "/named/page", "Origin: http://a.example\r\n", "GET", 200, OTHER),
    ("another port", "/named/page", "Origin: http://b.example:80\r\n", "GET", 200, OTHER),
    ("null", "/named/page", "Origin: null\r\n" + ASKS, "OPTIONS", 204, OTHER),
    ("an asterisk", "/named/page", "Origin: *\r\n" + ASKS, "OPTIONS", 204, OTHER),
    ("an empty origin of a list", "/named/page", "Origin:\r\n" + ASKS, "OPTIONS", 204, OTHER),
    ("two origins", "/named/page", GOOD + "Origin: https://evil.example\r\n", "GET", 200, OTHER),
    ("nobody is let in", "/bare/page", GOOD + ASKS, "OPTIONS", 204, OTHER),
]


@pytest.mark.parametrize("path,fields,method,status,fields_of_answer", cases(FORMS))
def test_an_origin_is_told_what_it_may(server, path, fields, method, status, fields_of_answer):
    answer = ask(server, path, fields, method)
    assert (answer.status, said(answer)) == (status, fields_of_answer)
    if method == "OPTIONS" and "Request-Method" not in fields:
        assert answer.get("Allow") == b"GET, HEAD, OPTIONS"


MADE = [
    ("any origin with credentials", "credentials", "credentials for any origin: name the origins"),
    ("any origin among others with credentials", "credentials-listed", "credentials for any origin: name the origins"),
    ("a str of origins", "str", "a list is needed, not 'https://a.example'"),
    ("a str of methods", "methods-str", "a list is needed, not 'GET'"),
    ("an origin with a path", "slash", "an origin has no path: https://a.example/"),
    ("a field in a field", "crlf", "CR, LF or NUL in a header"),
    ("a field in an exposed field", "crlf-exposed", "CR, LF or NUL in a header"),
    ("named origins with credentials", "named", "made"),
]


@pytest.mark.parametrize("kind,text", cases(MADE))
def test_what_would_let_all_in_is_a_ValueError(server, kind, text):
    assert server.get("/made/" + kind).text == text
