"""Handlers that fail, each in its way; the second argument is the debug level."""

import sys

import picoweb
import uasyncio as asyncio


app = picoweb.WebApp(__name__)


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/memory")
async def memory(req, resp):
    return bytearray(sys.maxsize // 2)


@app.route("/memory-late")
async def memory_late(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("x" * 2000)
    await asyncio.sleep_ms(10)
    bytearray(sys.maxsize // 2)


@app.route("/raise")
async def raising(req, resp):
    raise RuntimeError("the <b>reason</b>")


@app.route("/raise-generator")
def raising_generator(req, resp):
    yield from asyncio.sleep_ms(1)
    raise RuntimeError("the reason")


@app.route("/raise-plain")
def raising_plain(req, resp):
    raise RuntimeError("the reason")


@app.route("/raise-late")
async def raise_late(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("x" * 2000)
    await asyncio.sleep_ms(10)
    raise RuntimeError("the reason")


@app.route("/http/<int:code>")
async def http(req, resp, code):
    raise picoweb.HTTPException(code, "a message")


@app.route("/big")
async def big(req, resp):
    await picoweb.start_response(resp, "text/plain")
    for _ in range(2000):
        await resp.awrite(b"x" * 1024)


@app.route("/read")
async def read(req, resp):
    return str(len(await req.reader.readexactly(100)))


app.run(port=int(sys.argv[1]), debug=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
