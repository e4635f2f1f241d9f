"""A board's dashboard: values that its page asks for every second, a light to switch, settings in a form.

The page and its style are files of www/ beside this file. What the app names is imported here, so that no request waits
for it.
"""

import picoweb
import picoweb.files
import picoweb.patterns
import ujson as json
import utime as time

app = picoweb.WebApp(__name__, serve_static=False)
state = {"name": "Greenhouse", "unit": "C", "light": False}
sensors = [("Air", 21.5), ("Soil", 17.0), ("Water", 14.5), ("Outside", 9.0)]  # names, and the lowest °C they show


def measure(n):
    """Return the °C of sensor n: on a board, what its pin says; here a slow wave."""
    wave = (time.ticks_ms() // 1000 + 7 * n) % 40
    return round(sensors[n][1] + abs(wave - 20) / 10, 1)


@app.route("/", methods=["GET"])
async def index(req, resp):
    await app.sendfile(resp, "www/index.html")


@app.route("/style.css", methods=["GET"])
async def style(req, resp):
    await app.sendfile(resp, "www/style.css")


@app.route("/api/state", methods=["GET"])
async def get_state(req, resp):
    state["uptime"] = time.ticks_ms() // 1000
    state["values"] = [measure(n) for n in range(len(sensors))]
    return state


@app.route("/api/sensor/<int:n>", methods=["GET"])
async def sensor(req, resp, n):
    if n >= len(sensors):
        return {"error": "no such sensor"}, 404
    return {"sensor": n, "name": sensors[n][0], "value": measure(n)}


@app.route("/api/light", methods=["POST"])
async def light(req, resp):
    try:
        state["light"] = bool(json.loads(await req.reader.read())["on"])
    except (ValueError, KeyError, TypeError):
        return {"error": 'expected {"on": true} or {"on": false}'}, 400
    return {"light": state["light"]}


@app.route("/settings", methods=["POST"])
async def settings(req, resp):
    await req.read_form_data()
    try:
        state["name"] = req.form["name"][:40]
        state["unit"] = "F" if req.form["unit"] == "F" else "C"
    except (KeyError, TypeError):
        return {"error": "expected a name and a unit"}, 400
    return "", 303, {"Location": "/"}


if __name__ == "__main__":
    app.run()
