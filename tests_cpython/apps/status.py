"""An app with a flight recorder and something to record; argument: what run() is to log."""

import sys

import picoweb
import picoweb.status as status
import uasyncio as asyncio


class Log:
    """An app's own, which a recorder hands on to."""

    level = 7

    def info(self, message, *args):
        print("own:", message % args if args else message)

    debug = warning = info

    def error(self, message, *args, stack=False):
        self.info(message + ", with its stack" if stack else message, *args)


app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 4
app.head_timeout = 1
app.idle_timeout = 2
app.body_timeout = 1
status.add(app)


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/code/<int:code>")
async def code(req, resp, code):
    return "", code


@app.route("/fail")
async def fail(req, resp):
    raise ValueError("<b>why</b>")


@app.route("/fail/<rest>")
async def fail_below(req, resp, rest):
    raise ValueError("why")


@app.route("/long")
async def long(req, resp):
    raise ValueError("x" * 5000)


@app.route("/read")
async def read(req, resp):
    return str(len(await req.reader.read()))


@app.route("/hold")
async def hold(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("begun ")
    await asyncio.sleep_ms(1500)
    await resp.awrite("ended")


@app.route("/percent")
async def percent(req, resp):
    app.log.error("the disk is 100% full")
    return "said"


@app.route("/own")
async def own(req, resp):
    """An app's own lines, one of them in the form of picoweb's."""
    app.log.info("%s %s %s", "door", "is", "open")
    app.log.error("alarm", stack=True)
    return str(app.log.level)


if sys.argv[2:] == ["middleware"]:
    @app.use
    async def around(req, resp, next):
        await next()

if sys.argv[2:] == ["own"]:
    app.run(port=int(sys.argv[1]), log=Log())
else:
    app.run(port=int(sys.argv[1]), debug=-1 if sys.argv[2:] == ["quiet"] else 0)
