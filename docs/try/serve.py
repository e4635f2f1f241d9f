"""Runs in MicroPython: imports app.py and passes the page's requests to it, through the wire of the test client.

`page` is a module of the worker's: page.tell(JSON) reports to it. Bodies are files of the folder /wire/.
Every exchange is a task of its own, since the task of a call from JavaScript can take no exception.
"""
import sys

import asyncio
import asyncio.core
import json
import hashlib
import page


class Sha1:
    """SHA-1 (FIPS 180-4), which WebSocket's handshake needs, and which MicroPython of the browser has not."""

    def __init__(self, data=b""):
        self.data = data

    def update(self, data):
        self.data += data

    def digest(self):
        word = 0xFFFFFFFF
        data = self.data + b"\x80" + bytes(-(len(self.data) + 9) % 64) + (8 * len(self.data)).to_bytes(8, "big")
        state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
        for start in range(0, len(data), 64):
            w = [int.from_bytes(data[i : i + 4], "big") for i in range(start, start + 64, 4)]
            for i in range(16, 80):
                x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]
                w.append((x << 1 | x >> 31) & word)
            a, b, c, d, e = state
            for i in range(80):
                f = (b & c | ~b & d, b ^ c ^ d, b & c | b & d | c & d, b ^ c ^ d)[i // 20]
                k = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)[i // 20]
                a, b, c, d, e = ((a << 5 | a >> 27) + f + e + k + w[i]) & word, a, (b << 30 | b >> 2) & word, c, d
            state = [(x + y) & word for x, y in zip(state, (a, b, c, d, e))]
        return b"".join([x.to_bytes(4, "big") for x in state])


class Hashes:
    sha1 = Sha1
    sha256 = hashlib.sha256


sys.modules["hashlib"] = sys.modules["uhashlib"] = Hashes
asyncio.core._io_queue = None  # there are no sockets
sys.modules["uasyncio"] = asyncio

import picoweb  # noqa: E402
from picoweb.testing import TestClient  # noqa: E402

picoweb.WebApp.run = lambda self, *args, **options: None  # the page is the network
HOST = "127.0.0.1:8081"  # as in the commands of the docs
open_now = {}  # id: the WebSocket, or the task of the event stream


def tell(**said):
    page.tell(json.dumps(said))


def spawn(coroutine, id):
    """Run a coroutine; what it raises is printed, and told as this exchange's end."""

    async def guarded():
        try:
            await coroutine
        except asyncio.CancelledError:
            pass
        except BaseException as e:
            sys.print_exception(e)
            tell(kind="failed", id=id, why=repr(e))

    return asyncio.create_task(guarded())


def load():
    """Import app.py; return whether there is an app."""
    global client, live
    try:
        import app as module

        app = getattr(module, "app", None)
        if not isinstance(app, picoweb.WebApp):
            raise ValueError("app.py has no picoweb.WebApp with the name app")
    except BaseException as e:
        sys.print_exception(e)
        return False
    client = TestClient(app)
    live = TestClient(app, timeout=None)
    live.cookies = client.cookies
    return True


def ask(id, request):
    """Begin the exchange of a request: {"method", "path", "headers": [[name, value]], "body": whether there is one}."""
    spawn(exchange(id, json.loads(request)), id)


async def exchange(id, asked):
    body = None
    if asked["body"]:
        with open("/wire/%d" % id, "rb") as file:
            body = file.read()
    headers = [["Host", HOST]] + asked["headers"]
    answer = await client.request(asked["method"], asked["path"], headers=headers, body=body)
    with open("/wire/%d" % id, "wb") as file:
        file.write(answer.body)
    tell(kind="answer", id=id, status=answer.status, reason=answer.reason, headers=answer.headers.items())


def listen(id, path):
    """Begin an event stream."""
    open_now[id] = spawn(events(id, path), id)


async def events(id, path):
    try:
        async with live.stream("GET", path, headers={"Host": HOST, "Accept": "text/event-stream"}) as answer:
            tell(kind="open", id=id, status=answer.status)
            async for event in answer.events():
                tell(kind="event", id=id, data=event.data, event=event.event, last=event.id)
        tell(kind="closed", id=id)
    finally:
        open_now.pop(id, None)


def connect(id, path, subprotocols):
    """Open a WebSocket."""
    spawn(talk(id, path, json.loads(subprotocols)), id)


async def talk(id, path, subprotocols):
    from picoweb.testing import WebSocketRefused
    from picoweb.websocket import WebSocketClosed

    try:
        headers = {"Host": HOST, "Origin": "http://" + HOST}
        async with live.websocket(path, subprotocols=subprotocols, headers=headers) as ws:
            open_now[id] = ws
            tell(kind="open", id=id, protocol=ws.subprotocol)
            while True:
                message = await ws.receive()
                if not isinstance(message, str):
                    message = list(message)
                tell(kind="message", id=id, data=message)
    except WebSocketClosed as closed:
        tell(kind="closed", id=id, code=closed.code, reason=closed.reason)
    except WebSocketRefused as refused:
        tell(kind="failed", id=id, why="%d %s" % (refused.answer.status, refused.answer.reason))
    finally:
        open_now.pop(id, None)


def send(id, text):
    if id in open_now:
        spawn(open_now[id].send(text), id)


def close(id):
    """End an event stream or a WebSocket."""
    known = open_now.get(id)
    if hasattr(known, "cancel"):
        known.cancel()
    elif known:
        spawn(known.close(), id)
