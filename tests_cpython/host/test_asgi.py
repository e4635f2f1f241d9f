"""The ASGI application against the specification, in this process, through asgiref."""

import asyncio
import gc
import logging

import picoweb.host  # noqa: F401 (its import makes the board's modules known)
import pytest
from asgiref.testing import ApplicationCommunicator

import picoweb
from picoweb.host import asgi
from picoweb.host.asgi_app import HTTPConnection

from support.table import cases

LONG = "x" * 2000


def make():
    app = picoweb.WebApp(None, serve_static=False)
    app.told = []

    @app.route("/")
    def index(req, resp):
        return {"hello": "world"}

    @app.route("/client")
    def client(req, resp):
        return [req.client]

    @app.route("/path/<path:rest>")
    def path(req, resp, rest):
        return [req.path, req.qs, rest]

    @app.route("/echo")
    async def echo(req, resp):
        return await req.reader.read()

    @app.route("/agent")
    def agent(req, resp):
        return {name.decode(): value.decode() for name, value in req.headers.items()}

    @app.route("/two")
    async def two(req, resp):
        await picoweb.start_response(resp, "text/plain")
        await resp.awrite("one ")
        await asyncio.sleep(0)
        await resp.awrite("two")

    @app.route("/late")
    async def late(req, resp):
        await picoweb.start_response(resp)
        await resp.awrite(LONG)
        await asyncio.sleep(0.01)
        raise ValueError("late")

    @app.route("/wait")
    async def wait(req, resp):
        if req.qs:
            await picoweb.start_response(resp)
            await resp.awrite(LONG)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            app.told.append("cancelled")
            raise

    @app.route("/kept")
    async def kept(req, resp):
        await picoweb.start_response(resp, "text/plain")
        app.kept = resp
        return False

    @app.route("/short")
    async def short(req, resp):
        await picoweb.start_response(resp, "text/plain", "200", {"Content-Length": "10"})
        await resp.awrite("12345")

    return app


def scope(path="/", method="GET", headers=(), body=b"", **more):
    raw, _, query = path.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": raw, "raw_path": raw.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"localhost"), *headers], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), **more,
    }


def run(test):
    asyncio.run(asyncio.wait_for(test, 10))


async def ask(app, scope, *messages):
    """The messages that answer a scope, as asgiref's tester receives them."""
    talk = ApplicationCommunicator(asgi(app), scope)
    for message in messages or ({"type": "http.request", "body": b"", "more_body": False},):
        await talk.send_input(message)
    return await receive_all(talk)


async def receive_all(talk):
    messages = []
    while not messages or messages[-1].get("more_body") or messages[-1]["type"].endswith("start"):
        messages.append(await talk.receive_output(5))
    await talk.wait(5)
    assert await talk.receive_nothing()
    return messages


def body(messages):
    return b"".join(message.get("body", b"") for message in messages[1:])


def test_a_response_is_a_start_and_a_body():
    async def test():
        start, end = await ask(make(), scope())
        assert start == {
            "type": "http.response.start", "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"18")],
        }
        assert end["type"] == "http.response.body" and end["body"] == b'{"hello": "world"}'
        assert not end.get("more_body")
    run(test())


CLIENTS = [
    ("its own address", {}, [], b'[["127.0.0.1", 1]]'),
    ("a named proxy", {}, ["127.0.0.1"], b'[["1.2.3.4", 0]]'),
    ("no address, as behind a unix socket", {"client": None}, ["127.0.0.1"], b"[null]"),
]


@pytest.mark.parametrize("more,proxies,told", cases(CLIENTS))
def test_the_client_is_whom_a_named_proxy_forwards_for(more, proxies, told):
    async def test():
        app = make()
        app.trusted_proxies = proxies
        sent = scope("/client", headers=[(b"x-forwarded-for", b"6.6.6.6, 1.2.3.4")], **more)
        assert body(await ask(app, sent)) == told
    run(test())


@pytest.mark.parametrize("path", ["/", "/two", "/late?", "/none", "/agent", "/kept"])
def test_every_message_has_the_types_of_the_specification(path):
    async def test():
        app = make()
        talk = ApplicationCommunicator(asgi(app), scope(path))
        await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await talk.receive_output(5)
        assert type(start["status"]) is int
        for name, value in start["headers"]:
            assert type(name) is bytes and type(value) is bytes and name == name.lower()
        if path == "/kept":
            await app.kept.aclose()
        if path != "/late?":
            await talk.wait(5)
        else:
            talk.stop(exceptions=False)
    run(test())


PATHS = [
    ("a plain path", {"path": "/path/a?x=%31"}, ["/path/a", "x=%31", "a"]),
    ("a quoted slash", {"path": "/path/a/b", "raw_path": b"/path/a%2Fb"}, ["/path/a%2Fb", "", "a/b"]),
    ("no raw path", {"path": "/path/a b%", "raw_path": None}, ["/path/a%20b%25", "", "a b%"]),
    ("a raw path that is not ASCII", {"path": "/path/\xe9", "raw_path": "/path/\xe9".encode()},
     ["/path/%C3%A9", "", "\xe9"]),
    ("a root path", {"path": "/below/path/a", "raw_path": b"/below/path/a", "root_path": "/below"},
     ["/path/a", "", "a"]),
    ("a path that only begins like the root path", {"path": "/pat", "raw_path": b"/path/a", "root_path": "/pat"},
     ["/path/a", "", "a"]),
    ("a root path that a server has taken off", {"path": "/path/a", "root_path": "/below"}, ["/path/a", "", "a"]),
]


@pytest.mark.parametrize("more,seen", cases(PATHS))
def test_the_path_is(more, seen):
    async def test():
        asked = scope(**{**more, "path": more["path"]})
        asked.update({key: value for key, value in more.items() if key != "path"})
        import json
        assert json.loads(body(await ask(make(), asked))) == seen
    run(test())


def test_a_body_in_pieces_is_one_body():
    async def test():
        pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in (b"on", b"", b"e ", b"two")]
        asked = scope("/echo", "POST", [(b"transfer-encoding", b"chunked")])
        assert body(await ask(make(), asked, *pieces, {"type": "http.request"})) == b"one two"
    run(test())


def test_a_request_without_a_body_is_not_waited_for():
    async def test():
        talk = ApplicationCommunicator(asgi(make()), scope("/echo", "POST"))
        assert body(await receive_all(talk)) == b""
    run(test())


def test_headers_have_the_spelling_of_the_server():
    async def test():
        asked = scope("/agent", headers=[(b"user-agent", b"x"), (b"x-two", b"1"), (b"x-two", b"2")])
        assert body(await ask(make(), asked)) == b'{"host": "localhost", "user-agent": "x", "x-two": "1, 2"}'
    run(test())


def test_parts_are_sent_when_the_handler_waits():
    async def test():
        messages = await ask(make(), scope("/two"))
        assert [m.get("body") for m in messages[1:] if m.get("body")] == [b"one ", b"two"]
    run(test())


def test_an_exception_after_the_start_leaves_the_application_and_the_response_open():
    async def test():
        talk = ApplicationCommunicator(asgi(make()), scope("/late"))
        await talk.send_input({"type": "http.request"})
        assert (await talk.receive_output(5))["status"] == 200
        assert (await talk.receive_output(5))["more_body"]
        with pytest.raises(ValueError, match="late"):
            await talk.wait(5)
        assert talk.output_queue.empty()
    run(test())


def test_a_response_shorter_than_it_said_is_logged(caplog):
    run(ask(make(), scope("/short")))
    assert "Content-Length is wrong by 5 bytes" in caplog.text


@pytest.mark.parametrize("query", ["", "?begun"])
def test_a_client_that_leaves_cancels_the_handler(query, caplog):
    async def test():
        app = make()
        talk = ApplicationCommunicator(asgi(app), scope("/wait" + query))
        await talk.send_input({"type": "http.request"})
        if query:
            assert (await talk.receive_output(5))["status"] == 200
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(5)
        assert app.told == ["cancelled"]
        assert app.connections == []
    run(test())
    assert caplog.text == ""


def test_a_server_that_cancels_the_application_sees_it_end_cancelled():
    async def test():
        app = make()
        task = asyncio.create_task(asgi(app)(scope("/wait"), asyncio.Event().wait, None))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert app.told == ["cancelled"]
    run(test())


def test_a_client_that_leaves_in_its_body_ends_the_handler(caplog):
    async def test():
        app = make()
        talk = ApplicationCommunicator(asgi(app), scope("/echo", "POST", [(b"content-length", b"10")]))
        await talk.send_input({"type": "http.request", "body": b"12345", "more_body": True})
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(5)
        assert await talk.receive_nothing()
    run(test())
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("leaves", [False, True])
def test_a_kept_connection_is_open_until_the_app_closes_it_or_the_client_leaves(leaves):
    async def test():
        app = make()
        talk = ApplicationCommunicator(asgi(app), scope("/kept"))
        await talk.send_input({"type": "http.request"})
        assert (await talk.receive_output(5))["status"] == 200
        await app.kept.awrite("later")
        while b"later" not in (await talk.receive_output(5)).get("body", b""):
            pass
        if leaves:
            await talk.send_input({"type": "http.disconnect"})
            await talk.wait(5)
            with pytest.raises(OSError):
                await app.kept.awrite("too late")
        else:
            await app.kept.aclose()
            assert not (await talk.receive_output(5))["more_body"]
            await talk.wait(5)
        assert app.connections == []
    run(test())


def test_the_body_timeout_ends_a_body_that_stalls():
    async def test():
        app = make()
        app.body_timeout = 1
        talk = ApplicationCommunicator(asgi(app), scope("/echo", "POST", [(b"content-length", b"10")]))
        await talk.send_input({"type": "http.request", "body": b"12345", "more_body": True})
        assert (await talk.receive_output(5))["status"] == 408
        await talk.receive_output(5)
        await talk.wait(5)
    run(test())


def test_a_send_that_fails_is_the_servers_to_hear_of():
    async def send(message):
        raise OSError("the client has left")

    async def test():
        with pytest.raises(OSError):
            await asgi(make())(scope(), None, send)
    run(test())


# Lifespan

def lifespan(app):
    return ApplicationCommunicator(asgi(app), {"type": "lifespan", "asgi": {"version": "3.0"}})


def test_lifespan_calls_init_once_of_every_app_and_stop():
    async def test():
        told = []

        class App(picoweb.WebApp):
            def init(self):
                told.append(self.pkg)

            async def stop(self, timeout=5):
                told.append("stop")

        app, sub = App("__main__"), App(None)
        app.mount("/sub", sub)
        talk = lifespan(app)
        await talk.send_input({"type": "lifespan.startup"})
        assert await talk.receive_output(5) == {"type": "lifespan.startup.complete"}
        await ask(app, scope("/sub/none"))
        await talk.send_input({"type": "lifespan.shutdown"})
        assert await talk.receive_output(5) == {"type": "lifespan.shutdown.complete"}
        await talk.wait(5)
        assert told == ["__main__", None, "stop"]
    run(test())


def test_without_lifespan_the_first_request_calls_init():
    async def test():
        app = make()
        app.init = lambda: app.told.append("init")
        await ask(app, scope())
        await ask(app, scope())
        assert app.told == ["init"]
    run(test())


def test_a_failed_init_is_told():
    async def test():
        app = make()
        app.init = lambda: 1 / 0
        talk = lifespan(app)
        await talk.send_input({"type": "lifespan.startup"})
        assert await talk.receive_output(5) == {
            "type": "lifespan.startup.failed", "message": "ZeroDivisionError: division by zero",
        }
        with pytest.raises(ZeroDivisionError):
            await talk.wait(5)
    run(test())


def test_an_unknown_scope_is_a_ValueError():
    with pytest.raises(ValueError, match="smtp"):
        run(asgi(make())({"type": "smtp"}, None, None))


def test_an_app_that_has_a_log_keeps_it():
    app = make()
    app.log = log = logging.getLogger("own")
    asgi(app)
    assert app.log is log


def test_requests_leave_nothing_behind():
    async def test():
        app = make()
        application = asgi(app)
        for _ in range(300):
            talk = ApplicationCommunicator(application, scope("/two"))
            await talk.send_input({"type": "http.request"})
            await talk.wait(5)
        del talk
        gc.collect()
        assert [thing for thing in gc.get_objects() if type(thing) is HTTPConnection and thing.app is app] == []
        assert app.connections == []
    run(test())


def test_what_cannot_be_JSON_is_500():
    async def test():
        app = make()
        app.add_url_rule("/set", lambda req, resp: {"a": {1, 2}})
        assert (await ask(app, scope("/set")))[0]["status"] == 500
    run(test())
