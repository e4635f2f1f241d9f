"""Time-outs of one's own: `timeouts.py PORT HEAD BODY IDLE [CONNECTIONS]`, in seconds."""

import sys

import picoweb
import uasyncio as asyncio


app = picoweb.WebApp(None, serve_static=False)
app.head_timeout = int(sys.argv[2])
app.body_timeout = int(sys.argv[3])
app.idle_timeout = int(sys.argv[4])
app.max_connections = int(sys.argv[5]) if len(sys.argv) > 5 else 8
left = []


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/work/<int:ms>")
async def work(req, resp, ms):
    await asyncio.sleep_ms(ms)
    return "worked"


@app.route("/read-and-work/<int:ms>")
async def read_and_work(req, resp, ms):
    size = len(await req.reader.readexactly(6))
    await asyncio.sleep_ms(ms)
    return str(size)


@app.route("/read")
async def read(req, resp):
    size = 0
    while True:
        data = await req.reader.read(100)
        if not data:
            return str(size)
        size += len(data)


@app.route("/watch")
async def watch(req, resp):
    """Writes now and then until its client has left."""
    await picoweb.start_response(resp, "text/plain")
    try:
        while True:
            await resp.awrite("begun ")
            await asyncio.sleep_ms(1500)
    finally:
        left.append(req.path)


@app.route("/flood")
async def flood(req, resp):
    await picoweb.start_response(resp, "text/plain")
    try:
        while True:
            await resp.awrite(b"x" * 1024)
    finally:
        left.append(req.path)


@app.route("/straggler")
async def straggler(req, resp):
    """Has something to say a while after its client was cut off."""
    try:
        await req.reader.read()
    except (OSError, picoweb.HTTPException):
        await asyncio.sleep_ms(300)
        await picoweb.start_response(resp, "text/plain")
        left.append(req.path)
        await asyncio.sleep_ms(1)


@app.route("/left")
async def tell_left(req, resp):
    return str(len(left))


app.run(port=int(sys.argv[1]))
