"""Waits that end at a deadline: a sweep of the table once a second ends them, no wait has a task of its own."""
from .faults import count
from .stream import asyncio, coroutine


class Timeout(OSError):
    """A client that gives or takes nothing for too long."""


@coroutine
def wait(conn, waiting, seconds):
    """Runs `waiting`; Timeout where it takes longer than that many seconds."""
    conn.task = asyncio.core.cur_task or conn.task
    conn.deadline = conn.app.tick + seconds + 1 if seconds else 0  # not less than those seconds
    try:
        return (yield from waiting)
    except asyncio.CancelledError:
        if conn.deadline < 0:
            if hasattr(conn.task, "uncancel"):  # CPython counts
                conn.task.uncancel()
            count(conn.app, "timed_out")
            raise Timeout("no progress for %d seconds" % seconds)
        raise
    finally:
        conn.deadline = 0
