"""client.websocket() where its user is CPython's asyncio; the cases for every runtime are run by test_testing.py."""

import asyncio

import picoweb
import picoweb.host  # noqa: F401 (its import makes the board's modules known)
from picoweb.testing import TestClient


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
