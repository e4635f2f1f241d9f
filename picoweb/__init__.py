"""A web framework for boards with kilobytes of heap."""
import gc

from .stream import Connection, HTTPRequest, asyncio, coroutine, late, read_head, respond, start_response


def __getattr__(name):
    return late("methods").load(name)


def listen(host, port):
    import socket

    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo(host, port)[0][-1])
    s.listen(8)
    s.setblocking(False)
    return s


@coroutine
def accept(app, host, port):
    while True:
        peer = None
        try:
            yield asyncio.core._io_queue.queue_read(app.listener)
            peer = app.listener.accept()[0]
            peer.setblocking(False)
            asyncio.create_task(app._handle(peer, asyncio.StreamReader(peer)))
        except Exception as e:
            try:
                yield from late("listener").accept_failed(app, host, port, peer, e)
            except Exception:
                pass


async def sweep(app):
    import utime

    try:
        while app.connections:
            t = utime.gmtime()
            if t[0] > 2023:  # the clock was set
                app.date = b"Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n" % (
                    b"MonTueWedThuFriSatSun"[t[6] * 3 :][:3], t[2],
                    b"JanFebMarAprMayJunJulAugSepOctNovDec"[t[1] * 3 - 3 :][:3], t[0], t[3], t[4], t[5],
                )
            await asyncio.sleep_ms(1000)
            app.tick += 1
            for conn in app.connections:
                if 0 < conn.deadline <= app.tick:
                    late("faults").expire(conn)
    finally:
        app.sweeping = None


class WebApp:
    """An app. Limits: connections, bytes, seconds."""

    max_connections = 16
    max_head = 2048
    head_timeout = 5
    idle_timeout = 15
    debug = -1
    tick = 0  # seconds
    date = b""
    fields = b"\0"
    log = sweeping = None
    mounts = ()

    def __init__(self, pkg, routes=None, serve_static=True):
        self.pkg = pkg
        self.url_map = [] if routes is None else routes
        self.connections = []
        if serve_static:
            self.add_url_rule("/static/", "handle_static", prefix=True)
        if type(self) is not WebApp:  # its methods may call super()'s
            late("methods").install(WebApp)

    def __getattr__(self, name):
        return late("methods").get(self, name)

    def add_url_rule(self, url, func, **extra):
        """Adds a route: a path, a pattern or what has match(path); extra: methods, headers."""
        self.url_map.append((url, func, extra))

    def route(self, url, **extra):
        """add_url_rule() as a decorator."""
        return lambda func: self.add_url_rule(url, func, **extra) or func

    def find(self, req):
        for url, func, *extra in self.url_map:
            if url == req.path and not any(extra):
                return func
            if url == req.path or not isinstance(url, str) or "<" in url:
                break
        return late("routing").find(self, req)

    def init(self):
        """Called once before the first request."""

    async def _handle(self, reader, writer):
        conn = Connection(self, writer)
        try:
            conn.task = asyncio.core.cur_task
            self.connections.append(conn)
            self.sweeping = self.sweeping or asyncio.create_task(sweep(self))
            if len(self.connections) > self.max_connections:
                late("full").make_room(self)
            while conn.keep:
                try:
                    if not await read_head(conn):
                        break
                    await respond(conn)
                except (Exception, asyncio.CancelledError) as e:
                    await late("faults").answer(conn, e)
        finally:
            if conn.keep is not None and conn in self.connections:  # not kept
                self.connections.remove(conn)
                await writer.aclose()

    async def start(self, host, port, ssl=None):
        """Listens, and returns; OSError where the address cannot be had."""
        if ssl or not asyncio.core._io_queue:
            await late("listener").start(self, host, port, ssl)
        else:
            self.listener = listen(host, port)
            self.accepting = asyncio.create_task(accept(self, host, port))

    def serve(self, loop, host, port):
        """Listens, and runs the loop."""
        loop.run_until_complete(self.start(host, port, self.ssl))
        loop.run_forever()

    def run(self, host="127.0.0.1", port=8081, debug=False, lazy_init=False, log=None, ssl=None):
        """Serves. `debug`: -1 logs nothing, 0 requests, 1 and 2 more."""
        self.debug = debug
        self.ssl = ssl
        if debug >= 0:
            self.log = late("log").start(log, debug, host, port)
        gc.collect()
        self.init()
        if self.mounts and not lazy_init:
            self.init_mounts()
        self.serve(asyncio.get_event_loop(), host, port)
