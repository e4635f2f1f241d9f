"""Where clients come from beyond the core's plain loop: TLS, CPython, Pycopy; failures of accept; the end."""
import gc

from picoweb import accept, listen
from .stream import asyncio, coroutine, late

EBADF = 9
SCARCE = (11, 12, 23, 24, 105)  # EAGAIN, ENOMEM, ENFILE, EMFILE, ENOBUFS: a new socket would mend nothing
TRIES = 10  # failures in a row, after which the listening socket is not believed
ROW_MS = 1000  # between them at most
PAUSE_MS = 50  # after a failure
MAX_PAUSE_MS = 1000  # where listening fails again and again


async def start(app, host, port, ssl):
    """What WebApp.start() does with TLS, and where asyncio is not MicroPython's."""
    app.ssl = ssl
    if asyncio.core._io_queue:
        app.listener = listen(host, port)
        app.accepting = asyncio.create_task(accept(Tls(app, ssl), host, port))
    else:
        app.listener = await asyncio.start_server(app._handle, host, port, ssl=ssl)


class Tls:
    """Stands for an app whose clients speak TLS; each handshake costs only its own client."""

    def __init__(self, app, context):
        self.app = app
        self.context = context

    def __getattr__(self, name):
        return getattr(self.app, name)

    def _handle(self, peer, stream):
        tls = self.context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False)
        stream.s = tls
        stream.aclose = lambda: close_both(tls, peer)
        return self.app._handle(peer, stream)


@coroutine
def close_both(tls, peer):
    # A handshake that failed leaves the socket below open.
    close(tls)
    close(peer)
    return
    yield


@coroutine
def accept_failed(app, host, port, peer, e):
    """After a failure that client goes, and where the listening socket is lost another one is opened."""
    import utime

    app = app.app if isinstance(app, Tls) else app
    close(peer)
    now = utime.ticks_ms()
    before, count, pause_ms = getattr(app, "failing", (now, -1, 0))
    gap_ms = utime.ticks_diff(now, before)
    count = count + 1 if gap_ms < ROW_MS else 0
    if app.log and not count:
        app.log.warning("accept: %r", e)
    if isinstance(e, MemoryError):
        gc.collect()
    yield from asyncio.sleep_ms(PAUSE_MS)
    if isinstance(e, OSError) and peer is None and is_lost(app.listener, e.args and e.args[0], count):
        count = -1
        pause_ms = yield from listen_again(app, host, port, pause_ms if gap_ms < PAUSE_MS else 0)
    app.failing = utime.ticks_ms(), count, pause_ms


def is_lost(listener, errno, count):
    """Whether the failure is of the listening socket: else it was of one client, or something is scarce for a while."""
    import select

    if errno == EBADF:
        return True
    poller = select.poll()
    poller.register(listener, select.POLLIN | select.POLLHUP)
    for _, events in poller.poll(0):
        if events & ~select.POLLIN:
            return True
    return errno not in SCARCE and count >= TRIES


@coroutine
def listen_again(app, host, port, pause_ms):
    """Opens another listening socket as soon as that can be had; answers how long to wait where it is lost at once."""
    close(app.listener)
    app.listener = failure = None
    while True:
        yield from asyncio.sleep_ms(pause_ms)
        pause_ms = min(2 * pause_ms or PAUSE_MS, MAX_PAUSE_MS)
        try:
            app.listener = listen(host, port)
            break
        except OSError as e:
            if app.log and not failure:
                app.log.error("cannot listen at %s:%s: %r", host, port, e)
            failure = e
            gc.collect()  # it closes the socket that was in vain: a board has few
    if app.log:
        app.log.warning("listening again at %s:%s", host, port)
    return pause_ms


def close(s):
    try:
        if s:
            s.close()
    except OSError:
        pass


async def stop(app, timeout=5):
    """Listens no more, and ends WebSockets and event streams; what is in a request has `timeout` seconds to end."""
    own = asyncio.core.cur_task  # it may be a handler's, which ends after this

    def others():
        return [conn for conn in app.connections if conn.task is not own]

    if app.accepting:
        app.accepting.cancel()
    close(app.listener)
    app.listener = app.accepting = None
    for conn in list(app.connections):
        # A WebSocket or a stream of events, which has no end of its own.
        if hasattr(conn, "ping_interval") or hasattr(conn.task, "heartbeat"):
            asyncio.create_task(end(conn))
        elif conn.keep:
            conn.keep = False
            if conn.req is None:
                await end(conn)
    waited_ms = 0
    while others() and waited_ms < timeout * 1000:
        await asyncio.sleep_ms(20)
        waited_ms += 20
    for conn in others():
        if hasattr(conn, "ping_interval"):  # its handler does not look whether it is closed
            late("faults").cancel(conn)
        else:
            await end(conn)
    await asyncio.sleep_ms(0)


async def end(conn):
    """Closes a connection that its handler has kept, and has the handler of another one end."""
    if conn.keep is None:
        await conn.aclose()
    else:
        late("faults").cancel(conn)
