"""A WebSocket of an ASGI server as the frames that a handler reads and writes on a board.

Between the two stands a client of the handler, wsproto's: it asks for the upgrade, and turns frames into events.
"""

from .asgi_app import ASGIConnection, ASGITransport, target

try:
    from wsproto import ConnectionType, WSConnection, events
except ImportError as e:
    raise ImportError("WebSockets over ASGI need wsproto: pip install 'picoweb[asgi]'") from e

# What the client says by itself.
ITS_OWN = (b"host", b"connection", b"upgrade", b"content-length", b"transfer-encoding")
ABNORMAL = 1006  # RFC 6455 7.4.1: no close frame came


class WebSocketConnection(ASGIConnection):
    """The connection of one WebSocket scope, from the request of the upgrade to the close."""

    http11 = True

    def __init__(self, app, scope, receive, send):
        self.scope = scope
        self.receive = receive
        self.send = send
        self.peer = WSConnection(ConnectionType.CLIENT)
        where = target(scope)
        super().__init__(app, "GET", where, list(self.ask(scope, where)))

    def ask(self, scope, where):
        """The header fields of the request for the upgrade."""
        fields = [field for field in scope["headers"] if field[0] not in ITS_OWN and field[0][:14] != b"sec-websocket-"]
        host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
        request = self.peer.send(events.Request(
            host=host, target=where, extra_headers=fields, subprotocols=scope.get("subprotocols") or []
        ))
        for line in request[:-4].split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            yield name.lower(), value.strip()

    def make_transport(self):
        return WebSocketTransport(self)

    async def send_whole(self, headers, content):
        """An answer that is no upgrade."""
        lines = b"".join(b"%s: %s\r\n" % field for field in headers)
        self.stream.write(b"HTTP/1.1 200 OK\r\n%s\r\n%s" % (lines, content))
        await self.stream.finish()

    async def answer(self):
        if (await self.receive())["type"] == "websocket.connect":
            await super().answer()


class WebSocketTransport(ASGITransport):
    """Turns the bytes that a handler writes into ASGI's messages, and its messages into bytes to read."""

    is_accepted = False
    has_left = False  # the client, which may have said so in a frame that is still to be read

    def __init__(self, conn):
        super().__init__(conn)
        self.peer = conn.peer
        self.frames = b""  # to be read by the handler
        self.messages = []  # to be sent to the server
        self.pieces = []  # of a message in fragments

    async def read(self, n):
        """Bytes of frames; b"" where the client has left."""
        while not self.frames and not self.has_left:
            self.take_message(await self.conn.receive())
        data = self.frames[:n]
        self.frames = self.frames[n:]
        return data

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

    def write(self, data):
        self.peer.receive_data(bytes(data))
        for event in self.peer.events():
            self.take_event(event)
        if self.messages:
            self.start_pump()

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
        if "websocket.http.response" not in (self.conn.scope.get("extensions") or {}):
            if not self.is_closed:
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
        self.is_closed = True

    async def send_all(self):
        try:
            while self.messages:
                await self.conn.send(self.messages.pop(0))
        except OSError:
            raise
        except Exception:
            if not self.is_closed:
                raise
            self.leave()  # a server may know less of refusals than it says, and answers with its own then

    async def finish(self):
        """Sends what is left, and a close where the handler has sent none."""
        await self.end_pump()
        if not (self.lost or self.has_left or self.is_closed):
            await self.conn.send({"type": "websocket.close", "code": 1000 if self.is_accepted else 1011})
