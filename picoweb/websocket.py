"""WebSocket (RFC 6455): `@app.websocket("/ws/<room>")`, or `async with WebSocket(req, resp) as ws` in any handler."""
from .response import has_unsent, send
from .stream import BLOCK, asyncio, coroutine, late

LOST = 1006, "the connection is lost"
session = late("websocket_session")
WebSocketClosed = session.WebSocketClosed


def websocket(app, url, **options):
    """Decorator of `async def h(req, ws, **values)`; the options are attributes of WebSocket."""
    WebSocket(None, None, **options)  # tells of an unknown one now

    def add(handler):
        async def serve(req, resp, **values):
            ws = WebSocket(req, resp, **options)
            await session.start(ws, req, handler(req, ws, **values))
            return False  # keeps the connection

        app.add_url_rule(url, serve, websocket=handler)
        return handler

    return add


class WebSocket:
    """A WebSocket, which takes the place of its client's Connection; sizes in bytes, times in seconds."""

    max_message = 4096  # that receive() takes
    ping_interval = 30  # without a byte, after which the client is pinged
    ping_timeout = 10  # in which it has to show life then
    origins = None  # whose pages may connect, as "https://example.com"; None is the host's own
    subprotocols = ()
    subprotocol = None  # the one agreed on
    closed = None  # code and reason
    more = is_text = False  # the message that is read: whether it goes on, and what it is
    message = b""  # what has come of it
    rest = None  # of its frame: first byte, bytes to come, key
    ended = pinged = False
    # As of a Connection that its handler keeps.
    lock = keep = None
    deadline = req = 0

    def __init__(self, req, resp, **options):
        self.stream = resp  # until the handshake
        for name in options:
            getattr(WebSocket, name)
            setattr(self, name, options[name])

    @coroutine
    def receive(self, part=False, end=WebSocketClosed):
        """The next message, str or bytes; WebSocketClosed where none comes."""
        while not self.closed:
            found = take(self, part)
            if not found:
                yield from self.read()
                continue
            first, data = found
            if first > 135:
                yield from session.control(self, first, data)
            else:
                self.more = bool(first < 128 or self.rest)
                if part and (data or not self.more):
                    return data
                if self.message:
                    self.message += data
                else:
                    self.message = data
                if not self.more:
                    data = bytes(self.message)
                    self.message = b""
                    if self.is_text:
                        data = yield from session.decode(self, data)
                    if data is not None:
                        return data
        raise end(*self.closed)

    def receive_part(self):
        """What has come of a message, of any length, as bytes; `more` tells whether it goes on."""
        return self.receive(True)

    @coroutine
    def receive_text(self):
        """The next message, a str; a client that sends bytes is closed with 1003."""
        data = yield from self.receive()
        if not self.is_text:
            yield from self.close(1003, "text only")
            raise WebSocketClosed(*self.closed)
        return data

    @coroutine
    def read(self):
        """Reads some bytes; a silent client is pinged, and then given up."""
        app = self.app
        if app.tick > self.due and not self.pinged:
            self.pinged = True
            self.due = app.tick + self.ping_timeout
            return (yield from self.frame(9, b""))
        self.fields = None  # of the request: a handler reads its headers first
        self.task = asyncio.core.cur_task
        self.deadline = max(self.due, app.tick) + 1
        try:
            data = yield from self.stream.read(BLOCK)
        except asyncio.CancelledError:
            if self.deadline >= 0:
                raise
            if hasattr(self.task, "uncancel"):  # CPython counts
                self.task.uncancel()
            if self.closed or not self.pinged:
                return
            data = b""
        except OSError:
            data = b""
        finally:
            self.deadline = 0
        if data:
            self.buf += data
            self.pinged = False
            self.due = app.tick + self.ping_interval
        else:
            self.closed = LOST
            self.ended = True

    @coroutine
    def send(self, data):
        """Sends a message, str or bytes; WebSocketClosed where it cannot leave."""
        if isinstance(data, str):
            yield from self.frame(1, data.encode())
        else:
            yield from self.frame(2, data)
        if self.closed:
            raise WebSocketClosed(*self.closed)

    @coroutine
    def frame(self, opcode, data):
        """Sends a frame; where it cannot leave, the WebSocket is closed."""
        size = len(data)
        n = 0 if size < 126 else 2 if size < 65536 else 8
        head = bytes((128 + opcode, 126 + n // 8 if n else size)) + size.to_bytes(8, "big")[8 - n :]
        if not self.lock:
            if self.closed and opcode != 8:
                return
            if size < 4096:
                try:
                    send(self, head + data)
                except OSError:
                    self.closed = self.closed or LOST
                if not has_unsent(self):
                    return
                head = data = b""
            self.lock = asyncio.Lock()
        yield from session.send(self, opcode, head, data)

    def close(self, code=1000, reason=""):
        """Sends the close; nothing can be sent after it."""
        return session.close(self, code, reason)

    def aclose(self):
        return self.close(1001)

    def __aiter__(self):
        return self

    def __anext__(self):
        return self.receive(False, StopAsyncIteration)

    def __aenter__(self):
        return session.accept(self)

    def __aexit__(self, *exc):
        return session.leave(self, exc[1])


def take(ws, part):
    """What has come of a frame as (first byte, data), (code, reason) where it is wrong; None where more is needed."""
    buf = ws.buf
    if ws.rest:
        first, size, key = ws.rest
    else:
        if len(buf) < 2:
            return
        first = buf[0]
        size = buf[1] - 128
        at = 6 if size < 126 else 8 if size == 126 else 14
        if size < 0 or first not in (b"\0\x80" if ws.more else b"\1\2\x81\x82") and (not 135 < first < 139 or at > 6):
            return 1002, "a malformed frame"
        if len(buf) < (at + size if first > 135 else at):
            return
        if at > 6:
            size = int.from_bytes(buf[2 : at - 4], "big")
            if size < 126 or at > 8 and size < 65536:
                return 1002, "a malformed frame"
        if first < 136:
            if not part and len(ws.message) + size > ws.max_message:
                return 1009, "over %d bytes" % ws.max_message
            if first & 3:
                ws.is_text = first & 1
        key = int.from_bytes(buf[at - 4 : at] * 32, "little")
        buf = buf[at:]
    n = len(buf)
    if n < size:
        n &= ~3  # the key goes by four
        ws.rest = first, size - n, key
    else:
        n = size
        ws.rest = None
    ws.buf = buf[n:]
    if ws.rest and not n:
        return
    data = bytearray(buf[:n])
    for at in range(0, n, 128):
        data[at : at + 128] = (int.from_bytes(data[at : at + 128], "little") ^ key).to_bytes(128, "little")[: n - at]
    return first, data
