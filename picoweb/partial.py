"""Heads that come in several pieces, or after empty lines (RFC 9112 2.2)."""
from .stream import BLOCK, late

ECONNRESET = 104


async def read_rest(conn, buf):
    """Reads until there is a whole head; HTTPException 400, 414 or 431 where there will be none."""
    app = conn.app
    conn.since = app.tick
    conn.deadline = app.tick + app.head_timeout + 1  # not less than those seconds
    empty = 0
    while True:
        while buf[:2] == b"\r\n":
            buf = buf[2:]
            empty += 2
        conn.buf = buf
        end = buf.find(b"\r\n\r\n")
        size = end if end >= 0 else len(buf)
        if size > app.max_head or empty > app.max_head or buf.count(b"\n") != buf.count(b"\r\n") and end < 0:
            late("head").refuse_partial(buf, app.max_head)
        if end >= 0:
            return buf
        more = await conn.stream.read(BLOCK)
        if not more:
            raise OSError(ECONNRESET)
        buf += more
