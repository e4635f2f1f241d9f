"""Functions of an app or a feature around an answer, and around the app's life; one that raises is logged, no more."""
from . import traceback


def guarded(hook):
    """Return hook(conn), which lets no exception out."""

    def call(conn):
        try:
            hook(conn)
        except Exception as e:
            conn.app.tell("error", "%s: %s", conn.name(), traceback(e))

    return call


def at_head(conn, hook):
    """Have hook(resp) called when status and fields are chosen, before a byte leaves."""
    conn.hooks += (guarded(hook),)


def at_end(conn, hook):
    """Have hook(resp) called after the last byte."""
    conn.ends += (guarded(hook),)


def at_start(app, function):
    """Have function() called, a coroutine function too, once the app listens."""
    app.starts += (function,)
    return function


def at_stop(app, function):
    """Have function() called, a coroutine function too, when stop() has ended all connections."""
    app.stops += (function,)
    return function
