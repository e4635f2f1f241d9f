"""A WebSocket's life around its frames: the handshake, a client that takes nothing, the close (RFC 6455 4.2, 7, 8.1)."""
import gc

from uhashlib import sha1
import ubinascii
import ure

from . import traceback
from .http import HTTPException, asyncio, coroutine
from .request import Headers

# What MicroPython takes for UTF-8 and is none: too long a form, a surrogate, past U+10FFFF.
NOT_UTF8 = ure.compile(b"[\xc0\xc1\xf5-\xff]|\xe0[\x80-\x9f]|\xed[\xa0-\xbf]|\xf0[\x80-\x8f]|\xf4[\x90-\xbf]")
SEC = "Sec-Websocket-"
PIECE = 512  # bytes of a frame that leave at once


class WebSocketClosed(OSError):
    """The WebSocket is closed: `code` (RFC 6455 7.4.1) and `reason` say why."""

    def __init__(self, code, reason):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def has(words, word):
    """Return whether a comma list has that word."""
    return b",%s," % word in b",%s," % words.replace(b" ", b"")


def is_key(key):
    try:
        return len(key) == 24 and len(ubinascii.a2b_base64(key)) == 16
    except ValueError:
        return False


def is_welcome(origin, host, origins):
    """Return whether a page of that Origin may connect: one of the host, or of the list (RFC 6455 10.2)."""
    if origins is None:
        scheme, _, rest = origin.partition(b"://")
        return scheme in (b"http", b"https") and rest == host
    return "*" in origins or origin in [allowed.lower().encode() for allowed in origins]


@coroutine
def accept(ws):
    """Answer the handshake; HTTPException 400, 403 or 426 if it is none of ours."""
    conn = ws.conn
    req = conn.req
    fields = Headers(conn.header_section())

    def get(name):
        return fields.get(name.encode(), b"")

    key = get(SEC + "Key")
    for what, well in (
        ("not a GET of HTTP/1.1", req.method == "GET" and conn.http11 and not conn.left and conn.total is None),
        ("Upgrade", has(get("Upgrade").lower(), b"websocket")),
        ("Connection", has(get("Connection").lower(), b"upgrade")),
        (SEC + "Key", is_key(key)),
    ):
        if not well:
            raise HTTPException(400, "no WebSocket handshake: " + what)
    if get(SEC + "Version") != b"13":
        raise HTTPException(426, "not version 13 of WebSocket", {SEC + "Version": "13"})
    origin = fields.get(b"Origin")
    if origin is not None and not is_welcome(origin.lower(), get("Host").lower(), ws.origins):
        raise HTTPException(403, "not for pages of that Origin")
    answer = {
        "Upgrade": "websocket",
        SEC + "Accept": ubinascii.b2a_base64(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())[:-1],
    }
    for name in ws.subprotocols:
        if has(get(SEC + "Protocol"), name.encode()):
            ws.subprotocol = answer[SEC + "Protocol"] = name
            break
    conn.start(None, "101 Switching Protocols", answer)
    conn.extra += "Connection: Upgrade\r\n"
    conn.keep = True
    ws.take_over(conn, None)
    app = conn.app
    app.note(conn)
    app.memo = [known for known in app.memo if known[0] is not conn.head]  # no other client's is the same
    ws.buf = conn.buf
    conn.buf = b""
    ws.due = app.tick + ws.ping_interval
    return ws
    yield


@coroutine
def start(ws, handler):
    """Answer the handshake; then the handler has a task of its own, which does without the connection's."""
    try:
        yield from accept(ws)
        req = ws.conn.req
        head = ws.conn.header_section()
        ws.let_go()
        req.conn = req.reader = conn = ws.conn
        conn.head = head
        ws.task = asyncio.create_task(run(ws, req, handler))
    except Exception:
        handler.close()
        if ws.conn.keep is None:
            ws.free()
        raise


@coroutine
def run(ws, req, handler):
    """The task of a route's handler."""
    e = None
    try:
        yield from handler
    except (Exception, asyncio.CancelledError) as failure:
        e = failure
    try:
        if not (yield from leave(ws, e)) and not isinstance(e, asyncio.CancelledError):
            conn = ws.conn
            conn.req = req
            conn.status = 101
            conn.app.tell("error", "%s: %s", conn.name(), traceback(e))
    except MemoryError:
        gc.collect()
    finally:
        ws.free()


@coroutine
def leave(ws, e):
    """Close after the exception `e` or None; return True if that is how a handler ends."""
    cancelled = isinstance(e, asyncio.CancelledError)
    known = e is None or isinstance(e, WebSocketClosed) or cancelled and ws.ended
    try:
        ws.message = b""
        if isinstance(e, MemoryError):
            gc.collect()
        yield from close(ws, 1000 if known else 1001 if cancelled else 1011, "")
        while not ws.ended and not cancelled:  # the client's close comes, or `until`
            found = ws.take(True)
            if not found:
                yield from ws.read()
            elif found[0] == 136 or found[0] > 255:
                break
    except MemoryError:
        gc.collect()
    finally:
        ws.free()
    return known


@coroutine
def close(ws, code, reason):
    """Send the close."""
    if not ws.closed:
        data = code.to_bytes(2, "big") + reason.encode()
        if len(data) > 125:
            raise ValueError("a reason over 123 bytes")
        ws.closed = code, reason
        yield from ws.frame(8, data)


@coroutine
def decode(ws, data):
    """Return `data` as text; None if it is none, and then the WebSocket is closed."""
    try:
        text = data.decode()
        if len(text) == len(data) or not NOT_UTF8.search(data):
            return text
    except UnicodeError:
        pass
    yield from ws.close(1007, "not UTF-8")


@coroutine
def control(ws, first, data):
    """Answer a control frame, or one that is wrong."""
    if first > 999:
        yield from ws.close(first, data)
    elif first == 137:
        yield from ws.frame(10, data)
    elif first == 136:
        try:
            code = int.from_bytes(data[:2], "big") if data else 1005
            if data and not (1000 <= code < 1015 and not 1003 < code < 1007 or 3000 <= code < 5000):
                yield from ws.close(1002, "a malformed close code")
            reason = yield from decode(ws, bytes(data[2:]))
            if not ws.closed:
                ws.closed = code, reason
                yield from ws.frame(8, data[:2])
        finally:  # nothing more comes: without memory for the answer, too
            ws.ended = True


@coroutine
def send(ws, opcode, head, data):
    """Send a frame, or what is left of one, in its turn and piece by piece; wait until all has left."""
    conn = ws.conn
    yield from ws.lock.acquire()
    at = 0
    size = len(data)
    try:
        data = memoryview(data)
        while (at < size or not at) and not ws.ended and (at or opcode == 8 or not head or not ws.closed):
            piece = data[at : at + PIECE]
            if head:
                piece = head + piece
                head = b""
            if len(piece):
                conn.put(piece)
            at += PIECE
            ws.writer = conn.task = asyncio.core.cur_task
            ws.stalled = conn.app.tick
            conn.credit = 10 * conn.app.min_rate
            yield from conn.drain()
    except OSError:
        at = -1
    except asyncio.CancelledError:
        if not ws.ended:
            raise
        at = -1
    finally:
        ws.writer = None
        ws.lock.release()
        if at < 0 or 0 < at < size:  # or cancelled in the middle of a frame
            ws.ended = True
            ws.closed = ws.closed or (1006, "the client takes nothing")
            if ws.reading:
                conn.task = ws.reading
                conn.expire()
