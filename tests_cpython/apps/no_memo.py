"""Handlers that read their header fields late, on a heap too small to remember header sections: they read the shared block."""
import sys

import picoweb
from picoweb.http import asyncio

app = picoweb.WebApp(None, serve_static=False)
app.memos = 0
waiting = []


def mine(req):
    return req.headers.get(b"X-Mine", b"none").decode()


@app.route("/wait")
async def wait(req, resp):
    """Read them when another request has been answered."""
    waiting.append(req)
    while req in waiting:
        await asyncio.sleep_ms(1)
    return mine(req)


@app.route("/stream")
async def stream(req, resp):
    """Read them when a part of the answer has left."""
    await picoweb.start_response(resp)
    await resp.awrite("x" * 2000)
    await asyncio.sleep_ms(1)
    await resp.awrite(mine(req))


@app.route("/file")
async def file(req, resp):
    """Read them behind a file."""
    await app.sendfile(resp, "no_memo.py")
    seen.append(mine(req))


@app.route("/end")
def end(req, resp):
    """Read them behind the last byte."""
    resp.at_end(lambda resp: seen.append(mine(req)))
    return ""


seen = []


@app.route("/seen")
def last_seen(req, resp):
    return seen.pop()


@app.route("/go")
def go(req, resp):
    """Have those that wait go on."""
    n = len(waiting)
    waiting.clear()
    return str(n)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=0)
