"""A WebSocket of an ASGI server as the frames that a handler reads and writes on a board.

Between the two stands a client of the handler, wsproto's: it asks for the upgrade, and turns frames into events.
"""

import asyncio

from picoweb import http

from .asgi_app import ASGIConnection, path
from .request import Request

try:
    from wsproto import ConnectionType, WSConnection, events
except ImportError as e:
    raise ImportError("WebSockets over ASGI need wsproto: pip install 'picoweb[asgi]'") from e

# What the client says by itself.
ITS_OWN = (b"host", b"connection", b"upgrade", b"content-length", b"transfer-encoding")
ABNORMAL = 1006  # RFC 6455 7.4.1: no close frame came
READ_AHEAD = 65536  # bytes of frames that wait for the handler


class WebSocketConnection(ASGIConnection):
    """The connection of one WebSocket scope, from the request of the upgrade to the close."""

    http11 = True
    total = None
    is_accepted = False
    has_left = False  # the client, which may have said so in a frame that is still to be read
    is_refused = False  # the answer is no upgrade
    frames = b""  # to be read by the handler
    reader = None  # the task that receives from the server

    # The answer is bytes, as picoweb's own server sends them.
    answer = http.Connection.answer
    lead = http.Connection.lead
    send = http.Connection.send
    advance = http.Connection.advance
    read = http.Connection.read
    skip = ASGIConnection.skip

    def __init__(self, app, scope, receive, send):
        self.app = app
        self.scope = scope
        self.take = receive
        self.give = send
        self.peer = WSConnection(ConnectionType.CLIENT)
        self.messages = []  # to be sent to the server
        self.pieces = []  # of a message in fragments
        self.waiting = []  # futures of tasks
        self.room = asyncio.Event()
        self.req = Request(self, "GET", path(scope))
        self.pairs = list(self.ask(scope, self.req.target))

    def ask(self, scope, where):
        """Yield the header fields of the request for the upgrade."""
        fields = [field for field in scope["headers"] if field[0] not in ITS_OWN and field[0][:14] != b"sec-websocket-"]
        host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
        request = self.peer.send(events.Request(
            host=host, target=where, extra_headers=fields, subprotocols=scope.get("subprotocols") or []
        ))
        for line in request[:-4].split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            yield name.lower(), value.strip()

    async def connect(self):
        """Answer the server's connect, up to the close."""
        if (await self.take())["type"] == "websocket.connect":
            await self.serve()

    # From the client

    async def read_all(self):
        """Turn the server's messages into frames, not too far ahead of the handler."""
        while not self.has_left:
            if len(self.frames) > READ_AHEAD:
                self.room.clear()
                await self.room.wait()
            self.take_message(await self.take())
            self.wake()

    def take_message(self, message):
        if message["type"] == "websocket.receive":
            text = message.get("text")
            event = events.BytesMessage(message["bytes"]) if text is None else events.TextMessage(text)
            self.frames += self.peer.send(event)
        elif message["type"] == "websocket.disconnect":
            self.has_left = True
            code = message.get("code") or 1005
            if code != ABNORMAL and self.is_accepted:
                self.frames += self.peer.send(events.CloseConnection(code, message.get("reason")))

    def readinto(self, buf):
        """Move bytes of frames to `buf`; return their number, None if there are none yet, 0 if the client has left."""
        if not self.frames:
            return 0 if self.has_left or self.gone else None
        data = self.frames[: len(buf)]
        buf[: len(data)] = data
        self.frames = self.frames[len(data) :]
        self.room.set()
        return len(data)

    def ready(self, writing):
        """Return a future for a task to yield, None if it need not wait."""
        if self.reader is None:
            self.reader = asyncio.create_task(self.read_all())
        if self.frames or self.has_left or self.gone:
            return None
        future = self.loop.create_future()
        future._asyncio_future_blocking = True  # as `await` has it
        self.waiting.append(future)
        return future

    def wake(self):
        for future in self.waiting:
            if not future.done():
                future.set_result(None)
        self.waiting = []

    def disconnect(self):
        super().disconnect()
        self.wake()

    def unwatch(self):
        super().unwatch()
        if self.reader:
            self.reader.cancel()

    # To the client

    def put(self, data):
        """Turn bytes of the handshake or of frames into the server's messages."""
        if self.gone:
            raise self.lost()
        self.peer.receive_data(bytes(data))
        for event in self.peer.events():
            self.take_event(event)
        self.wake()
        self.pump()

    @property
    def out(self):
        return self.messages

    def take_event(self, event):
        kind = type(event)
        if kind is events.AcceptConnection:
            self.is_accepted = True
            self.messages.append({
                "type": "websocket.accept", "subprotocol": event.subprotocol,
                "headers": [field for field in event.extra_headers if field[0].lower() != b"date"],
            })
        elif kind in (events.TextMessage, events.BytesMessage):
            self.pieces.append(event.data)
            if event.message_finished:
                name, empty = ("text", "") if kind is events.TextMessage else ("bytes", b"")
                self.messages.append({"type": "websocket.send", name: empty.join(self.pieces)})
                self.pieces = []
        elif kind is events.Ping:
            self.frames += self.peer.send(event.response())
        elif kind is events.CloseConnection:
            if not self.has_left:
                self.frames += self.peer.send(event.response())
            self.has_left = True
            self.messages.append({"type": "websocket.close", "code": event.code, "reason": event.reason or ""})
        elif kind in (events.RejectConnection, events.RejectData):
            self.refuse(event)

    def refuse(self, event):
        """Hands on an answer that is no upgrade; a server without that extension answers 403 by itself."""
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            if not self.is_refused:
                self.messages.append({"type": "websocket.close"})
        elif isinstance(event, events.RejectData):
            self.messages.append({
                "type": "websocket.http.response.body", "body": bytes(event.data), "more_body": not event.body_finished,
            })
        else:
            headers = [(name.lower(), value) for name, value in event.headers]
            self.messages.append({
                "type": "websocket.http.response.start", "status": event.status_code, "headers": headers,
            })
            if not event.has_body:
                self.messages.append({"type": "websocket.http.response.body", "body": b""})
        self.is_refused = True

    async def hand_on(self):
        try:
            while self.messages:
                await self.give(self.messages.pop(0))
        except OSError:
            raise
        except Exception:
            if not self.is_refused:
                raise
            self.disconnect()  # a server may know less of refusals than it says, and answers with its own then

    async def conclude(self):
        """Send a close if the handler has sent none."""
        await self.until_closed()
        if self.out and not self.gone:
            await self.drain()
        if not (self.gone or self.has_left or self.is_refused):
            await self.give({"type": "websocket.close", "code": 1000 if self.is_accepted else 1011})
