"""A live chart: a value a second, pushed to every browser that is open by server-sent events.

A browser that loses the connection comes back by itself and gets the values that it has missed.
"""

import gc

import picoweb
import uasyncio as asyncio
from picoweb.sse import Hub

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Live chart</title>
<style>
:root { color-scheme: light dark; background: Canvas }
body { font: 16px system-ui, sans-serif; margin: 2em auto; max-width: 40em; padding: 0 1em }
svg { width: 100%; height: 12em; background: #8882 }
polyline { fill: none; stroke: #27d; stroke-width: 2; vector-effect: non-scaling-stroke }
</style>
<h1>Free memory: <output id="now">waiting</output></h1>
<svg role="img" aria-label="Free memory of the last minute" viewBox="0 0 59 100" preserveAspectRatio="none"><polyline id="line"></polyline></svg>
<p id="state"></p>
<script>
const values = [];
const show = (id, text) => document.getElementById(id).textContent = text;
const source = new EventSource("/events");
source.onopen = () => show("state", "connected");
source.onerror = () => show("state", "connecting again");
source.addEventListener("free", event => {
  values.push(JSON.parse(event.data).free);
  if (values.length > 60) values.shift();
  const most = Math.max(...values), least = Math.min(...values), range = most - least || 1;
  const points = values.map((value, x) => x + "," + (95 - 90 * (value - least) / range));
  document.getElementById("line").setAttribute("points", points.join(" "));
  show("now", values[values.length - 1]);
});
</script>
</html>
"""

hub = Hub(size=8, replay=60)


class Chart(picoweb.WebApp):
    def init(self):
        asyncio.get_event_loop().create_task(measure())


def free():
    # What a sensor would tell on a board. CPython has no such number; its collector counts objects.
    return gc.mem_free() if hasattr(gc, "mem_free") else len(gc.get_objects())


async def measure():
    while True:
        hub.publish({"free": free()}, event="free")
        await asyncio.sleep_ms(1000)


app = Chart(__name__, serve_static=False)


@app.route("/")
async def index(req, resp):
    return PAGE


@app.route("/events")
async def events(req, resp):
    await hub.serve(req, resp)


if __name__ == "__main__":
    app.run()
