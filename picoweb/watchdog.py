"""Feeds a board's watchdog while the app answers a request of its own; one that hangs is not fed, and the board restarts."""
import gc

from .http import Connection, asyncio

# Of connect() and socket(): a Pico W has no loop-back, and few sockets (EHOSTUNREACH, ENOMEM, ENFILE, EMFILE, ENOBUFS).
NO_WAY = (113, 12, 23, 24, 105)
REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def feed(app, wdt, port=8081, host="127.0.0.1", path="/", every=2, timeout=4):
    """Ask the app for `path` each `every` seconds, and call wdt.feed() if it answers in `timeout` seconds."""
    request = REQUEST % path.encode()
    within = told = False
    while True:
        await asyncio.sleep_ms(int(every * 1000))
        try:
            try:
                await asyncio.wait_for_ms(ask_within(app, request) if within else ask(app, host, port, request),
                                          int(timeout * 1000))
            except OSError as e:
                if within or not e.args or e.args[0] not in NO_WAY:
                    raise
                within = True  # for good
                gc.collect()  # asyncio leaves the socket open that did not connect
                continue
        except asyncio.CancelledError:
            raise
        except Exception as e:
            gc.collect()
            if not told:
                app.tell("error", "the watchdog is not fed, %s:%s does not answer: %r", host, port, e)
            told = True
        else:
            wdt.feed()
            told = False


async def ask(app, host, port, request):
    """Send the request; OSError if no status line comes. Any status is that of a living server, 503 too."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        await writer.awrite(request)
        answer = await reader.read(16)
    except OSError as e:
        if e.args[0] != 104:  # ECONNRESET
            raise
        answer = b""
    finally:
        await writer.aclose()
    # With TLS a request in the clear is refused: that, too, only a server does that lives.
    if not app.ssl:
        check(answer)


def check(answer):
    if answer[:5] != b"HTTP/":
        raise OSError("no answer")


async def ask_within(app, request):
    """Hand the request to the app without a network, and look at the listening socket."""
    if app.listener is None or is_lost(app.listener):
        raise OSError("the listening socket is lost")
    stream = Stream(request)
    await app._handle(Within(app, stream, stream))
    check(stream.answer)


def is_lost(listener):
    """Return whether the socket tells of an error."""
    import uselect

    poller = uselect.poll()
    poller.register(listener, uselect.POLLIN | uselect.POLLHUP)
    for _, events in poller.poll(0):
        if events & ~uselect.POLLIN:
            return True
    return False


class Within(Connection):
    """A connection without a socket, which is always ready."""

    def ready(self, writing):
        self.turn = iter(asyncio.sleep_ms(0))
        return next(self.turn)


class Stream:
    """Stands for the socket of a client that has sent one request, and keeps how its answer begins."""

    answer = b""

    def __init__(self, request):
        self.request = request

    def readinto(self, buf):
        request = self.request
        self.request = b""
        buf[: len(request)] = request
        return len(request)

    def write(self, data):
        self.answer = self.answer or bytes(data[:16])
        return len(data)

    def close(self):
        pass
