"""python-socketio beside a picoweb app, on a host: `uvicorn host_socketio:application`, in this folder.

Needs `pip install picoweb python-socketio uvicorn`. What is below /socket.io/ is socketio's, the rest is picoweb's.
"""

import socketio

import picoweb
from picoweb.host import asgi

app = picoweb.WebApp(__name__, serve_static=False)
events = socketio.AsyncServer(async_mode="asgi")
said = []


@app.route("/")
async def index(req, resp):
    return "<h1>%d messages</h1>" % len(said)


@app.route("/say", methods=["POST"])
async def say(req, resp):
    """A page's form reaches every client of socketio."""
    await req.read_form_data()
    said.append(req.form["text"])
    await events.emit("said", req.form["text"])
    return {"said": len(said)}


@events.event
async def say_all(sid, text):
    """What a client of socketio says reaches all of them."""
    said.append(text)
    await events.emit("said", text)
    return len(said)


application = socketio.ASGIApp(events, asgi(app))
