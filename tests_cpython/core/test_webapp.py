"""What an app can do that it could not in picoweb 1.8: patterns, methods, returned values, middleware, error handlers."""

import json

import httpx
import pytest

from conftest import free_port
from support.table import cases


@pytest.fixture
def new(serve):
    return serve("webapp.py")


def get(path, version="1.1", method="GET"):
    return ("%s %s HTTP/%s\r\nHost: x\r\n\r\n" % (method, path, version)).encode()


def ask(server, method, path, fields=""):
    head = "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n" % (method, path, fields)
    return server.ask(head.encode(), method)


def allowed(answer):
    return set(answer.get("Allow").replace(b" ", b"").split(b","))


# Patterns

MATCHES = [
    ("a name", "/users/ann", "/users/<id>", {"id": ["str", "ann"]}),
    ("a name of digits stays a str", "/users/12", "/users/<id>", {"id": ["str", "12"]}),
    ("a name with a percent-encoded space", "/users/ann%20lee", "/users/<id>", {"id": ["str", "ann lee"]}),
    ("a name that is not ASCII", "/users/J%C3%BCrgen", "/users/<id>", {"id": ["str", "J\xfcrgen"]}),
    ("a plus is a plus in a path", "/users/a+b", "/users/<id>", {"id": ["str", "a+b"]}),
    ("a name before a fixed part", "/users/ann/edit", "/users/<id>/edit", {"id": ["str", "ann"]}),
    ("an int", "/int/12", "/int/<int:n>", {"n": ["int", 12]}),
    ("an int of zero", "/int/0", "/int/<int:n>", {"n": ["int", 0]}),
    ("an int with leading zeros", "/int/007", "/int/<int:n>", {"n": ["int", 7]}),
    ("a long int", "/int/12345678901234567890", "/int/<int:n>", {"n": ["int", 12345678901234567890]}),
    ("a float", "/float/1.5", "/float/<float:x>", {"x": ["float", 1.5]}),
    ("a path", "/path/a/b/c.txt", "/path/<path:rest>", {"rest": ["str", "a/b/c.txt"]}),
    ("a path of one part", "/path/a", "/path/<path:rest>", {"rest": ["str", "a"]}),
    ("an expression", "/re/abc", "/re/<re:[a-z]+:word>", {"word": ["str", "abc"]}),
    ("an expression with a colon", "/colon/a:12", "/colon/<re:[a-z]:[0-9]+:pair>", {"pair": ["str", "a:12"]}),
    ("three values", "/at/1/2.5/here", "/at/<int:x>/<float:y>/<name>",
     {"x": ["int", 1], "y": ["float", 2.5], "name": ["str", "here"]}),
    ("a path before a fixed part", "/tree/a/b/leaf", "/tree/<path:branch>/leaf", {"branch": ["str", "a/b"]}),
    ("a value with a query behind it", "/int/12?x=1", "/int/<int:n>", {"n": ["int", 12]}),
]


@pytest.mark.parametrize("path,url,values", cases(MATCHES))
def test_a_pattern_hands_over(new, path, url, values):
    assert [json.loads(a.body) for a in new.both_ways(get(path))] == [{url: values}] * 2


MISSES = [
    ("an empty name", "/users/"),
    ("a name with a slash", "/users/a/b"),
    ("a fixed part that differs", "/users/ann/edi"),
    ("a fixed part with more behind it", "/users/ann/edit/x"),
    ("an int that is a word", "/int/ten"),
    ("an int that begins as one", "/int/12a"),
    ("an int with a plus", "/int/+5"),
    ("an int with an underscore", "/int/1_0"),
    ("an int with a blank", "/int/%205"),
    ("an int of other digits", "/int/%D9%A3"),
    ("an int with a point", "/int/1.0"),
    ("an empty int", "/int/"),
    ("a float that is a word", "/float/x"),
    ("a float that is no number", "/float/nan"),
    ("a float without end", "/float/inf"),
    ("a float with an underscore", "/float/1_0.5"),
    ("a float with two points", "/float/1.2.3"),
    ("a float of a point", "/float/."),
    ("an empty path", "/path/"),
    ("an expression that does not match", "/re/ABC"),
    ("an expression that matches the beginning only", "/re/abc1"),
    ("an expression that matches the end only", "/re/1abc"),
    ("two values of three", "/at/1/2.5"),
    ("a pattern's own text", "/USERS/ann"),
]


@pytest.mark.parametrize("path", cases(MISSES))
def test_a_pattern_does_not_match(new, path):
    assert [a.status for a in new.both_ways(get(path))] == [404] * 2


MALFORMED = ["/x/<id", "/x/<>", "/x/<int:>", "/x/<id:int>", "/x/<number:n>", "/x/<a>/<a>", "/x/<a<b>>",
             "/x/<user-id>", "/x/<re:(:a>", "/x/<re:[a-z]+>", "/x/<str:a>", "/<"]


@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_pattern_is_a_ValueError_that_names_it(new, url):
    told = new.get("/made?" + url.replace("+", "%2B").replace("<", "%3C").replace(">", "%3E")).text
    assert told == "a malformed pattern: %s (handler made)" % url


def test_a_pattern_of_all_types_is_made(new):
    url = "/x/<a>/<int:b>/<float:c>/<re:[a-z]:[0-9]:d>/<path:e>"
    assert new.get("/made?" + url.replace("<", "%3C").replace(">", "%3E")).text == "made"


def test_every_kind_of_handler_takes_values(new):
    assert new.get("/generator/7").text == "generator 7"
    assert new.get("/plain/7").text == "plain 7"
    assert new.get("/skip/ann").text == "ann False"


def test_the_first_match_wins(new):
    assert new.get("/order/fixed").text == "pattern"
    assert new.get("/order-2/fixed").text == "fixed"
    assert new.get("/order-2/other").text == "pattern"


def test_a_pattern_in_a_mounted_app_matches_without_the_prefix(new):
    assert new.get("/sub/12").text == "/12 12"
    assert ask(new, "POST", "/sub/12").status == 405
    assert new.get("/sub/x").status == 404


# Methods

METHODS = [
    ("GET of a route that names it", "GET", "/thing", "got"),
    ("POST of the route beside it", "POST", "/thing", "posted by POST"),
    ("PUT of the route beside it", "PUT", "/thing", "posted by PUT"),
    ("DELETE with a value", "DELETE", "/thing/5", "DELETE 5"),
    ("OPTIONS of a route that names it", "OPTIONS", "/own-options", "own OPTIONS"),
]


@pytest.mark.parametrize("method,path,text", cases(METHODS))
def test_a_method_reaches_its_route(new, method, path, text):
    assert [a.text for a in new.both_ways(get(path, method=method), method)] == [text] * 2


REFUSED = [
    ("DELETE of two routes", "DELETE", "/thing", {b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS"}),
    ("POST with a value", "POST", "/thing/5", {b"GET", b"HEAD", b"DELETE", b"OPTIONS"}),
    ("GET of a route for POST", "GET", "/only-post", {b"POST", b"OPTIONS"}),
    ("HEAD of a route for POST", "HEAD", "/only-post", {b"POST", b"OPTIONS"}),
]


@pytest.mark.parametrize("method,path,allow", cases(REFUSED))
def test_405_says_what_is_allowed(new, method, path, allow):
    for answer in new.both_ways(get(path, method=method), method):
        assert (answer.status, allowed(answer)) == (405, allow)


OPTIONS = [
    ("two routes", "/thing", {b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS"}),
    ("a pattern", "/thing/5", {b"GET", b"HEAD", b"DELETE", b"OPTIONS"}),
    ("a route for POST", "/only-post", {b"POST", b"OPTIONS"}),
]


@pytest.mark.parametrize("path,allow", cases(OPTIONS))
def test_OPTIONS_says_what_is_allowed(new, path, allow):
    for answer in new.both_ways(get(path, method="OPTIONS"), "OPTIONS"):
        assert answer.status in (200, 204)
        assert (allowed(answer), answer.body) == (allow, b"")


def test_OPTIONS_of_no_route_is_404(new):
    assert ask(new, "OPTIONS", "/none").status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "BREW"])
def test_a_route_that_names_no_methods_takes_every_one(new, method):
    answers = new.both_ways(get("/any", method=method), method)
    assert [a.get("X-Method") for a in answers] == [method.encode()] * 2


def test_a_handler_sees_HEAD(new):
    assert ask(new, "HEAD", "/own-head").get("X-Method") == b"HEAD"


def test_HEAD_carries_the_length_of_GET(new):
    answer = ask(new, "HEAD", "/thing")
    assert (answer.status, answer.body, answer.get("Content-Length")) == (200, b"", b"3")


@pytest.mark.parametrize("kind", ["str-long", "bytes-long", "dict", "generator", "iterator", "breaks", "object"])
def test_HEAD_of_what_a_handler_returns_carries_no_body(new, kind):
    with new.connect() as c:
        c.send(("HEAD /native/%s HTTP/1.1\r\nHost: x\r\n\r\n" % kind).encode())
        assert c.response("HEAD").status in (200, 500)
        c.half_close()
        assert c.everything() == b""


# Returned values

HTML, JSON = "text/html; charset=utf-8", "application/json"
KINDS = [
    ("a str", "str", 200, HTML, "text & \xe9\u20ac".encode()),
    ("an empty str", "str-empty", 200, HTML, b""),
    ("a long str", "str-long", 200, HTML, b"0123456789" * 1000),
    ("bytes", "bytes", 200, None, b"bytes \0\xff"),
    ("long bytes", "bytes-long", 200, None, b"0123456789" * 1000),
    ("a str and a status", "status", 201, HTML, b"made"),
    ("bytes and a status", "bytes-status", 206, None, b"bytes"),
    ("a type of its own", "own-type", 200, "text/csv", b"a,b\n"),
    ("a redirect", "redirect", 302, None, b""),
]


@pytest.mark.parametrize("how", ["native", "returned", "yielded"])
@pytest.mark.parametrize("kind,status,content_type,body", cases(KINDS))
def test_a_returned_value_is_the_response(new, how, kind, status, content_type, body):
    for answer in new.both_ways(get("/%s/%s" % (how, kind))):
        assert (answer.status, answer.body) == (status, body)
        assert answer.get("Content-Length") == b"%d" % len(body)
        if content_type:
            assert answer.get("Content-Type").decode() == content_type


@pytest.mark.parametrize("how", ["native", "returned", "yielded"])
@pytest.mark.parametrize("kind,status,value", cases([
    ("a dict", "dict", 200, {"a": [1, 2.5, None, True, "\xe9"]}),
    ("an empty dict", "dict-empty", 200, {}),
    ("a list", "list", 200, [1, "two"]),
    ("a dict and a status", "dict-status", 202, {"a": 1}),
]))
def test_a_returned_dict_or_list_is_JSON(new, how, kind, status, value):
    for answer in new.both_ways(get("/%s/%s" % (how, kind))):
        assert (answer.status, json.loads(answer.body)) == (status, value)
        assert answer.get("Content-Type").split(b";")[0] == JSON.encode()
        assert answer.get("Content-Length") == b"%d" % len(answer.body)


NUMBERS = b"".join(b"number %d\n" % i for i in range(300))
STREAMS = [
    ("a generator", "generator", 200, NUMBERS),
    ("a generator and a status", "generator-status", 203, NUMBERS),
    ("an iterator", "iterator", 200, b"piece 2\npiece 1\npiece 0\n"),
    ("an empty iterator", "iterator-empty", 200, b""),
    ("an iterator of str and bytes", "iter", 200, "str bytes \xe9".encode()),
]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("how", ["native", "returned", "yielded"])
@pytest.mark.parametrize("kind,status,body", cases(STREAMS))
def test_a_returned_iterator_is_streamed(new, how, kind, status, body, version):
    for answer in new.both_ways(get("/%s/%s" % (how, kind), version), kept=version == "1.1"):
        assert (answer.status, answer.body) == (status, body)
        if version == "1.0":
            assert answer.get("Transfer-Encoding") is None


@pytest.mark.parametrize("kind", ["no-content", "no-content-body", "none-status"])
def test_a_returned_204_has_no_body(new, kind):
    for answer in new.both_ways(get("/native/" + kind)):
        assert (answer.status, answer.body, answer.get("Content-Length")) == (204, b"", None)


def test_returned_headers_are_sent(new):
    answer = new.get("/native/headers")
    assert (answer.status, answer.get("Location"), answer.get("X-One")) == (201, b"/there", b"1")


def test_one_response_leaves_no_header_in_the_next(new):
    with new.connect() as c:
        c.send(b"GET /native/headers HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"
               b"GET /add-header HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
        names = [{name for name, _ in c.response().headers if name.startswith((b"x-", b"loc"))} for _ in range(4)]
    assert names == [{b"location", b"x-one"}, set(), {b"x-one", b"x-two", b"x-three"}, set()]


def test_an_iterator_that_breaks_cuts_the_response(new):
    with new.connect() as c:
        c.send(b"GET /native/breaks HTTP/1.1\r\nHost: x\r\n\r\n")
        data = c.everything()
    assert not data.endswith(b"0\r\n\r\n")
    assert new.logged("an iterator's reason")


@pytest.mark.parametrize("kind", ["object", "unserializable"])
def test_a_value_that_is_no_response_is_a_500(new, kind):
    answer = new.get("/native/" + kind)
    # MicroPython's json writes what it does not know as a str.
    assert answer.status == 500 or kind == "unserializable"


def test_a_handler_that_does_nothing_is_answered(new):
    assert new.get("/nothing").status in (200, 204, 500)


# Error handlers

ERRORS = [
    ("a missing page", "/none", 404, "no page /none"),
    ("a raised 404", "/http/404", 404, "no page /http/404"),
    ("a 404 raised by a plain function", "/http-now/404", 404, "no page /http-now/404"),
    ("a status whose handler is a generator", "/http/418", 418, "teapot"),
    ("an exception", "/raise/refused", 422, "refused because"),
    ("an exception's subclass", "/raise/sharper", 422, "refused because"),
]


@pytest.mark.parametrize("path,status,text", cases(ERRORS))
def test_an_error_handler_answers(new, path, status, text):
    for answer in new.both_ways(get(path)):
        assert (answer.status, answer.text) == (status, text)


@pytest.mark.parametrize("path,status", [
    ("/raise/unhandled", 500), ("/http/403", 403), ("/http/503", 503), ("/http-now/400", 400), ("/http/409", 500),
])
def test_what_no_error_handler_answers_has_its_status(new, path, status):
    assert new.get(path).status == status
    assert new.get("/").text == "hello"


def test_an_error_handlers_answer_keeps_the_exceptions_fields(new):
    answer = new.ask(b"DELETE /only-get HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (answer.status, answer.text, allowed(answer)) == (405, "not so", {b"GET", b"HEAD", b"OPTIONS"})
    for path, authenticate in (("/only-get", b"Digest"), ("/only-get?own", b"Basic")):
        answer = new.get(path)
        assert (answer.status, answer.get("X-Own"), answer.get("WWW-Authenticate")) == (401, b"1", authenticate)


@pytest.mark.wire
def test_a_client_has_its_address_and_port(new):
    with new.connect() as c:
        address = list(c.sock.getsockname())
        assert json.loads(c.send(b"GET /client HTTP/1.1\r\nHost: x\r\n\r\n").response().text) == [address, address, "none"]


@pytest.mark.wire
def test_a_refused_head_may_have_an_error_handler_too(new):
    answer = new.ask(b"GET /none%00 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (answer.status, answer.says_close) == (400, True)


def test_add_header_and_status(new):
    answer = new.get("/add-header")
    assert answer.text == "added 200"
    assert [answer.get("X-" + n) for n in ("One", "Two", "Three")] == [b"1", b"2", b"3"]


# Middleware

@pytest.fixture
def middle(serve):
    return serve("middleware.py")


def seen(server):
    return json.loads(server.get("/seen").body)


THROUGH = [
    ("a page", "/page", 200, "page", ["first before", "second before", "handler", "second after", "first after 200"]),
    ("a generator", "/generator", 201, "generator",
     ["first before", "second before", "handler", "second after", "first after 201"]),
    ("an answer that is returned", "/stopped", 403, "stopped by the second",
     ["first before", "second before", "first after 403"]),
    ("an answer that is written", "/written", 401, "written by the second",
     ["first before", "second before", "first after 401"]),
    ("an exception, of which it sees the status", "/raise", 500, None,
     ["first before", "second before", "second after", "first after 500"]),
    ("a missing page, of which it sees the status", "/none", 404, None,
     ["first before", "second before", "second after", "first after 404"]),
    ("a mounted app", "/sub/page", 200, "sub page",
     ["first before", "second before", "inner before /page", "sub handler", "second after", "first after 200"]),
]


@pytest.mark.wire
@pytest.mark.parametrize("path,status,text", [
    ("/replaced", 200, "page, replaced"), ("/left", 200, "page"), ("/nowhere", 200, "something else"), ("/twice", 500, None),
    ("/never", 500, None), ("/number", 200, "42"),
])
def test_what_a_middleware_returns_is_the_answer(middle, path, status, text):
    for answer in middle.both_ways(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()):
        assert answer.status == status and text in (answer.text, None)
    if path == "/twice":
        assert middle.logged("a middleware has called next.. twice")
    if path == "/never":
        assert middle.logged("the handler has answered nothing")
        assert "handler" not in json.loads(middle.get("/seen").body)


@pytest.mark.wire
def test_a_missing_page_behind_middleware_is_one_line_in_the_log(middle):
    middle.get("/none")
    middle.get("/page")
    assert middle.logged("GET /page 200")
    assert len(middle.logged("/none", 0)) == 1


@pytest.mark.parametrize("path,prefix,rest", [
    ("/sub", "/sub", "/"), ("/sub/", "/sub", "/"), ("/s%75b/", "/s%75b", "/"), ("/a%20b", "/a%20b", "/"),
])
def test_a_mounted_app_is_found_by_its_decoded_prefix(middle, path, prefix, rest):
    assert json.loads(middle.get(path).text) == [prefix, rest]


@pytest.mark.parametrize("path", ["/subway", "/sub%2Fpage", "/a", "/a+b", "/x/sub/page"])
def test_a_prefix_is_of_whole_segments(middle, path):
    assert middle.get(path).status == 404


@pytest.mark.parametrize("path,status,text,told", cases(THROUGH))
def test_middleware_runs_in_its_order_around(middle, path, status, text, told):
    answer = middle.get(path)
    assert answer.status == status
    assert text in (answer.text, None)
    assert answer.get("X-First") == b"1"
    assert seen(middle) == told


@pytest.mark.parametrize("path", ["/raise", "/broken"])
def test_an_exception_through_middleware_is_a_500(middle, path):
    assert middle.get(path).status == 500
    assert middle.logged("reason")


def test_a_pattern_behind_middleware_hands_its_values_over(middle):
    assert middle.get("/value/3").text == "value 3"


def test_a_body_behind_middleware_is_read(middle):
    answer = middle.ask(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=1")
    assert json.loads(answer.body) == {"a": "1"}


def test_405_and_404_behind_middleware(middle):
    assert middle.get("/form").status == 405
    assert middle.get("/none").status == 404


def test_middleware_keeps_the_connection(middle):
    with middle.connect() as c:
        c.send(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert [c.response().text for _ in range(3)] == ["page"] * 3


# start() and stop()

def stopped(server, timeout=10):
    """Wait for the end of the process; its exit status."""
    return server.process.wait(timeout)


def test_stop_ends_the_app(start):
    server = start("own_loop.py", "5")
    assert server.get("/").text == "round 1"
    assert server.get("/stop").text == "stopping"
    assert stopped(server) == 0
    assert server.log().split()[-1] == "stopped"


def begin(connection, path):
    """Send a request whose handler tells that it has begun, and wait for that."""
    connection.send(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
    while b"begun" not in connection.rest:
        connection.rest += connection.receive()


def test_stop_lets_a_request_in_progress_end(start):
    server = start("own_loop.py", "8")
    with server.connect() as slow:
        begin(slow, b"/slow")
        server.get("/stop")
        assert slow.response().text == "begun ended"
        assert slow.closes()
    assert stopped(server) == 0


def test_stop_closes_idle_connections_at_once(start):
    server = start("own_loop.py", "8")
    with server.connect() as idle, server.connect() as used:
        used.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        used.response()
        server.get("/stop")
        assert idle.closes() and used.closes()
        assert stopped(server, 5) == 0  # and not the 8 s it may take


def test_stop_waits_no_longer_than_its_timeout(start):
    server = start("own_loop.py", "1")
    with server.connect() as c:
        begin(c, b"/for-ever")
        server.get("/stop")
        assert stopped(server) == 0
        assert not c.everything().endswith(b"0\r\n\r\n")


def test_nothing_listens_after_stop(start):
    server = start("own_loop.py", "8")
    with server.connect() as slow:
        begin(slow, b"/slow")
        server.get("/stop")
        slow.response()
        stopped(server)
    assert not server.answers()


def test_an_app_may_be_started_again(start):
    server = start("own_loop.py", "5", "again")
    assert server.get("/").text == "round 1"
    server.get("/stop")
    assert server.logged("stopped")
    server.wait_until_it_answers()
    assert server.get("/").text == "round 2"
    server.get("/stop")
    assert stopped(server) == 0


def test_two_apps_live_in_one_process(start):
    port = free_port()
    server = start("twice.py", str(port))
    assert server.get("/").text == "first"
    assert httpx.get("http://127.0.0.1:%d/" % port).text == "second"
