"""A WebSocket of the test client (RFC 6455): the handshake, its masked frames, and what the app's frames say."""
import ujson

from ..http import asyncio
from ..websocket import LOST, WebSocketClosed
from . import Each, WebSocketRefused
from .request import DATA, lines, to_bytes
from .wire import LEAVE_MS

# Those of RFC 6455 1.3 and 5.7: a test is the same each time.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
MASK = b"\x37\xfa\x21\x3d"
PIECE = 1024


class Closed(WebSocketClosed):
    """Says which WebSocket is closed."""

    def __init__(self, name, code, reason):
        super().__init__(code, reason)
        self.name = name

    def __str__(self):
        why = self.reason or ("the handler has raised an error" if self.code == 1011 else "no reason is given")
        return "%s is closed with %d: %s" % (self.name, self.code, why)


class Session:
    """What `async with client.websocket(path) as ws` gives; it answers pings while it waits for a message."""

    subprotocol = None  # the one agreed on
    closed = None  # code and reason, when the app has closed or the connection is lost
    told = False  # the test was told of that
    leaving = False  # the close was sent
    receiving = False  # a task of the test waits for a message
    is_text = False  # the message that comes
    rest = None  # of its frame: first byte, bytes to come

    def __init__(self, client, path, subprotocols=(), query=None, headers=None):
        if isinstance(subprotocols, str):
            raise ValueError("subprotocols are a list: [%r]" % subprotocols)
        self.offered = list(subprotocols)
        given = lines(headers)
        names = [to_bytes(name).lower() for name, _ in given]
        own = (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
            ("Sec-WebSocket-Protocol", ", ".join(self.offered)),
        )
        self.fields = [(name, value) for name, value in own if value and name.lower().encode() not in names]
        self.answer = client.stream("GET", path, query=query, headers=self.fields + given)
        self.connection = self.answer.connection
        self.parts = []  # of the message that comes
        self.waiting = []  # messages that were not asked for yet
        self.unsent = []  # frames

    async def __aenter__(self):
        answer = self.answer
        try:
            await answer.begin()
            if answer.status != 101:
                answer.body = await answer.rest_of_body()
                raise WebSocketRefused(answer)
            self.connection.upgraded = True
            self.connection.stream.source = None  # the request has no more
            self.check_handshake(answer.headers)
            self.take_all()
        except BaseException:
            await self.connection.close(self.connection.ended)
            raise
        return self

    async def __aexit__(self, kind, exc, trace):
        if kind is not None:
            self.closed = self.closed or LOST
        await self.end(1000, "")
        if kind is None:
            self.connection.check()
            if self.closed[0] == 1011 and not self.told:  # the handler's error
                self.tell()

    def check_handshake(self, headers):
        """RFC 6455 4.1."""
        for name, value in (("Upgrade", "websocket"), ("Connection", "upgrade")):
            if value not in headers.get(name, "").lower().replace(" ", "").split(","):
                self.connection.fail("a 101 without %s: %s" % (name, value))
        if ("Sec-WebSocket-Key", KEY) in self.fields and headers.get("Sec-WebSocket-Accept") != ACCEPT:
            self.connection.fail("a 101 with a wrong Sec-WebSocket-Accept")
        self.subprotocol = headers.get("Sec-WebSocket-Protocol")
        if self.subprotocol not in [None] + self.offered:
            self.connection.fail("a subprotocol that was not offered: " + self.subprotocol)

    async def send(self, data):
        """Sends a message, str or bytes; WebSocketClosed where the app has closed."""
        if not isinstance(data, DATA):
            raise TypeError("a message is str or bytes, not %r" % (data,))
        while not self.closed and not self.receiving and self.connection.server.has_more():
            await self.read()  # its close, say
        if self.closed:
            self.tell()
        self.write(1 if isinstance(data, str) else 2, to_bytes(data))
        await asyncio.sleep_ms(0)  # a test that only sends lets the app run, too

    async def receive(self):
        """The next message, str or bytes; WebSocketClosed where none comes."""
        message = await self.next()
        if message is None:
            self.tell()
        return message

    async def receive_text(self):
        """The next message, a str; ValueError for bytes."""
        message = await self.receive()
        if not isinstance(message, str):
            self.connection.fail("text was wanted, and bytes came: %r" % message[:100])
        return message

    async def send_json(self, value):
        """Sends what `value` is in JSON."""
        await self.send(ujson.dumps(value))

    async def receive_json(self):
        """What the next message says in JSON."""
        return ujson.loads(await self.receive())

    async def close(self, code=1000, reason=""):
        """Closes, and waits for the handler's end; messages that come before it are dropped."""
        await self.end(code, reason)
        self.connection.check()

    async def drop(self):
        """Loses the connection, without a close, and waits for the handler's end: it is told 1006."""
        self.closed = self.closed or LOST
        await self.close()

    def __aiter__(self):
        return Each(self.next)

    async def next(self):
        """The next message, None after the last."""
        self.connection.allow()
        self.receiving = True
        try:
            while not self.waiting and not self.closed:
                await self.read()
        finally:
            self.receiving = False
        return self.waiting.pop(0) if self.waiting else None

    def tell(self):
        """Raises why no message comes or leaves."""
        self.told = True
        raise Closed(self.connection.name, *self.closed)

    async def end(self, code, reason):
        """Closes where the app has not; an app that does not answer that loses the connection."""
        data = code.to_bytes(2, "big") + reason.encode()
        if len(data) > 125:
            raise ValueError("a reason over 123 bytes")
        connection = self.connection
        try:
            if not self.closed:
                self.leaving = True
                self.write(8, data)
                connection.allow(LEAVE_MS)
            while not self.closed:
                await self.read()
                self.waiting = []
        except asyncio.TimeoutError:
            self.closed = LOST
        finally:
            await connection.close(self.closed and self.closed != LOST)

    async def read(self):
        """Takes what comes next, or the end."""
        if await self.connection.fill():
            self.take_all()
        else:
            self.closed = self.closed or LOST

    def take_all(self):
        """Takes what has come."""
        while not self.closed:
            found = self.take()
            if not found:
                break
            first, data = found
            if first == 136:
                self.be_closed(data)
            elif first == 137:
                self.write(10, data)
            elif first != 138:
                self.add(first, data)

    def add(self, first, data):
        """Adds to the message that comes."""
        if first & 3:
            self.is_text = first & 1
        self.parts.append(data)
        if first > 127 and not self.rest:
            data = b"".join(self.parts)
            self.parts = []
            self.waiting.append(self.decode(data) if self.is_text else data)

    def take(self):
        """(first byte, data) of a control frame, or of what has come of another; None where that is not enough."""
        buf = self.connection.buf
        at = 0
        if self.rest:
            first, size = self.rest
        else:
            head = self.head(buf)
            if not head:
                return None
            first, at, size = head
        data = buf[at : at + size]
        if size and not data:
            return None
        self.connection.buf = buf[at + size :]
        self.rest = (first, size - len(data)) if size > len(data) else None
        return first, data

    def head(self, buf):
        """(first byte, size of the head, size of the data) of a frame; None where more has to come."""
        if len(buf) < 2:
            return None
        first, size = buf[0], buf[1]
        is_control = 135 < first < 139 and size < 126
        wrong = size > 127 or not is_control and first not in (b"\0\x80" if self.parts else b"\1\2\x81\x82")
        at = 2 if size < 126 else 4 if size == 126 else 10
        if not wrong and len(buf) < (at + size if is_control else at):
            return None
        if not wrong and at > 2:
            size = int.from_bytes(buf[2:at], "big")
            wrong = size < 126 or at > 4 and size < 65536
        if wrong:
            self.connection.fail("a malformed frame, which begins with %02X %02X" % (first, buf[1]))
        return first, at, size

    def be_closed(self, data):
        """Answers the app's close."""
        self.closed = int.from_bytes(data[:2], "big") if data else 1005, self.decode(data[2:])
        if not self.leaving:
            self.write(8, data[:2])
        # Nothing more comes: the app need not wait for it.
        self.connection.stream.ended = True
        self.connection.changed.tell()

    def decode(self, data):
        try:
            return data.decode()
        except UnicodeError:
            self.connection.fail("a text that is not UTF-8: %r" % data[:100])

    def write(self, opcode, data):
        """Has a frame leave, where the app still takes one."""
        stream = self.connection.stream
        if stream.closed or stream.peer.closed:
            return
        self.unsent.append(frame(opcode, data))
        if not stream.source:
            stream.source = self.pieces()
        stream.changed.tell()

    def pieces(self):
        """What leaves when the app reads it."""
        while self.unsent:
            yield from self.unsent.pop(0)


def frame(opcode, data):
    """A frame in pieces, masked."""
    size = len(data)
    n = 0 if size < 126 else 2 if size < 65536 else 8
    head = bytes((128 + opcode, 254 + n // 8 if n else 128 + size)) + size.to_bytes(8, "big")[8 - n :] + MASK
    for at in range(0, size or 1, PIECE):
        piece = bytearray(data[at : at + PIECE])
        for i in range(len(piece)):
            piece[i] ^= MASK[i & 3]
        yield head + piece
        head = b""
