"""Server-sent events: EventStream for one client, Hub for many."""
import ujson

from .http import HTTPException, asyncio, load
from .kept import Kept


class EventStream(Kept):
    """`async with EventStream(req, resp) as events`; a comment leaves after `heartbeat` seconds without an event."""

    def __init__(self, req, resp, heartbeat=5):
        self.conn = resp
        self.heartbeat = heartbeat

    async def __aenter__(self):
        self.begin(False)
        return self

    async def __aexit__(self, *exc):
        self.free()

    def begin(self, keep):
        """Send the head, and take the connection over."""
        conn = self.conn
        if conn.req.method == "HEAD":  # it would hold a connection
            raise HTTPException(405, "", {"Allow": "GET"})
        conn.start("text/event-stream", 200, {"Cache-Control": "no-cache"})
        conn.http11 = False  # its end is the connection's
        self.due = conn.app.tick + self.heartbeat
        self.take_over(conn, keep)

    async def send(self, data, event=None, id=None, retry=None):
        """Send str, bytes, or what becomes JSON; OSError if the client has left or takes nothing."""
        conn = self.conn
        conn.put(encode(data, event, id, retry))
        self.due = conn.app.tick + self.heartbeat
        conn.task = asyncio.core.cur_task
        await conn.drain()

    def look(self, tick):
        """Have a heartbeat leave when it is due."""
        self.peek()
        if tick >= self.due and not self.conn.out:
            self.conn.put(b":\n\n")
            self.due = tick + self.heartbeat


def encode(data, event=None, id=None, retry=None):
    """Return the bytes of an event; ValueError for a line end or NUL in a field that is not data."""
    if isinstance(data, bytes):
        data = data.decode()
    elif not isinstance(data, str):
        data = ujson.dumps(data)
    text = ""
    for name, value in (("event", event), ("id", id), ("retry", retry)):
        if value is not None:
            text += "%s: %s\n" % (name, value)
            for c in "\n\r\0":
                if c in str(value):
                    raise ValueError("a line end or NUL in " + name)
    data = data.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\ndata: ")
    return "".join((text, "data: ", data, "\n\n")).encode()


def Hub(*args, **options):
    """Return a picoweb.hub.Hub: a server of one handler's streams alone need not load it."""
    return load("hub").Hub(*args, **options)
