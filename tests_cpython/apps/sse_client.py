"""What a TestClient sees of server-sent events: run as a script it tells of each case whether it holds."""

import picoweb
import uasyncio as asyncio
from picoweb.sse import EventStream, Hub
from picoweb.testing import TestClient

app = picoweb.WebApp(__name__, serve_static=False)
hub = Hub(size=4, replay=2, heartbeat=1)
told = []


@app.route("/count/<int:n>")
async def count(req, resp, n):
    async with EventStream(req, resp) as events:
        for i in range(n):
            await events.send({"i": i}, event="count", id=i)


@app.route("/pause")
async def pause(req, resp):
    try:
        async with EventStream(req, resp, heartbeat=1) as events:
            await events.send("paused")
            await asyncio.sleep(60)
    except asyncio.CancelledError:
        told.append("cancelled")
        raise


@app.route("/hub")
async def serve(req, resp):
    await hub.serve(req, resp)


async def until(ready):
    for _ in range(300):
        if ready():
            return
        await asyncio.sleep_ms(20)
    raise AssertionError("it does not come")


async def a_handlers_events():
    async with TestClient(app).stream("GET", "/count/3") as answer:
        events = []
        async for event in answer.events():
            events.append(event)
    assert [(e.data, e.event, e.id) for e in events] == [('{"i": %d}' % i, "count", str(i)) for i in range(3)], events


async def an_answer_read_whole():
    answer = await TestClient(app).get("/count/2")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.text.count("data: ") == 2


async def leaving_ends_a_pausing_handler():
    async with TestClient(app).stream("GET", "/pause") as answer:
        assert (await answer.event()).data == "paused"
    await until(lambda: told == ["cancelled"])
    await until(lambda: not app.connections)


async def a_hub_sends_to_two():
    client = TestClient(app)
    async with client.stream("GET", "/hub") as one:
        async with client.stream("GET", "/hub") as two:
            hub.publish("both", event="said")
            for answer in (one, two):
                event = await answer.event()
                assert (event.data, event.event, event.id) == ("both", "said", str(hub.id)), event
        hub.publish("again")
        assert (await one.event()).data == "again"
    await until(lambda: not app.connections)  # by heartbeats
    assert not hub.clients


async def a_client_that_returns():
    last = hub.id
    hub.publish("missed")
    async with TestClient(app).stream("GET", "/hub", headers={"Last-Event-ID": str(last)}) as answer:
        assert (await answer.event()).data == "missed"


async def a_client_that_does_not_read():
    async with TestClient(app).stream("GET", "/hub") as answer:
        first = hub.id + 1
        for _ in range(50):
            hub.publish("x" * 500)
            await asyncio.sleep_ms(0)
        ids = []
        while not ids or ids[-1] != hub.id:
            ids.append(int((await answer.event()).id))
    assert ids[0] == first and ids == sorted(ids) and 8 < len(ids) < 50, ids
    assert ids[-4:] == list(range(hub.id - 3, hub.id + 1)), ids


CASES = [
    a_handlers_events, an_answer_read_whole, leaving_ends_a_pausing_handler, a_hub_sends_to_two, a_client_that_returns,
    a_client_that_does_not_read,
]


async def main():
    for case in CASES:
        await case()
        print("ok", CASES.index(case))
    print("all")


if __name__ == "__main__":
    asyncio.run(main())
