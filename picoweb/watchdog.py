"""Feeds a board's watchdog while the app answers a request of its own; one that hangs is not fed, and the board restarts."""
from .stream import asyncio, coroutine

ECONNRESET = 104
EHOSTUNREACH = 113  # of 127.0.0.1: a Pico W has no loop-back
REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def feed(app, wdt, port=8081, host="127.0.0.1", path="/", every=2, timeout=4):
    """Asks the app for `path` each `every` seconds, and calls wdt.feed() where it answers in `timeout` seconds."""
    request = REQUEST % path.encode()
    told = False
    while True:
        await asyncio.sleep_ms(int(every * 1000))
        try:
            await asyncio.wait_for_ms(ask(app, host, port, request), int(timeout * 1000))
        except asyncio.CancelledError:
            raise
        except Exception as e:
            if app.log and not told:
                app.log.error("the watchdog is not fed, %s:%s does not answer: %r", host, port, e)
            told = True
        else:
            wdt.feed()
            told = False


async def ask(app, host, port, request):
    """Sends the request; OSError where no status line comes. Any status is that of a living server, 503 too."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError as e:
        if not e.args or e.args[0] != EHOSTUNREACH:
            raise
        return await ask_within(app, request)
    try:
        await writer.awrite(request)
        answer = await reader.read(16)
    except OSError as e:
        if e.args[0] != ECONNRESET:
            raise
        answer = b""
    finally:
        await writer.aclose()
    # With TLS a request in the clear is refused: that, too, only a server does that lives.
    if not getattr(app, "ssl", None):
        check(answer)


def check(answer):
    if answer[:5] != b"HTTP/":
        raise OSError("no answer")


async def ask_within(app, request):
    """The same without a network: hands the request to the app, and looks at the listening socket."""
    from .listener import is_lost

    if not app.listener or is_lost(app.listener, 0, 0):
        raise OSError("the listening socket is lost")
    stream = Stream(request)
    await app._handle(stream, stream)
    check(stream.answer)


class Stream:
    """Stands for a client's connection that has sent one request, and keeps how its answer begins."""

    answer = b""

    def __init__(self, request):
        self.request = request

    @coroutine
    def read(self, n):
        request = self.request
        self.request = b""
        return request
        yield

    def write(self, data):
        self.answer = self.answer or bytes(data[:16])

    @coroutine
    def drain(self):
        return
        yield

    aclose = drain
