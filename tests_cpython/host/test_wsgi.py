"""The WSGI application against PEP 3333, in this process, through wsgiref's validator."""

import asyncio
import io
import threading
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import picoweb.host  # noqa: F401 (its import makes the board's modules known)
import pytest

import picoweb
from picoweb.host import wsgi

from support.table import cases


def make():
    app = picoweb.WebApp(None, serve_static=False)
    app.told = []
    app.has_ended = threading.Event()

    @app.route("/")
    def index(req, resp):
        return {"hello": "world"}

    @app.route("/echo")
    async def echo(req, resp):
        return (await req.reader.read()).decode() + " " + req.headers.get(b"Content-Type", b"").decode()

    @app.route("/parts")
    async def parts(req, resp):
        await picoweb.start_response(resp, "text/plain")
        try:
            for n in range(100):
                await resp.awrite("%04d" % n * 500)
                app.told.append(n)
        finally:
            app.has_ended.set()

    @app.route("/thread")
    def thread(req, resp):
        return [threading.current_thread().name]

    @app.route("/client")
    def client(req, resp):
        resp.set_cookie("a", "1")
        return [req.client, req.cookies]

    @app.route("/number")
    def number(req, resp):
        return 5

    @app.route("/true")
    def true(req, resp):
        return True

    @app.route("/empty")
    def empty(req, resp):
        return "", 204

    @app.route("/late")
    async def late(req, resp):
        await picoweb.start_response(resp)
        await resp.awrite("x" * 2000)
        await asyncio.sleep(0.01)
        raise ValueError("late")

    return app


def environ(path="/", method="GET", body=b"", **more):
    made = {"SCRIPT_NAME": "", "PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1"}
    setup_testing_defaults(made)
    if body:
        made.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "text/plain"})
    return {key: value for key, value in {**made, **more}.items() if value is not None}


def ask(application, environ):
    """The status, the headers and the body that answer an environ."""
    started = []
    body = application(environ, lambda status, headers: started.append((status, dict(headers))))
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return (*started[0], content)


@pytest.mark.parametrize("path,method", [("/", "GET"), ("/", "HEAD"), ("/parts", "GET"), ("/empty", "GET"), ("/none", "GET")])
def test_the_validator_of_wsgiref_is_content_with(path, method):
    body = validator(wsgi(make()))(environ(path, method), lambda status, headers, exc_info=None: lambda data: None)
    for _ in body:
        pass
    body.close()


def test_a_response_is_a_status_headers_and_parts():
    assert ask(wsgi(make()), environ()) == (
        "200 OK", {"content-type": "application/json", "content-length": "18"}, b'{"hello": "world"}')


def test_the_client_is_whom_a_named_proxy_forwards_for():
    made = environ("/client", HTTP_X_FORWARDED_FOR="6.6.6.6, 1.2.3.4", HTTP_COOKIE="b=2", REMOTE_ADDR="127.0.0.1", REMOTE_PORT="7")
    app = make()
    status, headers, body = ask(wsgi(app), made)
    assert (body, headers["set-cookie"]) == (b'[["127.0.0.1", 7], {"b": "2"}]', "a=1; Path=/; SameSite=Lax; HttpOnly")
    app.trusted_proxies = ["127.0.0.1"]
    assert ask(wsgi(app), made)[2] == b'[["1.2.3.4", 0], {"b": "2"}]'
    assert ask(wsgi(app), environ("/client", REMOTE_ADDR=None))[2] == b"[null, {}]"


def test_a_number_is_JSON_and_True_is_an_error(caplog):
    assert ask(wsgi(make()), environ("/number"))[1:] == (
        {"content-type": "application/json", "content-length": "1"}, b"5")
    assert ask(wsgi(make()), environ("/true"))[0] == "500 Internal Server Error"
    assert "true of %s answers with True" % __file__ in caplog.text


def test_a_body_is_read_up_to_its_length():
    made = environ("/echo", "POST", b"one two")
    made["wsgi.input"] = io.BytesIO(b"one two, and the next request")
    assert ask(wsgi(make()), made)[2] == b"one two text/plain"


def test_a_body_without_a_length_is_read_where_the_server_ends_it():
    made = environ("/echo", "POST", HTTP_TRANSFER_ENCODING="chunked")
    made.update({"wsgi.input": io.BytesIO(b"one two"), "wsgi.input_terminated": True})
    assert ask(wsgi(make()), made)[2] == b"one two "


def test_a_body_that_is_cut_is_the_servers_to_hear_of(caplog):
    made = environ("/echo", "POST", b"one two")
    made["wsgi.input"] = io.BytesIO(b"one")
    with pytest.raises(ConnectionResetError, match="the client has left"):
        ask(wsgi(make()), made)
    assert "Traceback" not in caplog.text


MALFORMED = [
    ("no method", {"REQUEST_METHOD": None}, b"REQUEST_METHOD"),
    ("a method with a blank", {"REQUEST_METHOD": "GET /"}, b"REQUEST_METHOD"),
    ("a length that is no number", {"CONTENT_LENGTH": "five"}, b"CONTENT_LENGTH"),
    ("a negative length", {"CONTENT_LENGTH": "-1"}, b"CONTENT_LENGTH"),
    ("a path that is not Latin-1", {"PATH_INFO": "/\u20ac"}, b"PATH_INFO"),
    ("a header that is not Latin-1", {"HTTP_X_TEST": "\u20ac"}, b"HTTP_X_TEST"),
    ("a path that is not UTF-8", {"PATH_INFO": "/\xff"}, b"malformed path"),
]


@pytest.mark.parametrize("more,named", cases(MALFORMED))
def test_a_bad_environ_is_400(more, named):
    status, _, body = ask(wsgi(make()), environ(**more))
    assert status == "400 Bad Request"
    assert named in body


def test_a_path_is_decoded_once_for_routes_and_encoded_anew_for_handlers():
    app = make()
    app.add_url_rule("/100%25", lambda req, resp: req.path)
    assert ask(wsgi(app), environ("/100%25"))[2] == b"/100%2525"


def test_the_script_name_is_not_the_apps():
    assert ask(wsgi(make()), environ("", SCRIPT_NAME="/below"))[0] == "200 OK"


def test_handlers_share_one_thread():
    application = wsgi(make())
    names = []
    threads = [threading.Thread(target=lambda: names.append(ask(application, environ("/thread"))[2])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert names == [b'["picoweb"]'] * 8


def test_a_server_that_sends_slowly_slows_the_handler_down():
    app = make()
    parts = iter(wsgi(app)(environ("/parts"), lambda *args: None))
    first = next(parts)
    assert len(app.told) < 10
    assert len(first + b"".join(parts)) == 100 * 2000
    assert len(app.told) == 100


def test_a_server_that_closes_ends_the_handler():
    app = make()
    body = wsgi(app)(environ("/parts"), lambda *args: None)
    next(iter(body))
    body.close()
    assert app.has_ended.wait(5)
    assert len(app.told) < 100


def test_an_exception_after_the_start_is_raised_to_the_server():
    with pytest.raises(ValueError, match="late"):
        ask(wsgi(make()), environ("/late"))


def test_an_init_that_fails_is_raised_to_the_server():
    app = make()
    app.init = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        ask(wsgi(app), environ())


def test_init_is_called_once_on_the_loop():
    app = make()
    app.init = lambda: app.told.append(threading.current_thread().name)
    application = wsgi(app)
    ask(application, environ())
    ask(application, environ())
    assert app.told == ["picoweb"]
