"""An app that owns its loop: start(), stop(), start() again, and the end."""

import sys

import picoweb
import uasyncio as asyncio


port = int(sys.argv[1])
timeout = int(sys.argv[2])
again = "again" in sys.argv
app = picoweb.WebApp(None, serve_static=False)
state = {"stopping": False, "rounds": 0, "slow": ""}


@app.route("/")
async def index(req, resp):
    return "round %d" % state["rounds"]


@app.route("/slow")
async def slow(req, resp):
    """Is in progress when stop() comes, and ends a little after it."""
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("begun ")
    while not state["stopping"]:
        await asyncio.sleep_ms(10)
    await asyncio.sleep_ms(200)
    await resp.awrite("ended")


@app.route("/for-ever")
async def for_ever(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("begun ")
    while True:
        await asyncio.sleep_ms(100)


@app.route("/stop")
async def stop(req, resp):
    state["stopping"] = True
    return "stopping"


async def main():
    for _ in range(1 + again):
        state["rounds"] += 1
        state["stopping"] = False
        await app.start("127.0.0.1", port)
        print("started")
        while not state["stopping"]:
            await asyncio.sleep_ms(10)
        await asyncio.sleep_ms(50)  # for the answer of /stop
        await app.stop(timeout)
        print("stopped")


asyncio.run(main())
