"""Small limits, so that reaching one is quick."""

import sys

import picoweb
import uasyncio as asyncio


class Limited(picoweb.WebApp):
    max_connections = 4
    max_head = 512
    max_body = 64
    max_read = 40
    head_timeout = 1
    body_timeout = 1
    idle_timeout = 2
    write_timeout = 1


app = Limited(__name__)
state = {"stalled": "no"}


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/length")
async def length(req, resp):
    n = 0
    while True:
        data = await req.reader.read(32)
        if not data:
            return str(n)
        n += len(data)


@app.route("/whole")
async def whole(req, resp):
    return str(len(await req.reader.read()))


@app.route("/late")
async def late(req, resp):
    try:
        await req.reader.read()
    except picoweb.HTTPException as e:
        task = asyncio.current_task() if hasattr(asyncio, "current_task") else None
        return "%d, cancelled %d times" % (e.status, task.cancelling() if hasattr(task, "cancelling") else 0)


@app.route("/form")
async def form(req, resp):
    await req.read_form_data()
    return str(len(req.form["a"]))


@app.route("/unread")
async def unread(req, resp):
    return "unread"


@app.route("/held")
async def held(req, resp):
    """In progress for a while, which its first piece tells."""
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("begun ")
    await asyncio.sleep_ms(1000)
    await resp.awrite("ended")


@app.route("/flood")
async def flood(req, resp):
    await picoweb.start_response(resp, "text/plain")
    state["stalled"] = "writing"
    try:
        for _ in range(20000):
            await resp.awrite(b"x" * 1024)
    except OSError:
        state["stalled"] = "OSError"
        raise


@app.route("/stalled")
async def stalled(req, resp):
    return state["stalled"]


app.run(port=int(sys.argv[1]), debug=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
