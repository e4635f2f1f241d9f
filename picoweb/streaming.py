"""Responses that are streamed, chunked, written by hand, kept open, or slow to leave."""
from .response import framing, has_unsent, is_bodyless, is_started, send, slow
from .stream import BLOCK, asyncio, coroutine, start_response
from .timeout import wait

SILENCE_MS = 300  # after which a refused client is done
PIECE = 4096  # bytes that a client has to take within write_timeout


def flush(conn, after=b"", more=0, last=False):
    """Hands what is pending, and `after` it, to the socket at once; `more` bytes of the same chunk follow."""
    slow(conn)
    if conn.head is None or conn.sent and not (conn.pending or after or more or last):
        return
    data = conn.tail
    conn.tail = b""
    if not conn.sent:
        conn.sent = True
        no_delay(conn)
        if conn.head:
            data = conn.head + framing(conn, None)
    body = conn.pending + bytes(after) if after else conn.pending
    conn.pending = b""
    if conn.head and is_bodyless(conn):
        body = b""
    elif conn.chunked:
        size = len(body) + more
        if size:
            data += b"%x\r\n" % size
            if more:
                conn.tail = b"\r\n"
            else:
                body += b"\r\n"
        if last:
            body += b"0\r\n\r\n"
    if data or body:
        send(conn, data + body)


def no_delay(conn):
    # A response of several packets is not to wait for the client's delayed acknowledgements.
    if conn.undelayed:
        return
    conn.undelayed = True
    try:
        conn.stream.s.setsockopt(6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY
    except (AttributeError, OSError, TypeError, ValueError):
        pass


def by_hand(conn, buf):
    """The handler writes the whole response, status line first: it ends with the connection."""
    conn.head = b""
    conn.keep = None if conn.keep is None else False
    words = bytes(buf[:32]).split(b" ")
    conn.status = int(words[1][:3]) if words[1:] and words[1][:3].isdigit() else 200


@coroutine
def drive(conn, handler, pause):
    """Runs a handler that has paused to its end; what it wrote leaves at each pause."""
    while True:
        try:
            if isinstance(pause, (str, bytes, bytearray)):
                if not is_started(conn):
                    yield from start_response(conn)
                yield from conn.awrite(pause)
                value = None
            else:
                failure = None
                try:
                    flush(conn)
                except OSError as e:
                    failure = e
                value = yield pause  # first: the task is queued for it already
                if failure:
                    raise failure
        except GeneratorExit:
            handler.close()
            raise
        except BaseException as e:
            step = handler.throw
            value = e
        else:
            step = handler.send
        try:
            pause = step(value)
        except StopIteration as e:
            return e.value


def keep(conn):
    """The handler keeps the connection: it stays open, and what is written leaves at once."""
    conn.keep = None
    flush(conn)


@coroutine
def linger(conn):
    """Reads on while data comes, so that a refused client sees the answer and not a reset (RFC 9112 9.6)."""
    conn.req = None
    conn.since = conn.app.tick
    limit = conn.app.max_body
    try:
        while limit > 0:
            data = yield from asyncio.wait_for_ms(conn.stream.read(BLOCK), SILENCE_MS)
            if not data:
                break
            limit -= len(data)
    except (OSError, asyncio.TimeoutError):
        pass


@coroutine
def write(conn, buf):
    """Writes what response.write() does not hold back."""
    if conn.head is None:
        by_hand(conn, buf)
    conn.written += len(buf)
    if conn.head and is_bodyless(conn):
        return
    if conn.length is not None and conn.written > conn.length:
        buf = memoryview(buf)[: max(0, len(buf) - conn.written + conn.length)]
    try:
        if conn.keep is not None and len(conn.pending) + len(buf) <= BLOCK:
            conn.pending += bytes(buf)
        elif len(buf) <= PIECE:
            flush(conn, buf)
            if has_unsent(conn):
                yield from drain(conn)
        else:
            flush(conn, more=len(buf))
            buf = memoryview(buf)
            for at in range(0, len(buf), PIECE):
                send(conn, buf[at : at + PIECE])
                yield from drain(conn)
    except OSError:
        if conn.keep is None:  # nobody else frees its slot
            yield from aclose(conn)
        raise


def end(conn):
    """Ends a response of which something was sent, or which is not as long as it said."""
    short = conn.head and conn.length is not None and conn.written != conn.length and not is_bodyless(conn)
    if short:
        conn.keep = False
    flush(conn, last=True)
    if short and conn.app.log:
        conn.app.log.error(
            "%s %s wrote %d bytes of its Content-Length %d",
            conn.req.method, conn.req.target, conn.written, conn.length,
        )


@coroutine
def drain(conn):
    """Waits until all that was handed over has left; OSError where the client takes nothing for write_timeout."""
    if has_unsent(conn):
        try:
            yield from wait(conn, conn.stream.drain(), conn.app.write_timeout)
        except OSError:
            conn.broken = True
            raise


@coroutine
def awriteiter(conn, parts):
    """Writes each str or bytes of an iterable."""
    for part in parts:
        yield from conn.awrite(part)


def add_header(conn, name, value):
    """Adds a field to the response that is to start; ValueError for CR, LF or NUL."""
    from .headers import field

    slow(conn)
    conn.extra += field(name, value)


@coroutine
def aclose(conn):
    """Ends the response and the connection, and frees its slot."""
    if conn.keep is None:
        conn.keep = False
    try:
        if is_started(conn) and not conn.closed:
            yield from conn.finish()
    except OSError:
        pass
    conn.closed = True
    conn.keep = False
    if conn in conn.app.connections:
        conn.app.connections.remove(conn)
        yield from conn.stream.aclose()
