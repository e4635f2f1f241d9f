"""Server-sent events: EventStream for one client; Hub, which is loaded when used, for many."""
import ujson

from .stream import asyncio, late
from .streaming import flush

HEAD = b"""HTTP/1.1 200 OK\r
%s%sContent-Type: text/event-stream\r
Cache-Control: no-cache\r
Connection: close\r
\r
"""


def __getattr__(name):
    return getattr(late("hub"), name)


class EventStream:
    """`async with EventStream(req, resp) as events`; a comment leaves after `heartbeat` seconds without an event."""

    def __init__(self, req, resp, heartbeat=5):
        self.conn = resp
        self.heartbeat = heartbeat
        self.task = asyncio.core.cur_task

    async def __aenter__(self):
        conn = self.conn
        if conn.req.method == "HEAD":  # no event would show that the client has left
            raise late("errors").HTTPException(405, "", {"Allow": "GET"})
        await conn.awrite(HEAD % (conn.app.date, conn.extra))
        flush(conn)
        self.listen()
        return self

    async def __aexit__(self, *exc):
        pass

    async def send(self, data, event=None, id=None, retry=None):
        """Sends str, bytes, or what becomes JSON; OSError where the client has left or takes nothing."""
        conn = self.conn
        await conn.awrite(encode(data, event, id, retry))
        flush(conn)
        await conn.drain()
        self.listen()
        await asyncio.sleep_ms(0)

    def listen(self):
        """Stands in for the task: the app's sweep calls cancel() when it is time for a heartbeat."""
        conn = self.conn
        conn.task = self
        conn.deadline = conn.app.tick + self.heartbeat

    def cancel(self):
        if self.conn.deadline < 0:  # else the app stops
            self.listen()
            try:
                return flush(self.conn, b":\n\n")
            except OSError:
                pass
        self.task.cancel()


def encode(data, event=None, id=None, retry=None):
    """The bytes of an event; ValueError for a line end or NUL in a field that is not data."""
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
