"""WebSockets for as many clients as the second argument says, and little else: an app that tells its heap."""

import gc
import sys

import picoweb

app = picoweb.WebApp(__name__, serve_static=False)
app.max_connections = int(sys.argv[2]) if sys.argv[2:] else 4
app.idle_timeout = 2


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/mem")
async def mem(req, resp):
    gc.collect()
    return str(gc.mem_alloc())


@app.websocket("/ws")
async def echo(req, ws):
    async for message in ws:
        await ws.send(message)


@app.websocket("/ws/<room>")
async def room(req, ws, room):
    async for message in ws:
        await ws.send(message)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=-1)
