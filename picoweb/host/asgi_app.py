"""A picoweb app as an ASGI 3 application: HTTP, WebSocket and lifespan, under uvicorn, hypercorn, granian and others."""

import asyncio
from urllib.parse import quote

from picoweb.http import coroutine

from .gateway import TARGET_SAFE, Connection, prepare
from .request import Request


async def serve(app, scope, receive, send):
    """Answer a scope."""
    kind = scope["type"]
    if kind == "lifespan":
        return await lifespan(app, receive, send)
    if not app.inited:
        prepare(app)
    if kind == "http":
        await HTTPConnection(app, scope, receive, send).serve()
    elif kind == "websocket":
        from .asgi_websocket import WebSocketConnection

        await WebSocketConnection(app, scope, receive, send).connect()
    else:
        raise ValueError("picoweb does not know the ASGI scope type %r" % kind)


async def lifespan(app, receive, send):
    """Start and stop the app; an exception of either is the server's to tell."""
    for moment, action in (("startup", start), ("shutdown", stop)):
        message = await receive()
        assert message["type"] == "lifespan." + moment
        try:
            await action(app)
        except Exception as e:
            await send({"type": "lifespan.%s.failed" % moment, "message": "%s: %s" % (type(e).__name__, e)})
            raise
        await send({"type": "lifespan.%s.complete" % moment})


async def start(app):
    prepare(app)
    for function in app.starts:
        result = function()
        if hasattr(result, "send"):
            await result


async def stop(app):
    await app.stop()


def path(scope):
    """Return the path as the client sent it, below the one at which the server has put the app."""
    raw = scope.get("raw_path")
    root = scope.get("root_path")
    if raw and raw.isascii():
        path = raw.decode()
        if "?" in path:
            path = path.partition("?")[0]
    else:
        path = quote(scope["path"], safe=TARGET_SAFE)
    if root:
        root = quote(root.rstrip("/"), safe=TARGET_SAFE)
        if path == root or path.startswith(root + "/"):
            path = path[len(root) :] or "/"
    return path


class ASGIConnection(Connection):
    """The connection of one scope."""

    sending = None  # the task of the pump
    failure = None  # of the server's send()

    @property
    def address(self):
        return self.scope.get("client")

    @property
    def path(self):
        return path(self.scope)

    @property
    def query(self):
        return self.scope["query_string"].decode("latin-1")

    def pump(self):
        """Hand on what waits while the handler goes on."""
        if self.out and self.sending is None and not self.gone:
            self.sending = asyncio.create_task(self.run_pump())

    async def run_pump(self):
        try:
            await self.hand_on()
        except OSError:
            self.disconnect()
        except Exception as e:
            self.failure = e
            self.disconnect()
        finally:
            self.sending = None

    @coroutine
    def drain(self):
        """Let other tasks run, and wait until the server has taken all; Lost if the client has left."""
        if not self.ended:
            yield from asyncio.sleep(0)
        while self.sending:
            yield from self.within(self.app.write_timeout, asyncio.wait([self.sending]))
        if self.failure:
            raise self.failure
        if self.out and not self.gone:
            yield from self.within(self.app.write_timeout, self.hand_on())
        if self.gone:
            raise self.lost()


class HTTPConnection(ASGIConnection):
    """The connection of one HTTP scope."""

    is_over = False  # the end of the answer was sent
    watcher = None  # the task that waits for the client to leave

    def __init__(self, app, scope, receive, send):
        self.app = app
        self.scope = scope
        self.pairs = scope["headers"]
        self.take = receive
        self.give = send
        self.req = Request(self, scope["method"], path(scope))

    @property
    def may_close(self):
        return self.scope["http_version"] < "2"

    async def send_whole(self, body):
        send = self.give
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": body})

    async def hand_on(self):
        if not self.begun:
            self.begun = True
            await self.give({"type": "http.response.start", "status": self.status, "headers": self.headers})
        while self.parts or self.ended:
            body = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
            self.parts = ()
            more = not self.ended
            self.ended = False
            self.is_over = not more
            await self.give({"type": "http.response.body", "body": body, "more_body": more})

    async def conclude(self):
        """Send the end of an answer that had none, but for one that broke off."""
        await self.until_closed()
        if self.begun and not self.is_over and not self.gone:
            self.ended = True
            await self.drain()

    @property
    def out(self):
        return self.headers is not None and (self.parts or self.ended or not self.begun)

    def has_body(self):
        """Return whether the request may have a body; HTTP/2 needs no field to say so."""
        return super().has_body() or not self.may_close and self.req.method not in ("GET", "HEAD")

    def open_message(self, message):
        """Return (part of the body, whether more comes) of the server's message; Lost if the client has left."""
        if message["type"] == "http.disconnect":
            self.gone = True
            raise self.lost()
        more = message.get("more_body")
        if not more and self in self.app.connections:
            self.watch_client()
        return message.get("body") or b"", more

    def register(self):
        super().register()
        if self.total is None or not self.has_body():
            self.watch_client()

    def watch_client(self):
        if self.watcher is None:
            self.watcher = asyncio.create_task(self.wait_for_disconnect())

    async def wait_for_disconnect(self):
        while (await self.take())["type"] != "http.disconnect":
            pass
        self.disconnect()

    def unwatch(self):
        super().unwatch()
        if self.watcher:
            self.watcher.cancel()
