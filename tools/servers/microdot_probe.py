"""Microdot that tells its heap: `microdot_probe PORT` serves /, /mem, /wait (10 s) and /routes (10 more)."""

import asyncio
import gc
import sys

from microdot import Microdot

app = Microdot()


@app.route("/")
async def hello(request):
    return "Hello world", 200, {"Content-Type": "text/html"}


@app.route("/mem")
async def mem(request):
    gc.collect()
    return "%d bytes" % gc.mem_alloc()


@app.route("/wait")
async def wait(request):
    await asyncio.sleep(10)
    return "Hello world"


@app.route("/routes")
async def routes(request):
    for n in range(10):
        app.route("/more/%d" % n)(hello)
    return "Hello world"


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
