"""examples/dashboard.py on Microdot."""

import time

from microdot import Microdot, redirect, send_file

app = Microdot()
state = {"name": "Greenhouse", "unit": "C", "light": False}
sensors = [("Air", 21.5), ("Soil", 17.0), ("Water", 14.5), ("Outside", 9.0)]


def measure(n):
    wave = (time.ticks_ms() // 1000 + 7 * n) % 40
    return round(sensors[n][1] + abs(wave - 20) / 10, 1)


@app.get("/")
async def index(request):
    return send_file("www/index.html")


@app.get("/style.css")
async def style(request):
    return send_file("www/style.css")


@app.get("/api/state")
async def get_state(request):
    state["uptime"] = time.ticks_ms() // 1000
    state["values"] = [measure(n) for n in range(len(sensors))]
    return state


@app.get("/api/sensor/<int:n>")
async def sensor(request, n):
    if n >= len(sensors):
        return {"error": "no such sensor"}, 404
    return {"sensor": n, "name": sensors[n][0], "value": measure(n)}


@app.post("/api/light")
async def light(request):
    try:
        state["light"] = bool(request.json["on"])
    except (ValueError, KeyError, TypeError):
        return {"error": 'expected {"on": true} or {"on": false}'}, 400
    return {"light": state["light"]}


@app.post("/settings")
async def settings(request):
    try:
        state["name"] = request.form["name"][:40]
        state["unit"] = "F" if request.form["unit"] == "F" else "C"
    except (KeyError, TypeError):
        return {"error": "expected a name and a unit"}, 400
    return redirect("/", 303)
