"""Where clients come from beyond the core's plain loop: TLS, CPython, Pycopy; failures of accept; the end."""
from picoweb import accept, listen
from .stream import asyncio, coroutine

EBADF = 9
PAUSE_MS = 50  # after a failure that is not of the listening socket


async def start(app, host, port, ssl):
    """What WebApp.start() does with TLS, and where asyncio is not MicroPython's."""
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
    if app.log:
        app.log.warning("accept: %r", e)
    close(peer)
    if isinstance(e, MemoryError):
        import gc

        gc.collect()
    yield from asyncio.sleep_ms(PAUSE_MS)
    while isinstance(e, OSError) and e.args and e.args[0] == EBADF:
        close(app.listener)
        try:
            app.listener = listen(host, port)
            e = None
        except OSError as failure:
            if app.log:
                app.log.error("cannot listen: %r", failure)
            yield from asyncio.sleep_ms(1000)


def close(s):
    try:
        if s:
            s.close()
    except OSError:
        pass


async def stop(app, timeout=5):
    """Listens no more; what is in a request has `timeout` seconds to end."""
    from .faults import cancel

    if app.accepting:
        app.accepting.cancel()
    close(app.listener)
    app.listener = app.accepting = None
    for conn in app.connections:
        if conn.keep:
            conn.keep = False
            if conn.req is None:
                cancel(conn)
    waited_ms = 0
    while app.connections and waited_ms < timeout * 1000:
        await asyncio.sleep_ms(20)
        waited_ms += 20
    for conn in list(app.connections):
        if conn.keep is None:
            await conn.aclose()
        else:
            cancel(conn)
    await asyncio.sleep_ms(0)
