"""A body, or a head that a route leaves to its handler, line by line or into a buffer."""
from .http import coroutine


def leave(conn):
    """Have the lines of the header section read before the body."""
    head = conn.header_section()[11:]
    conn.buf = head + conn.buf
    conn.left += len(head)


@coroutine
def readline(conn):
    """Read a line with its end, or what is left; Refusal 413 over max_read."""
    data = b""
    while True:
        yield from conn.advance()
        at = conn.buf.find(b"\n", 0, conn.left)
        data += yield from conn.read(at + 1 or len(conn.buf))
        conn.limit(len(data), conn.app.max_read)
        if at >= 0 or not conn.left and conn.total is None:
            return data


@coroutine
def readinto(reader, buf):
    """Read into `buf`; return the number of bytes, 0 at the end of the body."""
    data = yield from reader.read(len(buf))
    buf[: len(data)] = data
    return len(data)
