"""A response that is more than a small page: its state, its framing and its end."""
from .stream import BLOCK, Connection, coroutine, late

EPIPE = 32
BODYLESS = (204, 304)  # and 1xx; RFC 9110 6.4.1
STREAMING = ("add_header", "aclose", "awriteiter", "drain")


def get(conn, name):
    """A method that Connection has only when it is used; AttributeError where there is none of that name."""
    if hasattr(Connection, name):
        return getattr(conn, name)
    if name not in STREAMING:
        raise AttributeError(name)
    f = getattr(late("streaming"), name)
    return lambda *args, **kwargs: f(conn, *args, **kwargs)


def slow(conn):
    """Leaves the fast path: what it knows of the response becomes what this module knows."""
    if conn.out is not None:
        conn.head = b"HTTP/1.1 200 OK\r\n%sContent-Type: text/html; charset=utf-8\r\n" % conn.app.date
        conn.pending = conn.out
        conn.written = len(conn.out)
        conn.out = None
    conn.plain = False


def reset(conn):
    """Forgets the response."""
    conn.out = conn.head = conn.length = None
    conn.extra = conn.pending = b""
    conn.sent = conn.chunked = False
    conn.written = 0


def is_started(conn):
    """Whether a response has begun."""
    return conn.out is not None or conn.head is not None


def is_bodyless(conn):
    return conn.status in BODYLESS or conn.status < 200 or conn.req is not None and conn.req.method == "HEAD"


def framing(conn, length):
    """The header fields that tell where the response ends, and the empty line."""
    fields = b""
    if conn.length is not None:
        length = conn.length
    if conn.status >= 200 and conn.status != 204:
        if length is not None:
            if conn.status != 304 or conn.length is not None:
                fields = b"Content-Length: %d\r\n" % length
        elif conn.http11:
            conn.chunked = True
            fields = b"Transfer-Encoding: chunked\r\n"
        elif conn.keep:  # a kept one is the handler's to close
            conn.keep = False
    if conn.keep is False or not conn.keep and not conn.http11:
        fields += b"Connection: close\r\n"
    elif not conn.http11:
        fields += b"Connection: keep-alive\r\n"
    return fields + b"\r\n"


def send(conn, data):
    try:
        conn.stream.write(data)
    except OSError:
        conn.broken = True
        raise


def has_unsent(conn):
    """Whether the socket did not take all it was given."""
    return getattr(conn.stream, "out_buf", None)


@coroutine
def write(conn, buf, off=0, sz=-1):
    """What Connection.awrite() does beyond a small page."""
    if conn.broken or conn.closed:
        raise OSError(EPIPE)
    slow(conn)
    if has_unsent(conn):
        yield from conn.drain()
    if off or sz >= 0:
        buf = memoryview(buf)[off : off + sz if sz >= 0 else len(buf)]
    if conn.head and conn.keep is not None:
        if is_bodyless(conn):
            conn.written += len(buf)
            return
        size = conn.written + len(buf)
        if (conn.length is None or size <= conn.length) and len(conn.pending) + len(buf) <= BLOCK:
            conn.written = size
            conn.pending += bytes(buf)
            return
    yield from late("streaming").write(conn, buf)


@coroutine
def finish(conn):
    """Ends the response: RuntimeError where there is none."""
    if conn.keep is None or conn.closed:
        return
    slow(conn)
    body = conn.body
    if conn.head is None:
        raise RuntimeError("the handler has answered nothing")
    if body:
        body.before_answer()
    if conn.sent or not conn.head or conn.length is not None and conn.written != conn.length:
        late("streaming").end(conn)
    else:
        data = conn.head + framing(conn, conn.written)
        if not is_bodyless(conn):
            data += conn.pending
        send(conn, data)
    if has_unsent(conn):
        yield from conn.drain()
    reset(conn)
    conn.http11 = True
    conn.body = None
    if body:
        yield from body.drain()


for name, value in (
    ("awritestr", Connection.awrite),
    ("finish", finish),
    ("tail", b""),
    ("broken", False),
    ("undelayed", False),
    ("closed", False),
    ("http11", True),
    ("body", None),
    ("status", 0),
    ("req", None),
    ("deadline", 0),
    ("since", 0),
):
    setattr(Connection, name, value)
reset(Connection)
