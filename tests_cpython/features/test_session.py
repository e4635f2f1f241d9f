"""Sessions, login and CSRF: what a client may send, and what a backend may do."""

import base64
import hashlib
import json

import pytest

from support.client import json_post
from support.table import cases


@pytest.fixture
def server(serve):
    return serve("session.py")


def ask(server, line, cookie="", body=None, fields=""):
    cookie = cookie and "Cookie: %s\r\n" % cookie
    body = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else b""
    head = "%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n%s%s\r\n" % (line, len(body), cookie, fields)
    return server.ask(head.encode() + body)


def cookie_of(answer):
    field = answer.get("Set-Cookie")
    return field and field.decode().partition(";")[0]


def new(server, values, path="/api/set"):
    return cookie_of(ask(server, "POST " + path, body=values))


@pytest.mark.parametrize("path,attributes", [
    ("/api/set", "Max-Age=86400; Path=/; SameSite=Lax; HttpOnly"), ("/mem/set", "Path=/; SameSite=Lax; HttpOnly")])
def test_a_session_is_what_the_client_had_before(server, path, attributes):
    answer = ask(server, "POST " + path, body={"a": 1, "list": [0]})
    assert answer.get("Set-Cookie").decode().partition("; ")[2] == attributes
    cookie, below = cookie_of(answer), path.replace("/api", "").replace("/set", "")
    answer = ask(server, "GET %s/get" % below, cookie)
    assert (json.loads(answer.body), answer.get("Set-Cookie")) == ({"a": 1, "list": [0]}, None)
    answer = ask(server, "GET %s/do/nested" % below, cookie)
    assert json.loads(ask(server, "GET %s/get" % below, cookie_of(answer) or cookie).body)["list"] == [0, 1]
    assert b"Max-Age=0" in ask(server, "GET %s/do/clear" % below, cookie).get("Set-Cookie")


def test_a_session_that_stays_empty_sends_nothing(server):
    assert ask(server, "GET /get").get("Set-Cookie") is None
    assert ask(server, "GET /mem/get").get("Set-Cookie") is None


def test_a_token_with_any_one_byte_changed_or_cut_is_an_empty_session(server):
    cookie = new(server, {"a": 1})
    name, _, token = cookie.partition("=")
    with server.connect() as c:
        for at in range(len(token)):
            for changed in (token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:], token[:at]):
                c.send(("GET /get HTTP/1.1\r\nHost: x\r\nCookie: session=%s\r\n\r\n" % changed).encode())
                assert c.response().text == "{}", changed


HOSTILE = [("4 KB", b"session=" + b"A" * 1500), ("quotes", b'session="a.b"'), ("commas", b"session=a,b.c,d"),
           ("bytes over 127", b"session=\xff\xfe.\x80"), ("no value", b"session="), ("dots", b"session=....."),
           ("JSON", b'session={"_auth_user":{}}'), ("alg none", b"session=eyJhbGciOiJub25lIn0.e30."), ("percent", b"session=%41.%42"),
           ("an id of the client's", b"session_id=" + b"0" * 32), ("an id with a slash", b"session_id=../../etc/passwd"),
           ("a long id", b"session_id=" + b"a" * 1500), ("an id in capitals", b"session_id=" + b"A" * 32)]


@pytest.mark.parametrize("field", cases(HOSTILE))
@pytest.mark.parametrize("path", ["/get", "/mem/get"])
def test_a_hostile_cookie_is_an_empty_session(server, path, field):
    answer = server.ask(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nCookie: " + field + b"\r\nConnection: close\r\n\r\n")
    assert (answer.status, answer.text, answer.get("Set-Cookie")) == (200, "{}", None)


@pytest.mark.parametrize("kind,text", [("old-key", '{"made": 1}'), ("young", '{"made": 1}'), ("other-key", "{}"),
                                       ("other-purpose", "{}"), ("expired", "{}"), ("future", "{}")])
def test_a_token_is_of_these_keys_this_cookie_and_this_time(server, kind, text):
    token = server.get("/token/" + kind).text
    assert ask(server, "GET /get", "session=" + token).text == text
    server.get("/clock/unset")
    unset = ask(server, "GET /get", "session=" + token).text
    server.get("/clock/set")
    assert unset == ('{"made": 1}' if kind in ("expired", "future") else text)


def test_an_unknown_id_is_never_adopted_and_regenerate_ends_the_old_one(server):
    fixed = "session_id=" + "0" * 32
    cookie = cookie_of(ask(server, "POST /mem/set", fixed, {"a": 1}))
    assert cookie != fixed and len(cookie) == len(fixed)
    renewed = cookie_of(ask(server, "GET /mem/do/regenerate", cookie))
    assert renewed and renewed != cookie
    assert ask(server, "GET /mem/get", cookie).text == "{}"
    assert json.loads(ask(server, "GET /mem/get", renewed).body) == {"a": 1}


def test_a_session_is_saved_with_errors_and_streams_and_not_later(server):
    answer = ask(server, "GET /do/raise")
    assert answer.status == 418 and cookie_of(answer)
    for what in ("stream", "generator"):
        answer = ask(server, "GET /do/" + what)
        assert len(answer.body) == 20000
        assert "late-secret" not in json.loads(ask(server, "GET /get", cookie_of(answer)).body)
        assert server.logged("RuntimeError: a session changed after the head")


def test_what_cannot_be_saved_is_a_500_and_its_content_is_not_logged(server):
    assert ask(server, "GET /do/object").status == 500
    assert ask(server, "POST /api/set", body={"a": "secret-value" * 60}).status == 500
    assert "secret-value" not in server.log_since_mark()


@pytest.mark.parametrize("mode", ["load-raises", "load-hangs", "save-raises", "save-hangs"])
def test_a_backend_that_fails_is_a_503_and_the_session_is_not_lost(server, mode):
    cookie = new(server, {"a": 1}, "/mem/set")
    server.get("/mode/" + mode)
    answer = ask(server, "POST /mem/set", cookie, {"a": 2})
    server.get("/mode/well")
    assert (answer.status, answer.get("Set-Cookie")) == (503, None)
    assert json.loads(ask(server, "GET /mem/get", cookie).body) == {"a": 1}
    assert cookie.partition("=")[2] not in server.log()


def test_login_renews_and_logout_ends(server):
    before = new(server, {"cart": 1}, "/mem/set")
    inside = cookie_of(ask(server, "POST /mem/login", before, {"name": "Al"}))
    assert inside != before and ask(server, "GET /mem/me", before).status == 401
    assert json.loads(ask(server, "GET /mem/me", inside).body) == {"name": "Al"}
    out = cookie_of(ask(server, "GET /mem/logout", inside))
    assert [ask(server, "GET /mem/me", cookie).status for cookie in (inside, out)] == [401, 401]


@pytest.mark.parametrize("user,status", [({"name": "a", "role": "admin"}, 200), ({"role": "root"}, 200), ({"role": "user"}, 403), ({"name": "a"}, 403)])
def test_a_role_lets_in(server, user, status):
    cookie = cookie_of(ask(server, "POST /api/login", body=user))
    assert ask(server, "GET /admin", cookie).status == status


def test_without_a_user_one_is_led_to_the_login(server):
    answer = ask(server, "GET /admin?a=1&b=%202+#x")
    assert (answer.status, answer.get("Location")) == (302, b"/login?next=/admin?a=1%26b=%25202%2B%23x")
    answer = ask(server, "GET /me")
    assert (answer.status, answer.get("WWW-Authenticate")) == (401, b"Session")


@pytest.mark.parametrize("sent,location", [
    ("/a?b=1", b"/a?b=1"), ("//evil.example", b"/"), ("/%5Cevil.example", b"/"), ("http://evil.example", b"/"), ("", b"/"),
    ("/%09/evil.example", b"/"), ("/%0d%0aX-Evil:1", b"/"), ("javascript:alert(1)", b"/"), ("/a&next=/b", b"/")])
def test_a_login_leads_to_a_path_of_its_own_host(server, sent, location):
    answer = ask(server, "POST /api/login?next=" + sent, body={"name": "Al"})
    assert answer.get("Location") == location


BASIC = [("right", "Basic " + base64.b64encode(b"al:se:cret").decode(), 200), ("any case", "bASIC  " + base64.b64encode(b"al:se:cret").decode(), 200),
         ("wrong", "Basic " + base64.b64encode(b"al:secret").decode(), 401), ("no colon", "Basic YWw=", 401), ("no base64", "Basic !!", 401),
         ("not UTF-8", "Basic //79OmE=", 401), ("Bearer", "Bearer YWw6c2U6Y3JldA==", 401), ("nothing", "Basic", 401), ("empty", "", 401)]


@pytest.mark.parametrize("value,status", cases(BASIC))
def test_basic(server, value, status):
    answer = ask(server, "GET /basic", fields="Authorization: %s\r\n" % value)
    assert answer.status == status
    assert status == 200 or answer.get("WWW-Authenticate") == b'Basic realm="login"'


FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
CSRF = [("the form", "_csrf_token=%s&a=1", FORM, 200), ("the header", "a=1", FORM + "x-csrf-TOKEN: %s\r\n", 200),
        ("none", "a=1", FORM, 403), ("empty", "_csrf_token=&a=1", FORM, 403), ("cut", "_csrf_token=%.63s", FORM, 403),
        ("twice", "_csrf_token=%s&_csrf_token=x", FORM, 403), ("no value", "_csrf_token", FORM, 403), ("JSON", '{"_csrf_token": "%s"}', "Content-Type: application/json\r\n", 403),
        ("another site's", "_csrf_token=%s", FORM + "Sec-Fetch-Site: cross-site\r\n", 403),
        ("another origin's", "_csrf_token=%s", FORM + "Origin: http://evil.example\r\n", 403),
        ("of nobody", "_csrf_token=%s", FORM + "Origin: null\r\n", 403),
        ("its own", "_csrf_token=%s", FORM + "Origin: http://x\r\nSec-Fetch-Site: same-origin\r\n", 200)]


@pytest.mark.parametrize("body,fields,status", cases(CSRF))
def test_csrf(server, body, fields, status):
    answer = ask(server, "GET /form")
    token = answer.text.partition('value="')[2].rstrip('">')
    assert len(token) == 64
    fill = lambda text: text % token if "%" in text else text
    sent = ask(server, "POST /form", cookie_of(answer), fill(body), fill(fields))
    assert sent.status == status
    assert status != 200 or "a=1" not in body or json.loads(sent.body)["a"] == "1"
    assert token not in server.log_since_mark()


@pytest.mark.parametrize("value,status", cases([
    ("right", "Bearer s3cret", 200), ("lower case and blanks", "bearer   s3cret ", 200), ("half", "Bearer s3cre", 401),
    ("nothing", "", 401), ("another scheme", "Basic s3cret", 401), ("no UTF-8", "Bearer \udcff", 401),
]))
def test_bearer(server, value, status):
    data = b"GET /bearer HTTP/1.1\r\nHost: x\r\nAuthorization: " + value.encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    answer = server.ask(data)
    assert answer.status == status
    assert answer.get("WWW-Authenticate") == (None if status == 200 else b'Bearer realm="login"')


@pytest.mark.parametrize("user,path,status", [
    (None, "/option", 401), ({"role": "user"}, "/option", 403), ({"role": "admin"}, "/option", 200),
    (None, "/any-user", 401), ({"role": "user"}, "/any-user", 200)])
def test_a_route_says_who_may_ask(server, user, path, status):
    cookie = new(server, user, "/api/login") if user else ""
    assert ask(server, "GET " + path, cookie).status == status


def test_a_password_is_kept_as_PBKDF2_and_Django_have_it(server):
    made, right, wrong, empty = json.loads(ask(server, "GET /password/corr%20ect").body)
    assert (right, wrong, empty) == (True, False, False)
    name, iterations, salt, digest = made.split("$")
    known = hashlib.pbkdf2_hmac("sha256", b"corr ect", salt.encode(), int(iterations))
    assert (name, base64.b64decode(digest)) == ("pbkdf2_sha256", known)


def test_a_backend_in_memory_is_bounded_and_the_longest_unused_goes(server):
    assert json.loads(ask(server, "GET /bounded").body) == [True, False, True, True]


def test_what_use_cannot_mean_is_told_at_once(server):
    assert json.loads(ask(server, "GET /wrong-use").body) == ["RuntimeError", "ValueError", "ValueError", "ValueError"]


@pytest.mark.wire
def test_a_WebSocket_handler_reads_the_session_and_nobody_else_gets_in(server):
    fields = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
    head = "GET /ws HTTP/1.1\r\nHost: x\r\n%sCookie: %s\r\n\r\n"
    cookie = cookie_of(ask(server, "POST /api/login", body={"name": "Al"}))
    assert server.ask((head % (fields, "a=b")).encode()).status == 401
    with server.connect() as c:
        c.send((head % (fields, cookie)).encode())
        data = b""
        while b"\x81\x02Al" not in data:
            part = c.sock.recv(999)
            assert part, data
            data += part
    assert data.startswith(b"HTTP/1.1 101 ")
