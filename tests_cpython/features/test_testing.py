"""picoweb.testing: the cases of apps/testing_*.py on every runtime as scripts, and in pytest on CPython."""

import asyncio
import functools

import pytest

import picoweb
from picoweb.testing import TestClient

from conftest import UNCAUGHT
from support.in_memory import RUNTIMES, load, run

SCRIPTS = {name: load(name) for name in ("testing_client", "testing_websocket")}
CASES = [(script, case) for script, module in SCRIPTS.items() for case in module.CASES]
each = pytest.mark.parametrize("script,case", CASES, ids=[case.__name__ for _, case in CASES])


@pytest.fixture(scope="session", params=RUNTIMES)
def told(request, tmp_path_factory):
    """`told(script)` answers what that prints on a runtime."""
    return functools.cache(lambda script: run(script, request.param, tmp_path_factory.mktemp("testing")))


@each
def test_as_a_script(told, script, case):
    assert "ok %s\n" % case.__name__ in told(script), told(script)


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_task_dies_of_what_nobody_caught(told, script):
    assert UNCAUGHT not in told(script), told(script)


@each
def test_in_pytest(script, case):
    asyncio.run(case())


def hello():
    app = picoweb.WebApp(None)

    @app.route("/")
    async def index(req, resp):
        return "hello"

    @app.route("/keep")
    async def keep(req, resp):
        await resp.awrite("HTTP/1.0 200 OK\r\n\r\n")
        return False

    return app


def test_what_went_wrong_in_the_app_is_printed(capsys):
    asyncio.run(TestClient(SCRIPTS["testing_client"].app).get("/broken"))
    printed = capsys.readouterr().out
    assert "GET /broken 500" in printed and "LookupError: the reason" in printed


def test_a_client_outlives_its_loops():
    app = hello()
    client = TestClient(app)

    async def get():
        return await client.get("/")

    for _ in range(3):
        assert asyncio.run(get()).text == "hello"
    assert app.sweeping is None


def test_a_loop_that_was_closed_leaves_nothing_behind():
    app = hello()
    client = TestClient(app)

    async def leave():
        async with client.stream("GET", "/keep"):
            pass
        return app.sweeping

    for _ in range(20):  # more than an app takes connections
        loop = asyncio.new_event_loop()
        sweeping = loop.run_until_complete(leave())
        assert (sweeping.get_loop(), len(app.connections)) == (loop, 1)
        sweeping._log_destroy_pending = False  # asyncio's complaint is what the test is about
        loop.close()


def test_a_plain_generator_may_await_asyncios_coroutines():
    app = picoweb.WebApp(None)

    @app.route("/")
    def index(req, resp):
        yield from picoweb.start_response(resp)
        yield from asyncio.sleep(0)
        yield from resp.awrite("slept")

    assert asyncio.run(TestClient(app).get("/")).text == "slept"


def test_a_client_may_wait_for_ever():
    assert asyncio.run(TestClient(hello(), timeout=None).get("/")).text == "hello"
