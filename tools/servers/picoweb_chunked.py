"""Answers of two writes on picoweb, in three ways: `picoweb_chunked PORT [MAX_CONNECTIONS]`."""

import asyncio
import sys

import picoweb

app = picoweb.WebApp(None, serve_static=False)
PART = b"x" * 600  # two are more than picoweb holds back


@app.route("/small")
def small(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("Hello ")
    yield from resp.awrite("world")


@app.route("/big")
def big(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite(PART)
    yield from resp.awrite(PART)


@app.route("/pause")
def pause(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("Hello ")
    yield from asyncio.sleep_ms(0)
    yield from resp.awrite("world")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        app.max_connections = int(sys.argv[2])
    app.run(port=int(sys.argv[1]), debug=-1)
