"""An app that answers to some hosts only, with static files and a mounted app."""

import sys

import picoweb
from picoweb.hosts import hosts

app = picoweb.WebApp(None)
app.use(hosts("Device.local", "*.board.test", "192.168.4.1", "::1"))
asked = []


@app.route("/")
async def index(req, resp):
    asked.append(req.path)
    return "hello"


@app.route("/asked")
async def tell_asked(req, resp):
    return asked


@app.websocket("/ws")
async def talk(req, ws):
    asked.append(req.path)


sub = picoweb.WebApp(None, serve_static=False)


@sub.route("/page")
async def page(req, resp):
    asked.append("/sub/page")
    return "page"


app.mount("/sub", sub)
app.run(port=int(sys.argv[1]))
