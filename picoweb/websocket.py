"""WebSocket (RFC 6455): `@app.websocket("/ws/<room>")`, or `async with WebSocket(req, resp) as ws` in any handler."""
from . import websocket_session as session
from .http import asyncio, block, coroutine, view
from .kept import Kept

BLOCK = 768  # bytes that are read ahead of a handler which does not look
CLOSE_S = 5  # in which a close is to end
LOST = 1006, "the connection is lost"
WebSocketClosed = session.WebSocketClosed


def websocket(app, url, **options):
    """Decorator of `async def h(req, ws, **values)`; the options are attributes of WebSocket."""
    WebSocket(None, None, **options)  # tells of an unknown one now

    def add(handler):
        async def serve(req, resp, **values):
            ws = WebSocket(req, resp, **options)
            await session.start(ws, handler(req, ws, **values))
            return False  # keeps the connection

        app.add_url_rule(url, serve, handler=handler)
        return handler

    return add


class WebSocket(Kept):
    """A WebSocket; sizes in bytes, times in seconds."""

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
    pinged = False
    lock = None  # who sends a frame, once one had to wait
    until = 0  # app.tick at which a close is over
    ending = False  # the app stops

    def __init__(self, req, resp, **options):
        self.conn = resp
        for name in options:
            getattr(WebSocket, name)
            setattr(self, name, options[name])

    @coroutine
    def receive(self, part=False, end=WebSocketClosed):
        """Return the next message, str or bytes; WebSocketClosed if none comes."""
        while not self.closed:
            found = self.take(part)
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
        """Return what has come of a message, of any length, as bytes; `more` tells whether it goes on."""
        return self.receive(True)

    @coroutine
    def receive_text(self):
        """Return the next message, a str; a client that sends bytes is closed with 1003."""
        data = yield from self.receive()
        if not self.is_text:
            yield from self.close(1003, "text only")
            raise WebSocketClosed(*self.closed)
        return data

    @coroutine
    def read(self):
        """Wait for some bytes; at the end of the stream the WebSocket is closed."""
        conn = self.conn
        conn.head = b""  # of the request: a handler reads its headers first
        self.reading = asyncio.core.cur_task
        n = None
        try:
            while n is None:
                yield conn.ready(False)
                n = conn.attempt(conn.stream.readinto, block)
        except OSError:
            pass
        except asyncio.CancelledError:
            if not self.ended:
                raise
        finally:
            self.reading = None
        if n:
            self.take_in(n)
        else:
            self.closed = self.closed or LOST
            self.ended = True

    def take(self, part):
        """Return what has come of a frame as (first byte, data), (code, reason) if it is wrong, None if more is needed."""
        buf = self.buf
        if self.rest:
            first, size, key = self.rest
        else:
            if len(buf) < 2:
                return
            first = buf[0]
            size = buf[1] - 128
            at = 6 if size < 126 else 8 if size == 126 else 14
            if size < 0 or first not in (b"\0\x80" if self.more else b"\1\2\x81\x82") and (not 135 < first < 139 or at > 6):
                return 1002, "a malformed frame"
            if len(buf) < (at + size if first > 135 else at):
                return
            if at > 6:
                size = int.from_bytes(buf[2 : at - 4], "big")
                if size < 126 or at > 8 and size < 65536:
                    return 1002, "a malformed frame"
            if first < 136:
                if not part and len(self.message) + size > self.max_message:
                    return 1009, "over %d bytes" % self.max_message
                if first & 3:
                    self.is_text = first & 1
            key = int.from_bytes(buf[at - 4 : at] * 32, "little")
            buf = buf[at:]
        n = len(buf)
        if n < size:
            n &= ~3  # the key goes by four
            self.rest = first, size - n, key
        else:
            n = size
            if self.rest:
                self.rest = None
        self.buf = buf[n:] or b""
        if self.rest and not n:
            return
        data = bytearray(buf[:n])
        for at in range(0, n, 128):
            data[at : at + 128] = (int.from_bytes(data[at : at + 128], "little") ^ key).to_bytes(128, "little")[: n - at]
        return first, data

    def take_in(self, n):
        self.buf += view[:n]
        if self.pinged:
            self.pinged = False
        self.due = self.conn.app.tick + self.ping_interval

    def look(self, tick):
        """Ping a silent client, and notice one that has left while the handler does not read."""
        if self.closed:
            self.until = self.until or tick + CLOSE_S
            if tick >= self.until:
                self.lose()
                self.free()
            return
        if self.writer and tick > self.stalled + self.conn.app.write_timeout:
            return self.lose()
        if not self.reading:
            if len(self.buf) > BLOCK:
                return
            n = self.peek()
            if n:
                self.take_in(n)
            while self.buf[:1] == b"\x8a" and not self.rest:  # a pong
                if (self.take(True) or (999,))[0] > 255:
                    break
        if tick > self.due and not (self.lock and self.lock.locked()):
            if self.pinged:
                return self.lose()
            self.pinged = True
            self.due = tick + self.ping_timeout
            self.conn.put(b"\x89\0")

    def lose(self):
        self.closed = self.closed or LOST
        if self.until and not self.ending:
            self.task = None  # the handler goes on without the WebSocket that it has closed
        super().lose()

    def end(self):
        """Close, and have the handler end soon."""
        self.ending = True
        asyncio.create_task(self.close(1001))

    @coroutine
    def send(self, data):
        """Send a message, str or bytes; WebSocketClosed if it cannot leave."""
        if isinstance(data, str):
            yield from self.frame(1, data.encode())
        else:
            yield from self.frame(2, data)
        if self.closed:
            raise WebSocketClosed(*self.closed)

    @coroutine
    def frame(self, opcode, data):
        """Send a frame; if it cannot leave, the WebSocket is closed."""
        conn = self.conn
        size = len(data)
        n = 0 if size < 126 else 2 if size < 65536 else 8
        head = bytes((128 + opcode, 126 + n // 8 if n else size)) + size.to_bytes(8, "big")[8 - n :]
        if not self.lock:
            if self.closed and opcode != 8:
                return
            if size < 4096 and not conn.out:
                try:
                    conn.put(head + data)
                except OSError:
                    self.closed = self.closed or LOST
                    self.ended = True
                if not conn.out:
                    return (yield from asyncio.sleep_ms(0))
                head = data = b""
            self.lock = asyncio.Lock()
        yield from session.send(self, opcode, head, data)

    def close(self, code=1000, reason=""):
        """Send the close; nothing can be sent after it."""
        return session.close(self, code, reason)

    def __aiter__(self):
        return self

    def __anext__(self):
        return self.receive(False, StopAsyncIteration)

    def __aenter__(self):
        return session.accept(self)

    def __aexit__(self, *exc):
        return session.leave(self, exc[1])
