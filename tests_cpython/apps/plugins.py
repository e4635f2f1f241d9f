"""An app of plugins; /stop ends its service, and what they were told is printed."""

import sys

import picoweb
from picoweb.plugins import Plugin, register_plugin

app = picoweb.WebApp(None, serve_static=False)
told = []


class Health(Plugin):
    name = "health"

    def setup(self, app):
        told.append("setup")
        app.get("/health")(lambda req, resp: told)

    async def start(self, app):
        told.append("start")

    def stop(self, app):
        print("told to stop")


class Bare:
    def setup(self, app):
        app.use(self.add)

    async def add(self, req, resp, next):
        resp.add_header("X-Bare", "1")
        return await next()


class Empty(Plugin):
    name = "empty"


@app.get("/again/<name>")
def again(req, resp, name):
    try:
        register_plugin(app, {"health": Health, "bare": Bare, "empty": Empty}[name]())
    except (ValueError, NotImplementedError) as e:
        return "%s: %s" % (type(e).__name__, e)


@app.get("/stop")
async def stop(req, resp):
    await app.stop()
    return "stopped"


register_plugin(app, Health())
register_plugin(app, Bare())
app.run(port=int(sys.argv[1]))
