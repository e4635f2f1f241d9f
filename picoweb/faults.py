"""What interrupts a connection: the client that leaves, the clock, the table that is full, or an error to answer."""
from .stream import asyncio, late


async def answer(conn, e):
    """Ends the connection where nothing needs to be said, and has the rest answered."""
    if isinstance(e, asyncio.CancelledError):
        expired = conn.deadline < 0 and conn.keep
        if expired:
            count(conn.app, "timed_out")
        if conn.req is not None or not expired or not conn.buf:
            conn.keep = False
            return
        e = late("errors").HTTPException(408, "the head takes over %d seconds" % conn.app.head_timeout)
    conn.deadline = 0
    if conn.req is None and isinstance(e, OSError):
        conn.keep = False
        note(conn, e)
    else:
        await late("errors").answer(conn, e)


def note(conn, e):
    """A client that left is no fault; only debug says so."""
    if conn.app.log and conn.app.debug >= 1:
        conn.app.log.debug("connection lost: %r", e)


def count(app, event):
    """Tells a log that counts, which is that of picoweb.status."""
    tell = getattr(app.log, "count", None)
    if tell:
        tell(event)


def expire(conn):
    """Ends what the connection waits for: its time is over."""
    conn.deadline = -1
    cancel(conn)


def cancel(conn):
    if hasattr(asyncio, "cancel"):  # Pycopy
        asyncio.cancel(conn.task)
    else:
        conn.task.cancel()
