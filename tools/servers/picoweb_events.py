"""The dashboard, and an event stream at /events on which nothing happens."""

from dashboard import app
from picoweb.sse import Hub

hub = Hub()


@app.route("/events", methods=["GET"])
async def events(req, resp):
    await hub.serve(req, resp)
