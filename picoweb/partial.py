"""Heads that come in several pieces, or after empty lines."""
from .stream import BLOCK, late

ECONNRESET = 104


def refuse(why, status=400):
    raise late("errors").Refusal(status, why)


async def read_rest(conn, buf):
    """Reads until there is a whole head; Refusal 400, 414 or 431 where there will be none."""
    app = conn.app
    conn.since = app.tick
    conn.deadline = app.tick + app.head_timeout
    empty = 0
    while True:
        while buf[:2] == b"\r\n":  # before the request line; RFC 9112 2.2
            buf = buf[2:]
            empty += 2
        conn.buf = buf
        end = buf.find(b"\r\n\r\n")
        if end > app.max_head or end < 0 and len(buf) > app.max_head:
            if 0 <= buf.find(b"\r\n") <= app.max_head:
                refuse("the head is over %d bytes" % app.max_head, 431)
            refuse("the request line is over %d bytes" % app.max_head, 414)
        if end >= 0:
            return buf
        check_line_ends(buf)
        if empty > app.max_head:
            refuse("nothing but empty lines")
        more = await conn.stream.read(BLOCK)
        if not more:
            raise OSError(ECONNRESET)
        buf += more


def check_line_ends(buf):
    lf = buf.find(b"\n")
    while lf >= 0:
        if buf[lf - 1 : lf] != b"\r":
            refuse("a line ends in a bare LF")
        lf = buf.find(b"\n", lf + 1)
