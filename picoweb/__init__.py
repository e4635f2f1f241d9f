"""A web framework for boards with kilobytes of heap: an app, its routes, and the errors and limits of its clients."""
import gc
import sys

from .http import (
    AGAIN, CLOSING, Connection, HTTPException, HTTPRequest, Lost, Named, Refusal, adapt, asyncio, block, claim, coroutine,
    gmtime, load, ready, start_response, view,
)

gc.collect()
from . import utils
from .utils import unquote
import uio
import uos

len, isinstance, hasattr, str = len, isinstance, hasattr, str  # as in http.py
NO_MEMORY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def get_mime_type(fname):
    """Return the content type of a file's name, by its ending."""
    return load("files").get_mime_type(fname)


def sendstream(writer, f):
    """Coroutine: copy an open binary file to the writer."""
    return load("answers").sendstream(writer, f)


def jsonify(writer, obj):
    """Coroutine: answer with JSON; ValueError if `obj` has no JSON form."""
    return load("answers").jsonify(writer, obj)


def http_error(writer, status):
    """Coroutine: answer with a status (str) and its reason alone."""
    return load("answers").http_error(writer, status)


def listen(host, port):
    """Return a listening socket; OSError if the address cannot be had."""
    import usocket as socket

    s = socket.socket()
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(socket.getaddrinfo(host, port)[0][-1])
        s.listen(16)
        s.setblocking(False)
    except OSError:
        s.close()
        raise
    return s


@coroutine
def accept(app, host, port):
    """Take clients in for ever; a listening socket that is lost is opened anew."""
    failures = 0
    while True:
        peer = None
        try:
            if app.listener is None:
                app.listener = listen(host, port)
                app.tell("warning", "listening again at %s:%s", host, port)
            yield ready(app.listener, False)
            peer, address = app.listener.accept()
            peer.setblocking(False)
            try:  # an answer of several packets is not to wait for acknowledgements
                peer.setsockopt(6, 1, 1)
            except OSError:
                pass
            conn = app.connection(app, peer, app.ssl.wrap(peer) if app.ssl else peer, address)
            asyncio.create_task(app._handle(conn, conn))
            failures = 0
        except Exception as e:
            if peer:
                peer.close()
            gc.collect()
            if not failures:
                app.tell("warning", "%s: %r", "accept" if app.listener else "cannot listen at %s:%s" % (host, port), e)
            failures += 1
            errno = e.args and e.args[0]
            # EBADF, EINVAL; then what lasts and is not ENOMEM, ENFILE, EMFILE, ENOBUFS, which a new socket would not mend.
            if app.listener and (errno in (9, 22) or failures > 20 and errno not in (12, 23, 24, 105)):
                app.listener.close()
                app.listener = None
                failures = 0
            yield from asyncio.sleep_ms(50 if failures < 20 else 1000)


async def sweep(app):
    """Once a second: the clock, what waits for too long, and the log of refusals."""
    try:
        while app.connections:
            try:
                for conn in list(app.connections):
                    if 0 < conn.deadline <= app.tick:
                        if conn.keep is not None:
                            app.count("timed_out")
                        conn.expire()
                t = gmtime()
                if t[0] > 2023:  # the clock was set
                    app.date = ("Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n" % (
                        "MonTueWedThuFriSatSun"[t[6] * 3 :][:3], t[2],
                        "JanFebMarAprMayJunJulAugSepOctNovDec"[t[1] * 3 - 3 :][:3], t[0], t[3], t[4], t[5],
                    )).encode()
                if app.refusals > 1 > app.debug:
                    app.tell("warning", "%s (%d refused)", app.refusal, app.refusals)
                app.refusals = 0
            except MemoryError:
                gc.collect()
            await asyncio.sleep_ms(1000)
            app.tick += 1
    finally:
        app.sweeping = None


class WebApp(Named):
    """An app. Its limits are attributes: connections, bytes, seconds."""

    kind = "a."
    connection = Connection
    max_connections = 8 if sys.platform == "esp32" else 16  # ESP-IDF has 10 sockets: one listens, one is to say 503; rp2: 4
    max_head = 2048  # bytes of a request line and header section
    max_body = None  # bytes of a request's body, None for no limit
    max_read = 16384  # bytes of a body that one call takes into memory
    head_timeout = 5  # seconds for a head in all
    idle_timeout = 15  # seconds between requests
    body_timeout = 10  # seconds without a byte of a body
    write_timeout = 10  # seconds in which a client takes nothing
    min_rate = 128  # bytes a second, below which a client is too slow after 10 seconds; both directions
    gc_threshold = None  # bytes allocated between collections: None is an eighth of the heap less 4 K, 0 as it is
    headers_mode = "parse"
    debug = -1
    log = sweeping = listener = accepting = ssl = None
    inited = False
    tick = 0  # seconds
    date = b""
    memos = 8  # header sections that are remembered with what they say: clients repeat themselves
    refusals = 0  # not logged yet
    mounts = starts = stops = ()

    def __init__(self, pkg, routes=None, serve_static=True):
        self.pkg = pkg
        self.url_map = [] if routes is None else routes
        self.connections = []
        self.memo = []
        if serve_static:
            self.url_map.append(("/static/", "handle_static", {"prefix": True}))
        if type(self) is not WebApp:
            load("subclasses").complete(WebApp)

    # Routes

    def add_url_rule(self, url, func, **extra):
        """Add a route: a path, a pattern ("/users/<int:id>"), or what has match(path). Options: methods, headers."""
        self.url_map.append(load("checks").route(self, url, func, extra))

    def route(self, url, **extra):
        """add_url_rule() as a decorator."""
        return lambda func: self.add_url_rule(url, func, **extra) or func

    def find(self, req):
        """Return the handler of a request as a function of (req, resp); Refusal 400, 404 or 405."""
        path = unquote(req.path)
        if path is None or "\0" in path:
            raise Refusal(400, "a malformed path")
        allowed = []
        for route in self.url_map:
            url = route[0]
            extra = route[2] if len(route) > 2 else {}
            if isinstance(url, str):
                found = url == path or "prefix" in extra and path.startswith(url)
            else:
                found = url.match(req.path)
            if found:
                methods = extra.get("methods")
                if not methods or req.method in methods:
                    break
                allowed += methods
        else:
            if not allowed and path != "*":
                raise Refusal(404, "no such page")
            status = 204 if req.method == "OPTIONS" else 405
            raise Refusal(status, "not for " + req.method, {"Allow": ", ".join(sorted(set(allowed + ["OPTIONS"])))})
        func = route[1]
        req.route = route
        if extra.get("headers", self.headers_mode) == "leave":
            req.conn.leave()
        if isinstance(func, str):
            func = getattr(self, func)
        if found is not True:
            req.url_match = found
            if hasattr(url, "named"):
                return lambda req, resp: func(req, resp, **found)
        return func

    # Errors and the log

    @coroutine
    def handle_exc(self, req, resp, exc):
        """Called for every exception that a handler lets out, for subclasses; what it writes is the answer."""
        return
        yield

    @coroutine
    def explain(self, req, resp, e):
        """Return what answers an exception, as a handler's result."""
        status = 503 if isinstance(e, MemoryError) else 500
        text = traceback(e) if self.debug > 0 else ""
        headers = None
        if isinstance(e, HTTPException):
            status = e.status
            headers = e.headers
            text = e.message and e.message + "\n"
        resp.start("text/plain; charset=utf-8", status, headers)
        yield from resp.awrite(resp.fields[9:-2] + b"\n" + text.encode())

    @coroutine
    def recover(self, conn, e, asked=False):
        """Return what answers an exception, as a handler's result; raise what none can. The app is `asked` once."""
        if isinstance(e, Lost) and e.args[-1] is conn:
            if conn.keep:  # all of an answer to HEAD has left
                return None
            raise e
        if isinstance(e, asyncio.CancelledError):
            if conn.deadline < 0:
                if conn.req or not conn.buf or conn.closed:
                    raise conn.lost()
                e = Refusal(408, "too slow")
        if isinstance(e, MemoryError):
            gc.collect()
        if not isinstance(e, HTTPException):
            self.tell("error", "%s: %s", conn.name(), traceback(e))
        if conn.fields is False or conn.keep is None:
            raise conn.lost()
        if conn.status and (conn.status < 400 or asked):
            conn.reset()
        if getattr(e, "status", 0) in CLOSING:
            conn.keep = False
        if not asked and not conn.status and not isinstance(e, Refusal):
            result = self.handle_exc(conn.req, conn, e)
            if hasattr(result, "send"):
                yield from result
        if conn.status:
            return None
        conn.why = getattr(e, "message", "")
        if asked:
            return (yield from WebApp.explain(self, conn.req, conn, e))
        return (yield from (conn.req.app if conn.req else self).explain(conn.req, conn, e))

    @coroutine
    def fail(self, conn, e):
        """Answer what a handler, or picoweb itself, has raised; what fails then is answered without the app's help."""
        for asked in (False, True):
            try:
                result = yield from self.recover(conn, e, asked)
                return (yield from conn.answer(result))
            except Exception as failure:
                e = failure
        raise e

    def tell(self, level, message, *args):
        """Log a line, if there is a log."""
        if self.log:
            getattr(self.log, level)(message % args)

    def note(self, conn):
        """Count an answer, and log it: a line each, but of refusals one a second."""
        self.count(conn.status // 100)
        if self.log:
            line = conn.name() + (conn.why and ": " + conn.why)
            if not conn.why or conn.status not in CLOSING:
                return self.log.info(line)
            self.refusals += 1
            self.refusal = line
            if self.refusals < 2 or self.debug > 0:
                self.log.warning(line)

    def count(self, event):
        """Told of each answer (its class, 1 to 5) and of "timed_out", "evicted" and "refused" connections."""

    # Connections

    def make_room(self, conn):
        """End a connection in favour of a new one, and return it, None if there is none: one without a request or a client.

        A host that has more than half of the table makes room for itself alone, and for others also in an answer or a wait.
        """
        claim()
        hosts = [other.host for other in self.connections]
        half = len(hosts) // 2
        alone = hosts.count(conn.host) > half
        worst = None
        for other in self.connections:
            many = hosts.count(other.host)
            strange = other.host != conn.host
            if other is conn or strange and alone:
                continue
            left = strange and many > half and (other.deadline > 0 or other.fields is False)
            if other.keep is not None and not left:
                left = other.req is None
                if not left and not other.buf and not other.left and other.total is None:  # or its client has left
                    try:
                        n = other.stream.readinto(block)
                        left = n == 0
                        if n:
                            other.buf = bytes(view[:n])
                    except OSError as e:
                        left = e.args[0] not in AGAIN
            if left:
                # Who has most, who is to be closed, who has waited longest.
                rank = many, not other.keep, self.tick - other.since
                if worst is None or rank > worst_rank:
                    worst = other
                    worst_rank = rank
        if worst:
            worst.expire()
            worst.cut()
            self.count("evicted")
        return worst

    async def _handle(self, reader, writer=None):
        conn = None
        try:
            # Else it is called by an app's own start_server().
            conn = reader if isinstance(reader, Connection) else self.connection(self, reader, writer)
            conn.task = asyncio.core.cur_task
            self.connections.append(conn)
            if not self.sweeping:
                self.sweeping = asyncio.create_task(sweep(self))
            while len(self.connections) > self.max_connections and self.make_room(conn):
                pass
            while conn.keep:
                error = None
                try:
                    req = await conn.next()
                    if not req:
                        break
                    if len(self.connections) > self.max_connections and self.connections[-1] is conn:
                        self.count("refused")
                        raise Refusal(503, "all %d connections are in use" % self.max_connections)
                    result = self.find(req)(req, conn)
                    if hasattr(result, "send"):
                        result = await conn.run(result)
                    await conn.answer(result)
                except (Exception, asyncio.CancelledError) as e:
                    error = e
                if error:
                    await self.fail(conn, error)
        except MemoryError:
            gc.collect()
            if conn and conn.fields is not False:
                conn.put(NO_MEMORY)
        except OSError as e:
            self.tell("debug", "connection lost: %r", e)
        finally:
            if conn is None:
                writer.close()
            elif conn.keep is not None:
                conn.close()
            reader = writer = conn = error = req = result = None  # the loop may keep this task for a while

    # Starting

    def init(self):
        """Called once, before the first request; for subclasses."""

    def prepare(self):
        """Load what the routes name, and call init() once."""
        if self.inited:
            return
        self.inited = True
        for route in list(self.url_map):
            if "handle_static" in route and type(self) is WebApp:
                try:
                    if not self.pkg or self.pkg == "__main__":
                        uos.stat("static")
                    self.handle_static
                except OSError:
                    self.url_map.remove(route)
        if "picoweb.files" in sys.modules:
            load("files").folder(self)
        self.init()
        load("checks").prepare(self)

    async def start(self, host="127.0.0.1", port=8081, ssl=None):
        """Listen, and return; OSError if the address cannot be had."""
        self.prepare()
        free = gc.mem_free() or 65536  # some systems do not tell
        heap = free + gc.mem_alloc()
        self.memos = min(self.memos, max(0, heap // 32768 - 1))
        self.max_connections = min(self.max_connections, max(8, free // 3072))
        self.max_head = min(self.max_head, max(1024, free // 16))
        if self.gc_threshold is None and gc.threshold() < 0:
            self.gc_threshold = max(1024, heap // 8 - 4096)
        if self.gc_threshold:
            gc.threshold(self.gc_threshold)
        await self.listen(host, port, ssl)
        for function in self.starts:
            result = function()
            if hasattr(result, "send"):
                await result
        self.tell("info", "serving at http://%s:%s/", host, port)

    async def listen(self, host, port, ssl):
        """Take in clients from now on; OSError if the address cannot be had."""
        if ssl:
            self.ssl = load("tls").TLS(ssl)
        self.listener = listen(host, port)
        self.accepting = asyncio.create_task(accept(self, host, port))

    def serve(self, loop, host, port):
        """Listen, and run the loop; for subclasses."""
        loop.run_until_complete(self.start(host, port, self.ssl))
        loop.run_forever()

    def run(self, host="127.0.0.1", port=8081, debug=False, lazy_init=False, log=None, ssl=None):
        """Serve. `debug`: -1 logs nothing, 0 requests and errors, 1 and 2 more; `log` takes info, warning, error, debug."""
        self.debug = int(debug)
        self.ssl = ssl
        self.lazy_init = lazy_init
        if self.debug >= 0:
            self.log = load("log").start(log, self.debug, host, int(port))
        self.prepare()
        gc.collect()
        self.serve(asyncio.get_event_loop(), host, int(port))


def traceback(e):
    """Return an exception's traceback as text."""
    buf = uio.StringIO()
    sys.print_exception(e, buf)
    return buf.getvalue()


gc.collect()
if sys.platform == "rp2":
    adapt = load("rp2").adapt
if adapt:  # CPython, Pycopy, rp2
    WebApp = adapt(WebApp)
