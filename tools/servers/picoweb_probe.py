"""picoweb or the original, telling its heap: `picoweb_probe PORT` serves /, /mem, /wait (10 s), /routes (10 more)."""

import asyncio
import gc
import sys

import picoweb

app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
def hello(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("Hello world")


@app.route("/mem")
def mem(req, resp):
    gc.collect()
    yield from picoweb.start_response(resp)
    yield from resp.awrite("%d bytes" % gc.mem_alloc())


@app.route("/wait")
async def wait(req, resp):
    await asyncio.sleep(10)
    await hello(req, resp)


@app.route("/routes")
def routes(req, resp):
    for n in range(10):
        app.add_url_rule("/more/%d" % n, hello)
    yield from hello(req, resp)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=-1)
