"""Sessions in signed cookies and in a backend, logins, roles, HTTP's own authentication, and forged requests."""

import base64
import hashlib
import hmac
import json
import re
import time

import pytest

from support.client import json_post
from support.table import cases

SECRET = "a secret that no log shows"


@pytest.fixture
def app(serve):
    return serve("session.py")


class Browser:
    """Keeps cookies, as a browser does."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}
        self.set = []  # what the last answer set

    def ask(self, method, path, body=b"", fields=""):
        lines = "%s %s HTTP/1.1\r\nHost: x\r\n%s" % (method, path, fields)
        if self.cookies:
            lines += "Cookie: %s\r\n" % "; ".join("%s=%s" % pair for pair in self.cookies.items())
        if method == "POST":
            lines += "Content-Length: %d\r\n" % len(body)
        answer = self.server.ask(lines.encode() + b"\r\n" + body)
        self.set = [value.decode() for name, value in answer.headers if name == b"set-cookie"]
        for line in self.set:
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def get(self, path, fields=""):
        return self.ask("GET", path, fields=fields)

    def post(self, path, obj=None, fields=""):
        return self.ask("POST", path, json.dumps(obj).encode(), fields)

    def session(self, path="/"):
        return json.loads(self.get(path).body)


@pytest.fixture
def browser(app):
    return Browser(app)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(value, key=SECRET, age=0, purpose="session"):
    """A token as another implementation makes it."""
    payload = encode(json.dumps([int(time.time()) - age, value]).encode())
    return "%s.%s" % (payload, encode(hmac.digest(key.encode(), ("%s=%s" % (purpose, payload)).encode(), "sha256")))


# The signed cookie

def test_a_session_that_stays_empty_sets_no_cookie(browser):
    assert browser.session() == {} and browser.set == []


def test_what_is_set_is_there_at_the_next_request_and_not_sent_again(browser):
    value = {"a": {"b": [1]}, "text": "\u20ac \"quoted\"", "n": 1.5, "none": None, "yes": True}
    assert browser.post("/set", value).text == "set"
    assert re.fullmatch("session=[A-Za-z0-9._-]+; Max-Age=60; Path=/; SameSite=Lax; HttpOnly", browser.set[0])
    assert browser.session() == value and browser.set == []


@pytest.mark.parametrize("path,session", [
    ("/nested", {"a": {"b": [0, 1]}, "c": 1}), ("/pop", {"c": 1}), ("/clear", {}),
])
def test_every_change_counts(browser, path, session):
    browser.post("/set", {"a": {"b": [0]}, "c": 1})
    assert browser.post(path).status == 200 and len(browser.set) == 1
    assert ("Max-Age=0" in browser.set[0]) == (not session)
    assert browser.session() == session


TOKENS = [
    ("of another implementation", token({"a": 1}), {"a": 1}),
    ("of the older key", token({"a": 1}, "an older secret"), {"a": 1}),
    ("of another key", token({"a": 1}, "another"), {}),
    ("too old", token({"a": 1}, age=61), {}),
    ("of the future", token({"a": 1}, age=-100), {}),
    ("for another purpose", token({"a": 1}, purpose="other"), {}),
    ("without a signature", token({"a": 1}).partition(".")[0], {}),
    ("with half a signature", token({"a": 1})[:-8], {}),
    ("with an empty payload", "." + token({"a": 1}).partition(".")[2], {}),
    ("of dots", "....", {}),
    ("of nothing", "", {}),
    ("of 1,500 bytes", "A" * 1500, {}),
    ("of no base64", "%%%.%%%", {}),
    ("unsigned JSON", '{"a":1}', {}),
]


@pytest.mark.parametrize("text,session", cases(TOKENS))
def test_a_token_is_believed_only_if_it_is_ours(browser, text, session):
    browser.cookies["session"] = text
    assert browser.session() == session and browser.set == []


def test_a_token_with_any_byte_changed_is_none(browser):
    good = token({"a": 1})
    for at in range(len(good)):
        for wrong in {"A", "B", "."} - {good[at]}:
            changed = good[:at] + wrong + good[at + 1:]
            if changed.encode() != good.encode() and at != len(good) - 1:  # the last digit has two bits that mean nothing
                browser.cookies["session"] = changed
                assert browser.session() == {}, at


def test_a_session_that_is_too_large_is_told_and_the_old_one_stays(app, browser):
    browser.post("/set", {"a": 1})
    assert browser.post("/big").status == 500
    assert browser.session() == {"a": 1}
    assert app.logged("over max_size")


def test_an_error_and_a_stream_set_the_cookie(browser):
    assert browser.get("/error").status == 409 and browser.session() == {"seen": 1}
    browser.cookies.clear()
    assert browser.get("/stream").text == "begun" and browser.session() == {"seen": 1}


def test_a_change_after_the_head_is_an_error_in_the_log(app, browser):
    try:
        browser.get("/late")
    except Exception:
        pass  # the connection ends, as something has left
    assert app.logged("after the head had left")


# The backend

def test_a_backend_has_the_data_and_the_cookie_an_id(browser):
    browser.post("/kept/set", {"a": 1})
    assert re.fullmatch("session_id=[0-9a-f]{32}; Path=/; SameSite=Lax; HttpOnly", browser.set[0])
    assert browser.session("/kept/") == {"a": 1} and browser.set == []


def test_an_unknown_id_is_never_adopted(browser):
    browser.cookies["session_id"] = "0" * 32
    assert browser.session("/kept/") == {}
    browser.post("/kept/set", {"a": 1})
    assert browser.cookies["session_id"] != "0" * 32


def test_a_new_id_ends_the_old_one(browser):
    browser.post("/kept/set", {"a": 1})
    old = browser.cookies["session_id"]
    browser.post("/kept/renew")
    assert browser.cookies["session_id"] != old and browser.session("/kept/") == {"a": 1}
    browser.cookies["session_id"] = old
    assert browser.session("/kept/") == {}


def test_a_cleared_session_ends(browser):
    browser.post("/kept/set", {"a": 1})
    old = browser.cookies["session_id"]
    browser.post("/kept/clear")
    assert "session_id" not in browser.cookies
    browser.cookies["session_id"] = old
    assert browser.session("/kept/") == {}


def test_the_memory_backend_is_bounded_and_the_longest_unused_goes(app):
    browsers = [Browser(app) for _ in range(4)]
    for n, browser in enumerate(browsers):
        browser.post("/kept/set", {"n": n})
    assert app.get("/backend/well").text == "3"
    assert [b.session("/kept/") for b in browsers[1:]] == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize("mode", ["raises", "hangs"])
def test_a_backend_that_fails_is_503_and_the_session_is_not_lost(app, browser, mode):
    browser.post("/kept/set", {"a": 1})
    app.get("/backend/" + mode)
    try:
        assert browser.post("/kept/set", {"a": 2}).status == 503
    finally:
        app.get("/backend/well")
    assert browser.session("/kept/") == {"a": 1}


# Logins

def test_a_user_logs_in_and_out(browser):
    assert browser.session("/who") == [False, None]
    assert browser.get("/in").status == 401
    browser.post("/login", {"name": "ann"})
    assert browser.session("/who") == [True, {"name": "ann"}]
    assert browser.get("/in").text == "inside"
    browser.post("/logout")
    assert browser.session("/who") == [False, None]


def test_a_login_gives_a_new_CSRF_token(browser):
    first = browser.get("/form").text
    assert browser.get("/form").text == first
    browser.post("/login", {"name": "ann"})
    assert browser.get("/form").text != first


ROLES = [
    ("nobody, to a page with a login", None, "/staff/a", 302),
    ("a role that is none of them", "guest", "/staff/a", 403),
    ("one of the roles", "staff", "/staff/a", 200),
    ("another of the roles", "admin", "/staff/a", 200),
    ("nobody, by a route's option", None, "/admin", 401),
    ("another role, by a route's option", "staff", "/admin", 403),
    ("the role, by a route's option", "admin", "/admin", 200),
]


@pytest.mark.parametrize("role,path,status", cases(ROLES))
def test_roles(browser, role, path, status):
    if role:
        browser.post("/login", {"name": "ann", "role": role})
    answer = browser.get(path)
    assert answer.status == status
    if status == 302:
        assert answer.get("location") == b"/login?next=/staff/a"


BASIC = [
    ("right", "Basic " + base64.b64encode("ann:p:w\u20ac".encode()).decode(), 200),
    ("right, the scheme in lower case", "basic " + base64.b64encode("ann:p:w\u20ac".encode()).decode(), 200),
    ("a wrong password", "Basic " + base64.b64encode(b"ann:p").decode(), 401),
    ("no password", "Basic " + base64.b64encode(b"ann").decode(), 401),
    ("no base64", "Basic %%%", 401),
    ("no UTF-8", "Basic " + base64.b64encode(b"\xff:\xff").decode(), 401),
    ("nothing", "", 401),
    ("the scheme alone", "Basic", 401),
    ("another scheme", "Bearer s3cret", 401),
]


@pytest.mark.parametrize("value,status", cases(BASIC))
def test_Basic(browser, value, status):
    answer = browser.get("/basic", "Authorization: %s\r\n" % value)
    assert answer.status == status
    assert answer.get("www-authenticate") == (None if status == 200 else b'Basic realm="picoweb"')


@pytest.mark.parametrize("value,status", [("Bearer s3cret", 200), ("bearer  s3cret", 200), ("Bearer s3cre", 401), ("", 401), ("Basic s3cret", 401)])
def test_Bearer(browser, value, status):
    answer = browser.get("/bearer", "Authorization: %s\r\n" % value)
    assert answer.status == status
    assert answer.get("www-authenticate") == (None if status == 200 else b'Bearer realm="picoweb"')


def test_a_password_is_hashed_as_PBKDF2_says(browser):
    text, right, wrong, empty = browser.session("/password/corr%20ect")
    assert (right, wrong, empty) == (True, False, False)
    rounds, salt, digest = text.split("$")
    assert hashlib.pbkdf2_hmac("sha256", b"corr ect", bytes.fromhex(salt), int(rounds)).hex() == digest


# Forged requests

def form_token(browser):
    found = re.fullmatch('<input type="hidden" name="_csrf_token" value="([0-9a-f]{64})">', browser.get("/form").text)
    return found.group(1)


def test_a_form_with_the_token_is_taken_and_is_there_for_the_handler(browser):
    known = form_token(browser)
    body = ("a=1&_csrf_token=" + known).encode()
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    assert json.loads(browser.ask("POST", "/form", body, kind).body) == {"a": "1", "_csrf_token": known}
    assert browser.ask("POST", "/form", b"a=1", kind).status == 403
    assert browser.ask("POST", "/form", b"_csrf_token=1&_csrf_token=" + known.encode(), kind).status == 403
    assert browser.post("/form", {}, "x-csrf-token: %s\r\n" % known).status != 403


@pytest.mark.parametrize("fields,status", cases([
    ("nothing", "", 403),
    ("a wrong token", "X-CSRF-Token: " + "0" * 64 + "\r\n", 403),
    ("an empty token", "X-CSRF-Token:\r\n", 403),
    ("a token of half the length", "X-CSRF-Token: " + "0" * 32 + "\r\n", 403),
    ("no ASCII", "X-CSRF-Token: \u20ac\r\n", 403),
]))
def test_a_request_without_the_token_is_403(browser, fields, status):
    form_token(browser)
    assert browser.post("/form", {}, fields).status == status


def test_a_token_of_another_session_is_none(app, browser):
    other = form_token(Browser(app))
    form_token(browser)
    assert browser.post("/form", {}, "X-CSRF-Token: %s\r\n" % other).status == 403


@pytest.mark.parametrize("fields,status", cases([
    ("of this host", "Origin: http://x\r\n", 200),
    ("of another host", "Origin: http://evil\r\n", 403),
    ("null", "Origin: null\r\n", 403),
    ("cross-site", "Sec-Fetch-Site: cross-site\r\n", 403),
    ("same-origin", "Sec-Fetch-Site: same-origin\r\n", 200),
]))
def test_pages_of_other_origins_are_refused_whatever_they_know(browser, fields, status):
    known = form_token(browser)
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    assert browser.ask("POST", "/form", ("_csrf_token=" + known).encode(), kind + fields).status == status


def test_no_log_shows_a_secret(app, browser):
    known = form_token(browser)
    browser.post("/login", {"name": "ann", "role": "admin"})
    browser.get("/bearer", "Authorization: Bearer s3cret\r\n")
    browser.get("/bearer", "Authorization: Bearer s3cre\r\n")
    browser.post("/form", {}, "X-CSRF-Token: %s\r\n" % known)
    log = app.log()
    for secret in (SECRET, "s3cre", known, browser.cookies["session"]):
        assert secret not in log
