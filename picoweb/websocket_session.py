"""A WebSocket's life around its frames: the handshake, a client that takes nothing, the close (RFC 6455 4.2, 7, 8.1)."""
from uhashlib import sha1
import ubinascii
import ure

from .errors import HTTPException, log_error
from .faults import expire
from .headers import start_now
from .request import parse_headers
from .response import has_unsent
from .stream import asyncio, coroutine
from .streaming import PIECE, flush, linger

# What MicroPython takes for UTF-8 and is none: too long a form, a surrogate, past U+10FFFF.
NOT_UTF8 = ure.compile(b"[\xc0\xc1\xf5-\xff]|\xe0[\x80-\x9f]|\xed[\xa0-\xbf]|\xf0[\x80-\x8f]|\xf4[\x90-\xbf]")
SEC = "Sec-Websocket-"


class WebSocketClosed(OSError):
    """The WebSocket is closed: `code` (RFC 6455 7.4.1) and `reason` say why."""

    def __init__(self, code, reason):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def has(words, word):
    """Whether a comma list has that word."""
    return b",%s," % word in b",%s," % words.replace(b" ", b"")


def is_key(key):
    try:
        return len(key) == 24 and len(ubinascii.a2b_base64(key)) == 16
    except ValueError:
        return False


@coroutine
def accept(ws):
    """Answers the handshake, and is the WebSocket; HTTPException 400, 403 or 426 where it is none of ours."""
    conn = ws.stream
    app = conn.app
    req = conn.req
    fields = parse_headers(conn.fields)

    def get(name):
        return fields.get(name.encode(), b"")

    key = get(SEC + "Key")
    for what, well in (
        ("not a GET of HTTP/1.1", req.method == "GET" and conn.http11 and not conn.body),
        ("Upgrade", has(get("Upgrade").lower(), b"websocket")),
        ("Connection", has(get("Connection").lower(), b"upgrade")),
        (SEC + "Key", is_key(key)),
    ):
        if not well:
            raise HTTPException(400, "no WebSocket handshake: " + what)
    if get(SEC + "Version") != b"13":
        raise HTTPException(426, "not version 13 of WebSocket", {SEC + "Version": "13"})
    origin = get("Origin")
    allowed = get("Host").lower()
    if ws.origins is None:
        origin = origin.lower().split(b"//")[-1]
    else:
        allowed = ",".join(ws.origins).encode()
    if origin and not has(allowed, origin) and allowed != b"*":
        raise HTTPException(403, "not for pages of that Origin")
    answer = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        SEC + "Accept": ubinascii.b2a_base64(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())[:-1],
    }
    for name in ws.subprotocols:
        if has(get(SEC + "Protocol"), name.encode()):
            ws.subprotocol = answer[SEC + "Protocol"] = name
            break
    start_now(conn, None, 101, answer)
    conn.keep = True
    flush(conn)
    # The WebSocket takes the connection's place, so that nothing else need be kept of that.
    conn.keep = None
    ws.app = app
    ws.task = asyncio.core.cur_task
    ws.stream = conn.stream
    ws.buf = conn.buf
    ws.fields = conn.fields
    ws.due = app.tick + ws.ping_interval
    req.conn = ws
    if conn in app.connections:
        app.connections.remove(conn)
    app.connections.append(ws)
    return ws
    yield


@coroutine
def start(ws, req, handler):
    """The handshake; then the handler has a task of its own, which does without the connection's and all that it holds."""
    try:
        yield from accept(ws)
    except Exception:
        handler.close()
        raise
    asyncio.create_task(run(ws, req, handler))


@coroutine
def run(ws, req, handler):
    """The task of a route's handler."""
    e = None
    ws.task = asyncio.core.cur_task
    try:
        yield from handler
    except (Exception, asyncio.CancelledError) as failure:
        e = failure
    if not (yield from leave(ws, e)) and isinstance(e, Exception):
        ws.req = req
        ws.status = 101
        log_error(ws, e)


@coroutine
def leave(ws, e):
    """Closes, after the exception `e` or None; True where that is how a handler ends."""
    known = e is None or isinstance(e, WebSocketClosed)
    cancelled = isinstance(e, asyncio.CancelledError)
    yield from ws.close(1000 if known else 1001 if cancelled else 1011)
    if not ws.ended and not cancelled:
        ws.buf = b""
        yield from linger(ws)
    ws.app.connections.remove(ws)
    yield from ws.stream.aclose()
    return known


@coroutine
def close(ws, code, reason):
    """Sends the close, and wakes who waits for a message."""
    if not ws.closed:
        data = code.to_bytes(2, "big") + reason.encode()
        if len(data) > 125:
            raise ValueError("a reason over 123 bytes")
        ws.closed = code, reason
        if ws.deadline:
            expire(ws)
        yield from ws.frame(8, data)


@coroutine
def decode(ws, data):
    """`data` as text; None where it is none, and the WebSocket is closed."""
    try:
        text = data.decode()
        if len(text) == len(data) or not NOT_UTF8.search(data):
            return text
    except UnicodeError:
        pass
    yield from ws.close(1007, "not UTF-8")


@coroutine
def control(ws, first, data):
    """Answers a control frame, or one that is wrong."""
    if first > 999:
        yield from ws.close(first, data)
    elif first == 137:
        yield from ws.frame(10, data)
    elif first == 136:
        code = int.from_bytes(data[:2], "big") if data else 1005
        if data and not (1000 <= code < 1015 and not 1003 < code < 1007 or 3000 <= code < 5000):
            yield from ws.close(1002, "a malformed close code")
        reason = yield from decode(ws, bytes(data[2:]))
        if not ws.closed:
            ws.closed = code, reason
            ws.ended = True
            yield from ws.frame(8, data[:2])


@coroutine
def send(ws, opcode, head, data):
    """Sends a frame, or what is left of one, in its turn and piece by piece; waits until all has left."""
    yield from ws.lock.acquire()
    lost = True
    try:
        data = memoryview(data)
        for at in range(0, len(data) or 1, PIECE):
            piece = head + data[at : at + PIECE]
            if piece and (opcode == 8 or not ws.closed):
                ws.stream.write(piece)
            head = b""
            if has_unsent(ws):
                yield from asyncio.wait_for_ms(ws.stream.drain(), ws.app.write_timeout * 1000)
        lost = False
    except (OSError, asyncio.TimeoutError):
        pass
    finally:
        if lost:  # or cancelled in the middle of a frame
            ws.ended = True
            ws.closed = ws.closed or (1006, "the client takes nothing")
        ws.lock.release()
