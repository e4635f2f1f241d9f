"""client.websocket(): the cases of apps/testing_websocket.py on every runtime as a script, and in pytest on CPython."""

import asyncio

import pytest

import picoweb
from picoweb.testing import TestClient

from conftest import UNCAUGHT
from in_memory import RUNTIMES, load, run

HERE_TOO = load("testing_websocket")
NAMES = [case.__name__ for case in HERE_TOO.CASES]


@pytest.fixture(scope="session", params=RUNTIMES)
def told(request, tmp_path_factory):
    """What the script prints on a runtime."""
    return run("testing_websocket", request.param, tmp_path_factory.mktemp("testing"))


@pytest.mark.parametrize("name", NAMES)
def test_as_a_script(told, name):
    assert "ok %s\n" % name in told, told


def test_no_task_dies_of_what_nobody_caught(told):
    assert UNCAUGHT not in told, told


@pytest.mark.parametrize("case", HERE_TOO.CASES, ids=NAMES)
def test_in_pytest(case):
    asyncio.run(case())


def talking():
    app = picoweb.WebApp(None)

    @app.websocket("/echo")
    async def echo(req, ws):
        async for message in ws:
            await ws.send(message)

    return app


async def ask(client, text):
    async with client.websocket("/echo") as ws:
        await ws.send(text)
        return await ws.receive()


def test_a_client_outlives_its_loops():
    app = talking()
    client = TestClient(app)
    for text in ("one", "two", "three"):
        assert asyncio.run(ask(client, text)) == text
        assert not app.connections


def test_a_client_may_wait_for_ever():
    assert asyncio.run(ask(TestClient(talking(), timeout=None), "x")) == "x"


def test_a_mounted_app_is_reached():
    app = picoweb.WebApp(None)
    app.mount("/in", talking())

    async def test():
        async with TestClient(app).websocket("/in/echo") as ws:
            await ws.send("x")
            return await ws.receive()

    assert asyncio.run(test()) == "x"
