"""An app of which any allocation can be made to fail: a datagram with n has the n-th from then on fail.

It is answered, before that, with the number of allocations since the last datagram, and of connections.
"""

import gc
import sys

import uasyncio as asyncio
import uhashlib
import usocket

if not hasattr(uhashlib, "sha1"):  # which boards have; of the one key that is asked for (RFC 6455 1.3)
    class Module:
        sha256 = uhashlib.sha256

        class sha1:
            def __init__(self, data):
                assert data == b"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

            def digest(self):
                return bytes(DIGEST)

    DIGEST = bytearray(b"\xb3\x7a\x4f\x2c\xc0\x62\x4f\x16\x90\xf6\x46\x06\xcf\x38\x59\x45\xb2\xbe\xc4\xea")
    sys.modules["uhashlib"] = Module

import picoweb
from picoweb.form import with_form
from picoweb.sse import EventStream, Hub
from picoweb.upload import Upload
from picoweb.websocket import WebSocket

app = picoweb.WebApp(None)
app.max_body = 4000
app.head_timeout = 1


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/json")
async def json(req, resp):
    return {"name": "pico", "values": [1, 2.5, None]}


@app.route("/form", methods=["POST"])
async def form(req, resp):
    await req.read_form_data()
    return req.form["name"]


@app.route("/stream")
async def stream(req, resp):
    await picoweb.start_response(resp, "text/plain")
    for i in range(3):
        await resp.awrite("part %d\n" % i)
        await asyncio.sleep_ms(1)


@app.route("/pieces")
def pieces(req, resp):
    for i in range(3):
        yield "piece %d\n" % i


@app.websocket("/ws")
async def echo(req, ws):
    async for message in ws:
        await ws.send(message)


@app.route("/ws/own")
async def own_websocket(req, resp):
    async with WebSocket(req, resp) as ws:
        await ws.send(await ws.receive())


@app.route("/events")
async def events(req, resp):
    async with EventStream(req, resp) as stream:
        for i in range(3):
            await stream.send({"event": i}, "count", i)


hub = Hub(replay=2)


@app.route("/hub")
async def join(req, resp):
    await hub.serve(req, resp)


@app.route("/publish")
async def publish(req, resp):
    hub.publish("news", "said")
    return "published"


@app.route("/with-form", methods=["POST"])
@with_form("up")
async def filled(req, resp):
    file = req.files["file"]
    file.save()
    return [req.form["name"], file.size]


upload = Upload("up/firmware")


@app.route("/upload", methods=["PUT"])
async def put(req, resp):
    return str(await upload.receive(req))


datagrams = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
datagrams.bind(usocket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
datagrams.setblocking(False)


def control():
    """Task: answer datagrams."""
    n = 0
    while True:
        wait = asyncio.core._io_queue.queue_read(datagrams)
        gc.fail(n)
        yield wait
        made = gc.fail(0)
        data, client = datagrams.recvfrom(16)
        n = int(data)
        if not n:
            gc.collect()
        datagrams.sendto(b"%d %d" % (made, len(app.connections)), client)


@app.at_start
def started():
    asyncio.create_task(control())


app.run(port=int(sys.argv[1]), debug=-1)
