"""Server-sent events: streams of one handler, and hubs that a test makes by naming them."""

import gc
import sys

import picoweb
import uasyncio as asyncio
import ujson
from picoweb.sse import EventStream, Hub, encode


class Short(picoweb.WebApp):
    max_connections = 32
    write_timeout = 4


app = Short(__name__, serve_static=False)
state = {"paused": "", "told": "", "flow": ""}
hubs = {}
CASES = [
    ("text", {}),
    ("two\nlines", {"event": "named"}),
    ({"a": [1, None]}, {"id": 7}),
    (b"bytes \xe2\x82\xac", {"event": "e\u20ac", "id": "i\u20ac", "retry": 1500}),
    ("", {}),
]


def hub_of(req, name):
    """The hub of that name, made with the options of the query."""
    if name not in hubs:
        req.parse_qs()
        options = {key: int(value) for key, value in req.form.items()}
        options["heartbeat"] = 1
        hubs[name] = Hub(**options)
    return hubs[name]


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/state/<name>")
async def tell_state(req, resp, name):
    return state[name]


@app.route("/connections")
async def connections(req, resp):
    return "%d" % len([conn for conn in app.connections if conn is not resp])


@app.route("/encode", methods=["POST"])
async def encoded(req, resp):
    fields = ujson.loads(await req.reader.read(-1))
    try:
        return encode(**fields)
    except ValueError as e:
        return ("ValueError: %s" % e, 422)


# One handler's stream

@app.route("/cases")
async def cases(req, resp):
    resp.add_header("X-Own", "kept")
    async with EventStream(req, resp) as events:
        for data, fields in CASES:
            await events.send(data, **fields)


@app.route("/generator")
def generator(req, resp):
    events = EventStream(req, resp)
    yield from events.__aenter__()
    yield from events.send("from a generator")


@app.route("/big/<int:size>")
async def big(req, resp, size):
    async with EventStream(req, resp) as events:
        await events.send("x" * size)


@app.route("/pause/<int:heartbeat>")
async def pause(req, resp, heartbeat):
    """Waits for what does not come."""
    state["paused"] = "entered"
    try:
        async with EventStream(req, resp, heartbeat=heartbeat) as events:
            await events.send("waiting")
            state["paused"] = "waiting"
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        state["paused"] = "cancelled"
        raise


@app.route("/idle")
async def idle(req, resp):
    async with EventStream(req, resp) as events:
        await events.send("begun")
        await asyncio.sleep(60)


@app.route("/ticks")
async def ticks(req, resp):
    state["told"] = "sending"
    try:
        async with EventStream(req, resp) as events:
            while True:
                await events.send("x" * 2000)
    except (OSError, asyncio.CancelledError):
        state["told"] = "left"
        raise


@app.route("/forging")
async def forging(req, resp):
    async with EventStream(req, resp) as events:
        await events.send("before")
        await events.send("x", event="a\ndata: forged\n\nevent: b")


# Hubs

@app.route("/hub/<name>")
async def hub(req, resp, name):
    await hub_of(req, name).serve(req, resp)


@app.route("/narrow/<name>")
async def narrow(req, resp, name):
    """A hub's client whose socket takes as little as a board's."""
    stream = resp.stream
    if hasattr(stream, "transport"):  # asyncio's
        stream = stream.transport.get_extra_info("socket")
    if hasattr(stream, "setsockopt"):
        stream.setsockopt(1, 7, 8192)  # SOL_SOCKET, SO_SNDBUF
    await hub_of(req, name).serve(req, resp)


@app.route("/publish/<name>")
async def publish(req, resp, name):
    req.parse_qs()
    hubs[name].publish(req.form["data"], req.form.get("event"))
    return "%d" % hubs[name].id


@app.route("/clients/<name>")
async def clients(req, resp, name):
    return "%d" % len([client for client in hubs[name].clients if client in app.connections])


@app.route("/end/<name>")
async def end_all(req, resp, name):
    """The connections of a hub break."""
    for client in list(hubs[name].clients):
        client.leave()
    return "ended"


@app.route("/page/<name>")
async def page(req, resp, name):
    hub_of(req, name)
    return PAGE % name


PAGE = """<!doctype html><title>events</title><script>
const seen = [];
const source = new EventSource("/hub/%s");
source.onmessage = event => seen.push(event.lastEventId + " " + event.data);
</script>"""


def heap():
    gc.collect()
    if hasattr(gc, "mem_alloc"):
        return gc.mem_alloc()
    return tracemalloc.get_traced_memory()[0]


if not hasattr(gc, "mem_alloc"):
    import tracemalloc


async def flow(hub, count, size):
    state["flow"] = ""
    if not hasattr(gc, "mem_alloc"):
        tracemalloc.start()
    before = most = heap()
    longest = 0
    for n in range(count):
        hub.publish("%04d" % n + "x" * size)
        await asyncio.sleep_ms(2)
        if n % 20 == 0:
            most = max(most, heap())
            longest = max([longest] + [len(client.queue or ()) for client in hub.clients])
    state["flow"] = ujson.dumps({"grown": most - before, "longest": longest})


@app.route("/flow/<name>/<int:count>/<int:size>")
async def start_flow(req, resp, name, count, size):
    state["flow"] = ""
    asyncio.create_task(flow(hubs[name], count, size))
    return "started"


@app.route("/heap")
async def tell_heap(req, resp):
    return "%d" % heap()


# The end

async def end(timeout):
    await app.stop(timeout)
    print("stopped with %d connections" % len(app.connections))


@app.route("/stop")
async def stop(req, resp):
    asyncio.create_task(end(60))  # longer than the test waits
    return "stopping"


async def for_ever():
    await asyncio.sleep(100)  # the loop's life after stop()


asyncio.get_event_loop().create_task(for_ever())
if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=0)
