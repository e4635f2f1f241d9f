"""Apps written for picoweb 1.8 run unmodified."""

import json

import h11
import pytest

from conftest import OTHER_SERVERS
from support.table import cases


@pytest.fixture
def kept(serve):
    return serve("compatibility.py")


def post(path, body, fields=b""):
    return b"POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s" % (path.encode(), fields, len(body), body)


def get(path, fields=b""):
    return b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path.encode(), fields)


# Handlers and routes

PAGES = [
    ("a generator", "/generator", "generator here"),
    ("a native coroutine", "/native", "native here"),
    ("a regular expression's match", "/regex/some/thing", "some/thing"),
    ("the first of two routes", "/twice", "first"),
    ("a pattern that is any object with match", "/duckling", "duckling"),
    ("a route of a list, whose app keeps and extends it", "/routes", "True"),
    ("a route of add_url_rule", "/added", "added"),
    ("a route without headers", "/skip", "False"),
    ("a mounted app's root", "/sub/", "sub /"),
    ("a mounted app's root without a slash", "/sub", "sub /"),
    ("a mounted app's page", "/sub/page", "sub /page"),
    ("the longest prefix", "/sub/longer/page", "longer /page"),
    ("a nested app", "/sub/deeper/page", "deeper /page"),
    ("a str template", "/template-str", "Hello, Bob.\nBye.\n"),
    ("what a template gives", "/template", "Hello, Ann.\n(1)\n(2)\n(3)\nBye.\n"),
    ("a loaded template", "/load-template", "Hello, Cid.\n(7)\nBye.\n"),
    ("every way to write", "/writes",
     "str bytes bytearray memoryview from an offset --a part awritestr awriteiter"),
    ("a buffer that is used again", "/reused-buffer", "".join("%07d\n" % i for i in range(300))),
    ("a handler that closes", "/aclose", "closed by the handler"),
    ("a template of an app with a name of its own", "/named/template", "Hello, Dan.\nBye.\n"),
]


@pytest.mark.parametrize("path,text", cases(PAGES))
def test_a_page_is_served_by(kept, path, text):
    # One that closes in its handler ends the connection.
    for answer in kept.both_ways(get(path), kept=path != "/aclose"):
        assert (answer.status, answer.text) == (200, text)


@pytest.mark.parametrize("path", ["/named/file", "/named/static/style.css"])
def test_a_file_of_an_app_with_a_name_of_its_own_is_in_the_current_folder(kept, path):
    for answer in kept.both_ways(get(path)):
        assert (answer.status, answer.text) == (200, kept.get("/file").text)


@pytest.mark.wire
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_head_tells_of_the_close_by_the_handler(kept, method):
    with kept.connect() as c:
        data = method.encode() + b" /aclose HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        assert c.send(data).response(method).says_close
        assert c.closes()


@pytest.mark.wire
def test_a_function_in_place_of_handle_gets_a_reader_and_a_writer(kept):
    assert int(kept.get("/handled").text) > 0


def test_start_response_alone_is_HTML(kept):
    assert kept.get("/generator").get("Content-Type") == b"text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/none", "/generator/", "/Generator", "/subway", "/sub/none", "/regex/", "/sub/longer"])
def test_no_route_is_404(kept, path):
    # /sub/longer is that app's root.
    assert [a.status for a in kept.both_ways(get(path))] == [200 if path == "/sub/longer" else 404] * 2


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "BREW"])
def test_a_route_without_methods_takes_every_method(kept, method):
    data = ("%s /request?a=1&b HTTP/1.1\r\nHost: x\r\n\r\n" % method).encode()
    for answer in kept.both_ways(data, method):
        assert json.loads(answer.body) == {"method": method, "path": "/request", "qs": "a=1&b", "mine": "own attribute"}


def test_a_request_without_query_has_an_empty_qs(kept):
    assert json.loads(kept.get("/request").body)["qs"] == ""


# Headers

def spelled(server, names):
    """The names as the app sees them: through ASGI in lower case."""
    return [name.lower() for name in names] if server.runtime.name in OTHER_SERVERS else names


def test_headers_are_a_dict_of_bytes(kept):
    told = json.loads(kept.get("/parsed", "x-test:  some value \r\n").body)
    assert told == {"index": "some value", "in": True, "not in": False, "get": "none",
                    "items": spelled(kept, ["Connection", "Host", "x-test"])}


@pytest.mark.wire
def test_headers_are_read_raw_where_they_are_left(kept):
    sent = [b"Host: x\r\n", b"x-ODD:spelling \r\n", b"\r\n"]
    answer = kept.ask(b"GET /leave HTTP/1.1\r\n" + b"".join(sent))
    assert answer.body == b"False " + b"|".join(sent)


def test_a_handler_that_reads_the_headers_may_read_the_body(kept):
    assert kept.ask(post("/leave-body", b"the body")).text == "the body"


@pytest.mark.parametrize("path", ["/leave", "/leave-body", "/leave-unread", "/skip"])
def test_what_follows_left_headers_is_the_next_request(kept, path):
    with kept.connect() as c:
        c.send(post(path, b"the body"))
        first = c.response()
        if first.says_close:
            assert c.closes()
            return
        c.send(b"GET /added HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.response().text == "added"


@pytest.mark.parametrize("path,content_type,status", [
    ("/dict-headers", b"text/plain", 201), ("/str-headers", b"text/plain", 200),
    ("/bytes-headers", b"text/html; charset=utf-8", 200),
])
def test_headers_are_sent(kept, path, content_type, status):
    for answer in kept.both_ways(get(path)):
        assert (answer.status, answer.get("Content-Type")) == (status, content_type)
        assert (answer.get("X-One"), answer.get("X-Two")) == (b"1", b"2")


# Forms

def form(server, path):
    return json.loads(server.get(path).body)


@pytest.mark.parametrize("path", ["/qs-plain", "/qs-yield"])
def test_parse_qs_fills_the_form(kept, path):
    for answer in kept.both_ways(get(path + "?a=1&b=two+words&c=%26&a=2&flag&d=")):
        assert json.loads(answer.body) == {"a": ["1", "2"], "b": "two words", "c": "&", "flag": True, "d": ""}


@pytest.mark.parametrize("path", ["/form", "/form-native"])
def test_read_form_data_fills_the_form(kept, path):
    for answer in kept.both_ways(post(path, b"a=1&b=two+words&a=2&a=3")):
        assert json.loads(answer.body) == {"a": ["1", "2", "3"], "b": "two words"}


@pytest.mark.parametrize("content_type", [None, b"application/x-www-form-urlencoded", b"text/plain", b"", b"odd"])
def test_a_form_of_another_type_is_read_as_ever(kept, content_type):
    fields = b"" if content_type is None else b"content-TYPE: %s\r\n" % content_type
    assert json.loads(kept.ask(post("/form", b"a=1", fields)).body) == {"a": "1"}


@pytest.mark.parametrize("content_type", [
    b"application/json", b"Application/JSON; charset=utf-8", b"multipart/form-data; boundary=x"])
def test_JSON_and_multipart_are_no_form_and_the_answer_says_with_form(kept, content_type):
    answer = kept.ask(post("/form-native", b"{}", b"Content-Type: %s\r\n" % content_type))
    assert answer.status == 415 and b"with_form" in answer.body


def test_a_form_that_is_not_UTF8_is_400(kept):
    assert kept.ask(post("/form", b"a=\xff")).status == 400


def test_a_form_may_be_read_twice(kept):
    assert json.loads(kept.ask(post("/form-twice", b"a=1")).body) == {"a": "1"}
    assert json.loads(kept.ask(post("/form-twice", b"")).body) == {}


def test_headers_are_a_mapping_in_any_case(kept):
    told = json.loads(kept.get("/mapping", "X-a: 1\r\nx-A: 2\r\nCookie: b=1\r\nCOOKIE: c=2\r\n").body)
    assert told == {"len": 4, "names": spelled(kept, ["Connection", "Cookie", "Host", "X-a"]),
                    "found": ["1, 2", "1, 2", "1, 2"], "cookie": "b=1; c=2", "values": ["1, 2", "b=1; c=2", "close", "x"], "KeyError": True}


def test_headers_that_are_skipped_are_no_attribute_however_often_it_is_asked(kept):
    for _ in range(3):
        assert kept.get("/skip").text == "False"
        assert kept.get("/parsed", "x-test: 1\r\n").status == 200


QUERIES = [
    ("one key", "a=1", ["a=1", {"a": "1"}]),
    ("a plus and a percent sign", "a=b+c%21", ["a=b c!", {"a": "b c!"}]),
    ("a key without a value", "flag", ["flag", {"flag": True}]),
    ("an encoded key", "a%3Db=1", ["a=b=1", {"a=b": "1"}]),
    ("an equals sign in a value", "a=b=c", ["a=b=c", {"a": "b=c"}]),
    ("several bytes to a character", "a=%E2%82%AC", ["a=\u20ac", {"a": "\u20ac"}]),
]


@pytest.mark.parametrize("qs,told", cases(QUERIES))
def test_the_plain_functions_decode(kept, qs, told):
    assert form(kept, "/utils?" + qs) == told


@pytest.mark.parametrize("qs", ["%", "a=%", "a=%4", "a=%zz", "%ff", "a=%00", "&&", "=", "=&=", "&a=1&", "a=100%+b"])
def test_an_odd_query_is_no_error(kept, qs):
    assert kept.get("/qs-plain?" + qs).status == 200


# Whole responses

def test_jsonify(kept):
    answer = kept.get("/request")
    assert (answer.status, answer.get("Content-Type").split(b";")[0]) == (200, b"application/json")


@pytest.mark.wire
def test_http_error(kept):
    answer = kept.get("/error")
    assert (answer.status, answer.reason) == (403, "Forbidden")


@pytest.mark.wire
def test_a_response_may_be_written_by_hand(kept):
    with kept.connect() as c:
        c.send(b"GET /hand HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.everything() == b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nwhole by hand"


def test_sendfile(kept):
    answer = kept.get("/file")
    assert (answer.status, answer.text) == (200, "body { color: red }\n")
    assert answer.get("Content-Type").split(b";")[0] == b"text/css"


def test_sendfile_with_a_type_and_headers(kept):
    answer = kept.get("/file-typed")
    assert (answer.get("Content-Type"), answer.get("X-One")) == (b"text/x-mine", b"1")


def test_sendfile_of_a_missing_file_is_404(kept):
    assert kept.get("/file-missing").status == 404


def test_sendstream(kept):
    assert kept.get("/stream").body == bytes(range(256)) * 400


def test_static_files(kept):
    assert kept.get("/static/style.css").text == "body { color: red }\n"


def test_get_mime_type(kept):
    told = [t.split(";")[0] for t in form(kept, "/mime")]
    assert told == ["text/html", "text/css", "image/png", "image/jpeg", "text/plain"]


def test_templates_and_files_of_a_package_are_its_own(serve):
    shop = serve("packaged.py")
    assert shop.get("/shop/").text == "shop of fruit\n"
    assert shop.get("/shop/static/shop.css").text == ".shop { color: green }\n"


# Connections that a handler keeps

def test_a_handler_that_returns_False_keeps_the_connection_for_a_later_task(kept):
    with kept.connect() as c:
        c.send(b"GET /later?3 HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = c.response()
        assert answer.get("Content-Type") == b"text/event-stream"
        assert answer.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
        assert c.closes()


def test_an_event_is_sent_at_once(kept):
    with kept.connect() as c:
        c.send(b"GET /later?999 HTTP/1.1\r\nHost: x\r\n\r\n")
        seen = b""
        while b"data: 0" not in seen:
            seen += c.receive()
        assert b"data: 998" not in seen


def test_a_write_to_a_peer_that_has_left_raises_OSError(kept):
    before = len(form(kept, "/events"))
    with kept.connect() as c:
        c.send(b"GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
        c.receive()
    while len(form(kept, "/events")) == before:  # the test's time-out ends it
        pass
    assert form(kept, "/events")[-1] == "OSError"


# Sub-classes

def test_handle_exc_answers(kept):
    answer = kept.get("/raise-decide")
    assert (answer.status, answer.text.split()[0]) == (418, "handled")


def test_what_handle_exc_raises_never_ends_the_server(kept):
    with kept.connect() as c:
        c.send(b"GET /raise-again HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert c.response().status == 500
        except (h11.RemoteProtocolError, ConnectionError):
            assert c.ended
    assert kept.logged("from handle_exc")
    assert kept.get("/added").text == "added"


def test_an_exception_that_handle_exc_does_not_answer_is_a_500(kept):
    assert kept.get("/raise-pass").status == 500
    assert kept.logged("KeyError")


def test_init_is_called_once_before_the_first_request(start):
    server = start("compatibility.py")
    assert form(server, "/inits") == [1, 1, 1, 1]
    for path in ("/sub/", "/sub/deeper/", "/added"):
        server.get(path)
    assert form(server, "/inits") == [1, 1, 1, 1]


@pytest.mark.wire
def test_a_lazy_init_waits_for_the_first_request_of_a_mounted_app(start):
    server = start("compatibility.py", "0", "lazy")
    assert form(server, "/inits") == [1, 0, 0, 0]
    server.get("/sub/page")
    assert form(server, "/inits") == [1, 1, 0, 0]
    server.get("/sub/deeper/page")
    server.get("/sub/page")
    assert form(server, "/inits") == [1, 1, 1, 0]


def test_serve_may_be_overridden(serve):
    assert serve("own_serve.py").get("/").text == "served by the app"


@pytest.mark.wire
def test_a_task_made_before_run_runs(kept):
    assert form(kept, "/tasks") == ["a task of before run()"]


def test_an_apps_own_log_gets_the_lines(serve):
    server = serve("own_log.py")
    server.get("/none")
    assert any("/none" in line for line in form(server, "/"))
