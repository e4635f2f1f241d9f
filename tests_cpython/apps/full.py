"""A handler that eats the heap while others are served; what it held is let go when it fails."""

import sys

import picoweb
import uasyncio as asyncio


app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/eat")
async def eat(req, resp):
    held = []
    while True:
        held.append(bytearray(512))
        await asyncio.sleep_ms(1)


app.run(port=int(sys.argv[1]))
