"""What is answered when something is wrong: the exceptions, the handlers of errors, the pages of the framework itself."""
import sys

import picoweb.response as response
from .faults import count, note
from .stream import asyncio, coroutine, late, start_response

LEFT = (32, 104, 107)  # EPIPE, ECONNRESET, ENOTCONN
# After these the connection's framing, or the peer, is not to be trusted.
CLOSING = (400, 408, 413, 414, 417, 431, 501, 503, 505)


class HTTPException(Exception):
    """Raised anywhere, it is answered with its status (int) and message."""

    def __init__(self, status, message="", headers=None):
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.headers = headers


class Refusal(HTTPException):
    """An HTTPException of the framework's own, which no handler has raised."""


def errorhandler(app, kind):
    """Decorator of `h(req, resp, exc)`: answers a status (int) or a class of exceptions."""

    def add(handler):
        app.errorhandlers = dict(app.errorhandlers)
        app.errorhandlers[kind] = handler
        return handler

    return add


@coroutine
def handle_exc(app, req, resp, exc):
    """Called for every exception of a handler, for subclasses; what it writes is the answer."""
    return
    yield


@coroutine
def http_error(writer, status):
    """A complete response of that status (str)."""
    from .headers import reason

    yield from start_response(writer, "text/plain; charset=utf-8", status)
    yield from writer.awrite("%s %s\n" % (status, reason(writer.status)))


async def answer(conn, e):
    """Answers an exception that came out of reading or of answering a request."""
    try:
        if conn.req is None:
            await refuse(conn, e)
        elif conn.keep is None:
            return log_error(conn, e)
        else:
            await respond(conn, e)
            if response.is_started(conn) and conn.keep is not None and not conn.closed:
                await conn.finish()
        if not conn.broken:
            count(conn.app, conn.status // 100)
    except (OSError, MemoryError, asyncio.CancelledError) as failure:
        conn.keep = False
        note(conn, failure)
    if conn.keep is False and conn.status in CLOSING and not conn.closed and may_send(conn):
        await late("streaming").linger(conn)


def may_send(conn):
    """Whether the client of a refused request has more to send than was read."""
    return conn.status in (413, 414, 431) or conn.buf or conn.req and conn.req.method not in ("GET", "HEAD")


async def refuse(conn, e):
    """Answers a head that is no request."""
    conn.keep = False
    response.reset(conn)
    conn.plain = False
    if isinstance(e, UnicodeError):
        e = HTTPException(400, "the request line is not UTF-8")
    elif isinstance(e, RuntimeError):  # a small stack, on which the regex of the head went too deep
        e = HTTPException(431, "a header name or value is too long")
    await respond_status(conn, e)
    await conn.finish()


async def respond(conn, e):
    """Starts the response to an exception of a handler, and writes it; does not end it."""
    if isinstance(e, MemoryError):
        import gc

        gc.collect()
    if conn.out is not None and isinstance(e, OSError) and e.args and e.args[0] in LEFT:
        conn.broken = True  # it was the page that could not leave
    clear(conn)
    if has(conn.app, "handle_exc") and not isinstance(e, Refusal):
        try:
            await call(conn.app.handle_exc, conn.req, conn, e)
        except asyncio.CancelledError:
            raise
        except Exception as e2:
            log_error(conn, e2)
            clear(conn)
    if conn.broken or conn.closed:
        conn.keep = False
        return note(conn, e)
    if conn.sent:
        return break_off(conn, e)
    if response.is_started(conn):
        return log_handled(conn, e)
    handler = find_handler(conn.req, e)
    if handler:
        from .results import send

        try:
            await send(conn, await call(handler, conn.req, conn, e))
            return log_handled(conn, e)
        except asyncio.CancelledError:
            raise
        except Exception as e2:
            log_error(conn, e)
            e = e2
            clear(conn)
            if conn.sent:
                return break_off(conn, e)
    await respond_status(conn, e)


def clear(conn):
    """Forgets a response of which nothing was sent; fields of add_header() stay."""
    if not conn.sent:
        extra = conn.extra
        response.reset(conn)
        conn.extra = extra
        conn.plain = False


def break_off(conn, e):
    """Ends a response of which something was sent with the connection: it cannot be whole."""
    conn.closed = True
    conn.keep = False
    log_error(conn, e)


@coroutine
def call(handler, *args):
    """The result of a handler in whatever style: `async def`, generator or plain function."""
    result = handler(*args)
    if hasattr(result, "send"):
        result = yield from result
    return result


def has(app, name):
    """Whether an app or its class has set what is else loaded with its default."""
    return app and (name in app.__dict__ or hasattr(type(app), name))


def find_handler(req, e):
    """The errorhandler() of an exception: of its status, of the nearest of its classes, of 500; a mounted app's first."""
    for app in (req.__dict__.get("app"), req.conn.app):
        handlers = app.errorhandlers if has(app, "errorhandlers") else ()
        if isinstance(e, HTTPException) and e.status in handlers:
            return handlers[e.status]
        nearest = None
        for kind in handlers:
            if isinstance(kind, type) and isinstance(e, kind) and (nearest is None or issubclass(kind, nearest)):
                nearest = kind
        if nearest:
            return handlers[nearest]
        if not isinstance(e, HTTPException) and 500 in handlers:
            return handlers[500]
    return None


async def respond_status(conn, e):
    """The framework's own answer."""
    from .headers import reason, start_now

    status = 503 if isinstance(e, MemoryError) else e.status if isinstance(e, HTTPException) else 500
    if status in CLOSING:
        conn.keep = False
    phrase = reason(status)
    text = "%d %s\n" % (status, phrase)
    if isinstance(e, HTTPException):
        if e.message:
            text += e.message + "\n"
    elif conn.app.debug >= 1:
        text += traceback(e)
    text = text.encode()
    headers = e.headers if isinstance(e, HTTPException) else None
    start_now(conn, "text/plain; charset=utf-8", status, headers)
    conn.length = len(text)
    await conn.awrite(text)
    log_error(conn, e)


def traceback(e):
    try:
        import uio

        buf = uio.StringIO()
        sys.print_exception(e, buf)
        return buf.getvalue()
    except AttributeError:  # CPython
        import traceback

        return "".join(traceback.format_exception(type(e), e, e.__traceback__))


def log_error(conn, e):
    """One line for what a client did wrong, with a traceback where the app did."""
    log = conn.app.log
    if not log:
        return
    what = "%s %s" % (conn.req.method, conn.req.target) if conn.req else "request"
    if isinstance(e, HTTPException):
        if getattr(conn.req, "in_chain", False) and conn.status not in CLOSING:
            return  # the request's own line is to come
        say = log.warning if conn.status in CLOSING else log.info
        say("%s %s: %s", what, e.status, e.message)
    elif isinstance(e, MemoryError):
        log.error("%s 503: out of memory", what)
    else:
        log.error("%s 500: %s", what, traceback(e))


def log_handled(conn, e):
    if isinstance(e, HTTPException):
        log_error(conn, e)
    elif conn.app.log:
        conn.app.log.info("%s %s %s: %r", conn.req.method, conn.req.target, conn.status, e)
