"""What a client names, taken in by everything that takes names; and how much memory there is."""

import gc
import json
import os
import sys

import picoweb
import uasyncio as asyncio
from picoweb.multipart import Multipart

try:
    import micropython
except ImportError:
    micropython = None


app = picoweb.WebApp(None)
app.max_head = 2048


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/name/<name>")
async def name(req, resp, name):
    return name


@app.route("/headers")
async def headers(req, resp):
    return str(len(req.headers))


@app.route("/cookie")
async def cookie(req, resp):
    return req.headers[b"Cookie"]


@app.route("/form")
async def form(req, resp):
    await req.read_form_data()
    return str(len(req.form))


@app.route("/query")
async def query(req, resp):
    req.parse_qs()
    return str(len(req.form))


@app.route("/json")
async def json_(req, resp):
    return str(len(json.loads((await req.reader.read()).decode())))


@app.route("/files")
async def files(req, resp):
    names = []
    async for part in Multipart(req):
        names.append(part.filename)
    return ", ".join(names)


@app.route("/memory")
async def memory(req, resp):
    """Bytes in use; what qstr_info() says goes to the log."""
    for _ in range(3):
        gc.collect()
        await asyncio.sleep_ms(1)
    if micropython:
        micropython.qstr_info()
    return str(gc.mem_alloc()) if hasattr(gc, "mem_alloc") else "0"


app.run(port=int(sys.argv[1]), debug=-1)
