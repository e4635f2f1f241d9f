"""A board that looks after itself: a flight recorder at /status, and a watchdog that restarts it when it hangs."""

import machine
import picoweb
import picoweb.status as status
import picoweb.watchdog as watchdog
import uasyncio as asyncio

app = picoweb.WebApp(__name__)
status.add(app)


@app.route("/")
async def index(req, resp):
    return '<h1>Well</h1><a href="/status">status</a>'


if __name__ == "__main__":
    if hasattr(machine, "WDT"):
        asyncio.get_event_loop().create_task(watchdog.feed(app, machine.WDT(timeout=8000)))
    app.run()
