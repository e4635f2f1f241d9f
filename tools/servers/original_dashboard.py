"""examples/dashboard.py on the original picoweb 1.8.2."""

import picoweb
import ujson as json
import ure as re
import utime as time

app = picoweb.WebApp(None, serve_static=False)
state = {"name": "Greenhouse", "unit": "C", "light": False}
sensors = [("Air", 21.5), ("Soil", 17.0), ("Water", 14.5), ("Outside", 9.0)]


def measure(n):
    wave = (time.ticks_ms() // 1000 + 7 * n) % 40
    return round(sensors[n][1] + abs(wave - 20) / 10, 1)


@app.route("/")
def index(req, resp):
    yield from app.sendfile(resp, "www/index.html")


@app.route("/style.css")
def style(req, resp):
    yield from app.sendfile(resp, "www/style.css")


@app.route("/api/state")
def get_state(req, resp):
    state["uptime"] = time.ticks_ms() // 1000
    state["values"] = [measure(n) for n in range(len(sensors))]
    yield from picoweb.jsonify(resp, state)


@app.route(re.compile("^/api/sensor/([0-9]+)$"))
def sensor(req, resp):
    n = int(req.url_match.group(1))
    if n >= len(sensors):
        yield from picoweb.http_error(resp, "404")
    else:
        yield from picoweb.jsonify(resp, {"sensor": n, "name": sensors[n][0], "value": measure(n)})


@app.route("/api/light")
def light(req, resp):
    try:
        body = yield from req.reader.readexactly(int(req.headers[b"Content-Length"]))
        state["light"] = bool(json.loads(body)["on"])
    except (ValueError, KeyError, TypeError):
        yield from picoweb.http_error(resp, "400")
    else:
        yield from picoweb.jsonify(resp, {"light": state["light"]})


@app.route("/settings")
def settings(req, resp):
    yield from req.read_form_data()
    try:
        state["name"] = req.form["name"][:40]
        state["unit"] = "F" if req.form["unit"] == "F" else "C"
    except (KeyError, TypeError):
        yield from picoweb.http_error(resp, "400")
    else:
        yield from picoweb.start_response(resp, status="303", headers={"Location": "/"})
