"""A picoweb app as an ASGI 3 application: HTTP, WebSocket and lifespan, under uvicorn, hypercorn, granian and others."""

import asyncio
from errno import ECONNRESET
from urllib.parse import quote

from picoweb.mounts import init_all

from .gateway import TARGET_SAFE, Connection, Transport, prepare


class Application:
    """`Application(app)` is what an ASGI server calls; `picoweb.host.asgi(app)` makes one."""

    def __init__(self, app):
        self.app = app
        self.is_ready = False
        prepare(app)

    async def __call__(self, scope, receive, send):
        kind = scope["type"]
        if kind == "lifespan":
            return await self.lifespan(receive, send)
        if not self.is_ready:
            self.get_ready()
        if kind == "http":
            conn = HTTPConnection(self.app, scope["method"], target(scope), scope["headers"])
            conn.scope = scope
            conn.receive = receive
            conn.send = send
            await conn.answer()
        elif kind == "websocket":
            from .asgi_websocket import WebSocketConnection

            await WebSocketConnection(self.app, scope, receive, send).answer()
        else:
            raise ValueError("picoweb does not know the ASGI scope type %r" % kind)

    async def lifespan(self, receive, send):
        """init() at the start, stop() at the end; an exception of theirs is the server's to tell."""
        for moment, action in (("startup", self.start_up), ("shutdown", self.app.stop)):
            message = await receive()
            assert message["type"] == "lifespan." + moment
            try:
                await action()
            except Exception as e:
                await send({"type": "lifespan.%s.failed" % moment, "message": "%s: %s" % (type(e).__name__, e)})
                raise
            await send({"type": "lifespan.%s.complete" % moment})

    async def start_up(self):
        self.get_ready()

    def get_ready(self):
        init_all(self.app)
        self.is_ready = True


def target(scope):
    """The target of the request line, below the path at which the server has put the app."""
    raw = scope.get("raw_path")
    query = scope["query_string"]
    if raw and raw.isascii() and not scope.get("root_path"):
        return (raw + b"?" + query if query else raw).decode("latin-1")
    path = scope["path"].removeprefix(scope.get("root_path") or "") or "/"
    path = quote(path, safe=TARGET_SAFE)
    return "%s?%s" % (path, query.decode("latin-1")) if query else path


class ASGIConnection(Connection):
    """The connection of one scope, which `scope`, `receive` and `send` are of."""

    @property
    def client(self):
        return self.scope.get("client")


class ASGITransport(Transport):
    """Hands on while the handler runs: start_pump() has send_all() run beside it."""

    pump = None  # the task
    failure = None  # of the server's send()

    @property
    def out_buf(self):
        """True while what was written is on its way, as MicroPython's streams have it."""
        return self.pump is not None

    def start_pump(self):
        if self.pump is None:
            self.pump = asyncio.create_task(self.run_pump())

    async def run_pump(self):
        try:
            await self.send_all()
        except OSError:
            self.leave()
        except Exception as e:
            self.failure = e
            self.leave()
        finally:
            self.pump = None

    async def drain(self):
        if self.pump:
            await asyncio.wait([self.pump])
        if self.lost:
            raise OSError(ECONNRESET, "the client has left")

    async def end_pump(self):
        """Waits until all was sent, which a broken connection never does; raises what send() failed with."""
        if self.pump and self.conn.broken:
            self.pump.cancel()
        elif self.pump:
            await asyncio.wait([self.pump])
        if self.failure:
            raise self.failure


class HTTPConnection(ASGIConnection):
    """The connection of one HTTP scope."""

    def make_transport(self):
        return HTTPTransport(self)

    async def send_whole(self, headers, content):
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})
        await self.send({"type": "http.response.body", "body": content})

    def register(self):
        super().register()
        self.stream.watch_client()

    def unwatch(self):
        super().unwatch()
        if self.stream.watcher:
            self.stream.watcher.cancel()


class HTTPTransport(ASGITransport):
    """The events of one HTTP request and its response."""

    started = False
    body_ended = False
    watcher = None

    def __init__(self, conn):
        super().__init__(conn)
        self.receive = conn.receive
        self.send = conn.send
        self.may_close = conn.scope["http_version"].startswith("1")

    def watch_client(self):
        if self.watcher is None and (self.conn.body is None or self.body_ended):
            self.watcher = asyncio.create_task(self.wait_for_disconnect())

    async def wait_for_disconnect(self):
        """Cancels the handler of a client that leaves."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.leave()
        self.conn.handling.cancel()

    async def read(self, n):
        """What has come of the body, of any length; b"" at its end."""
        if self.conn.req is None:
            return b""  # after a refusal: to read on is the server's business
        while not self.body_ended:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                self.leave()
                raise OSError(ECONNRESET, "the client has left")
            self.body_ended = not message.get("more_body")
            if self.body_ended and self.conn in self.conn.app.connections:
                self.watch_client()
            if message.get("body"):
                return message["body"]
        return b""

    def write(self, data):
        super().write(data)
        # What leaves with the end of the handler needs no task.
        if self.conn.sent:
            self.start_pump()

    async def send_all(self):
        while self.parts or self.status and not self.started:
            await self.send_some(True)

    async def send_some(self, more):
        if not self.started:
            self.started = True
            await self.send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        parts = self.parts
        self.parts = []
        await self.send({"type": "http.response.body", "body": b"".join(parts), "more_body": more})

    async def finish(self):
        """Sends what is left, and the end."""
        await self.end_pump()
        # An end that is not sent tells the server that the response is not whole.
        if not self.conn.broken:
            self.check_whole()
            await self.send_some(False)
