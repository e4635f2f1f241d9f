"""An app that feeds a watchdog; second argument: "pico" for a board that has no loop-back, or,
each with a folder, "tls" and "own-loop", which calls start()."""

import sys

import picoweb
import picoweb.watchdog as watchdog
import uasyncio as asyncio
import utime

port = int(sys.argv[1])
app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 3


class WDT:
    def feed(self):
        print("fed")


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/hang")
def hang(req, resp):
    print("hangs")
    while True:
        pass


@app.route("/busy")
async def busy(req, resp):
    """Computes for a second in all, and lets others have their turn."""
    for _ in range(50):
        start = utime.ticks_ms()
        while utime.ticks_diff(utime.ticks_ms(), start) < 20:
            pass
        await asyncio.sleep_ms(0)
    return "done"


@app.route("/hold")
async def hold(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("begun")
    await asyncio.sleep_ms(60000)


@app.route("/close")
async def close(req, resp):
    """Nobody listens, and nothing heals it."""
    if app.accepting:
        app.accepting.cancel()
    app.listener.close()
    return "closed"


@app.route("/take")
async def take(req, resp):
    """Another takes the port for a while, and answers nobody."""
    app.listener.connect(bytes(16))
    other = picoweb.listen("127.0.0.1", port)

    async def leave():
        await asyncio.sleep_ms(1500)
        other.close()

    asyncio.create_task(leave())
    return "taken"


def no_loopback(host, port):
    # As lwIP says it, at once.
    print("connects")
    raise OSError(int(sys.argv[2].partition("-")[2] or 113))


ssl = None
if len(sys.argv) == 4:
    from tls_context import context

    ssl = context(sys.argv[3])
elif sys.argv[2:] and sys.argv[2].startswith("pico"):
    picoweb.http.asyncio.open_connection = no_loopback
asyncio.create_task(watchdog.feed(app, WDT(), port, every=0.1, timeout=0.5))
if sys.argv[2:3] == ["own-loop"]:
    asyncio.create_task(app.start("127.0.0.1", port, ssl))
    asyncio.get_event_loop().run_forever()
else:
    app.run(port=port, ssl=ssl)
