"""What CPython does in its own way for speed, against the core's: finding routes, forms, and what is loaded when named."""

import asyncio
import itertools
import re
from types import SimpleNamespace

import picoweb.host  # noqa: F401 (its import makes the board's modules known)
import pytest
from hypothesis import given
from hypothesis import strategies as st

import picoweb
from picoweb import http, utils
from picoweb.host import request
from picoweb.host.gateway import CORE

URLS = [
    "/", "/a", "/a/b", ("/static/", {"prefix": True}), ("/a", {"prefix": True}), "/a/<x>", "/a/<int:n>", "/<x>/b",
    "/<path:p>/b/<int:n>", "/n/<float:f>", "/n/<int:a>-<int:b>", "/v<a>.<b>", "/r/<re:[a-c]+:x>", re.compile("/r.*"),
    ("/post", {"methods": ["POST"]}), ("/post", {"methods": ["GET"]}), ("/a/<x>", {"methods": ["PUT"]}), "*",
]
PATHS = [
    "/", "/a", "/a/", "/a/b", "/a/7", "/a/7/", "/a/b/c", "/x/b", "/x/y/b/7", "/x/y/b/", "/static/", "/static/x", "/static",
    "/n/1", "/n/1.5", "/n/1.", "/n/.5", "/n/1-2", "/n/1-2-3", "/n/1.5-2", "/n/x", "/v1.2", "/v1.2.3", "/v.2", "/r/abc", "/r/x",
    "/r", "/post", "*", "", "/a%2Fb", "/%61", "/a/%C3%A9", "/a/%zz", "/a/%00", "/n/%D9%A3", "/a/x%0A", "/r/a%0A", "/none",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS"]


def make(urls):
    app = picoweb.WebApp(None, serve_static=False)
    for number, url in enumerate(urls):
        url, extra = url if isinstance(url, tuple) else (url, {})
        app.add_url_rule(url, lambda req, resp, number=number, **values: (number, values), **extra)
    return app


def found(find, app, method, path):
    """What a request gets: its route, the match and the handler's result; or what it is refused with."""
    req = SimpleNamespace(method=method, path=path, url_match=None)
    try:
        result = find(app, req)(req, None)
    except picoweb.HTTPException as e:
        return e.status, e.message, e.headers
    match = req.url_match
    return req.route, match.span() if isinstance(match, re.Match) else match, result


@pytest.mark.parametrize("urls", [URLS, URLS[::-1], URLS[3:] + URLS[:3], []], ids=["forward", "backward", "shifted", "none"])
def test_the_route_is_the_one_that_the_core_finds(urls):
    app = make(urls)
    for method, path in itertools.product(METHODS, PATHS):
        assert found(type(app).find, app, method, path) == found(CORE.find, app, method, path), (method, path)


@given(st.text("/ab1.-", max_size=12))
def test_a_pattern_matches_as_on_a_board(path):
    for app in APPS:
        assert found(type(app).find, app, "GET", path) == found(CORE.find, app, "GET", path)


APPS = [make([url]) for url in URLS if isinstance(url, str) and "<" in url]


def test_an_integer_that_CPython_does_not_make_is_404():
    assert found(picoweb.WebApp.find, make(["/a/<int:n>"]), "GET", "/a/" + "9" * 5000)[0] == 404


def test_routes_that_are_added_replaced_and_removed_later_count():
    app = make(["/a"])
    changes = [
        lambda: None, lambda: app.url_map.append(("/b", lambda req, resp: "b")),
        lambda: app.url_map.__setitem__(0, ("/c", lambda req, resp: "c")), lambda: app.url_map.pop(),
    ]
    seen = []
    for change in changes:
        change()
        answers = [found(type(app).find, app, "GET", path) for path in ("/a", "/b", "/c")]
        assert answers == [found(CORE.find, app, "GET", path) for path in ("/a", "/b", "/c")]
        seen.append([answer[0] == 404 for answer in answers])
    assert seen == [[False, True, True], [False, False, True], [True, False, False], [True, True, False]]


@given(st.text("ab=&+%4é", max_size=20))
def test_a_form_is_read_as_on_a_board(text):
    assert request.parse_qs(text) == utils.parse_qs(text)


def test_what_is_loaded_when_it_is_named_is_known_without_getattr():
    homes = {"a.": picoweb.WebApp, "c.": http.Connection, "r.": http.HTTPRequest}
    names = [name.rstrip("=") for row in http.FEATURES.split("\n") for name in row.split(" ")[1:]]
    assert [name for name in names if not hasattr(homes[name[:2]], name[2:])] == []
    assert not hasattr(http.Named, "__getattr__")
    with pytest.raises(AttributeError):
        picoweb.WebApp(None).no_such_feature


ERRORS = {
    "plain": picoweb.HTTPException(404), "message": picoweb.HTTPException(418, "no coffee"),
    "headers": picoweb.HTTPException(302, "", {"Location": "/a"}), "closing": picoweb.HTTPException(413, "too long"),
    "no content": picoweb.HTTPException(204), "malformed header": picoweb.HTTPException(302, "", {"Location": "a\r\nb: c"}),
    "malformed status": picoweb.HTTPException(1000), "no str": picoweb.HTTPException(400, 7),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_exception_is_answered_as_where_the_app_has_its_own_say(name):
    class Own(picoweb.WebApp):
        def handle_exc(self, req, resp, exc):
            return ()

    def raise_it(req, resp):
        raise ERRORS[name]

    answers = []
    for kind in (picoweb.WebApp, Own):
        app = kind(None, routes=[("/", raise_it)], serve_static=False)
        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": [],
                 "http_version": "1.1", "client": ("127.0.0.1", 1)}
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        asyncio.run(app(scope, receive, send))
        answers.append((sent[0]["status"], sent[0]["headers"], b"".join(message.get("body", b"") for message in sent)))
    assert answers[0] == answers[1]
