"""python-socketio beside a picoweb app: examples/host_socketio.py with socketio's own client."""

import asyncio

import pytest
import socketio

from conftest import ROOT
from support.servers import ASGI, OtherServer


@pytest.fixture(scope="module", params=["uvicorn", "hypercorn"])
def host(request, tmp_path_factory):
    host = OtherServer(request.param, ASGI[request.param], "host_socketio:application", tmp_path_factory.mktemp("host"),
                ROOT / "examples")
    yield host.start("/")
    host.end()


@pytest.mark.parametrize("transports", [None, ["websocket"]], ids=["polling-first", "websocket"])
def test_events_and_pages_reach_each_other(host, transports):
    async def test():
        client = socketio.AsyncSimpleClient()
        await client.connect("http://127.0.0.1:%d" % host.port, transports=transports)
        try:
            assert await client.call("say_all", "hello")
            assert await client.receive(5) == ["said", "hello"]
            assert (await asyncio.to_thread(host.post, "/say", data={"text": "by a form"})).status_code == 200
            assert await client.receive(5) == ["said", "by a form"]
        finally:
            await client.disconnect()

    asyncio.run(asyncio.wait_for(test(), 20))
