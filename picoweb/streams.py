"""Answers of many pieces: iterators of whatever kind, and a connection that its handler closes."""
from .http import coroutine


@coroutine
def awriteiter(conn, parts):
    """Write each str or bytes of an iterable, or of an asynchronous one, and close it."""
    close = getattr(parts, "aclose", getattr(parts, "close", tuple))
    try:
        if hasattr(parts, "__aiter__"):
            parts = parts.__aiter__()
            while True:
                try:
                    part = yield from parts.__anext__()
                except StopAsyncIteration:
                    break
                yield from conn.awrite(part)
                yield from conn.awrite("")
        else:
            for part in parts:
                yield from conn.awrite(part)
    finally:
        yield from close() or ()


@coroutine
def aclose(conn):
    """End the answer and the connection, which its head tells if it has not left."""
    conn.keep = False
    try:
        if conn.fields is not None:
            yield from conn.finish() or ()
    except OSError:
        pass
    conn.close()
