"""picoweb: a web framework for boards with tens of kilobytes of heap."""
from . import stream
from .stream import asyncio, coroutine

LAZY = {"utils": "", "sendstream": "files", "get_mime_type": "files", "jsonify": "results", "HTTPException": "errors"}


def __getattr__(name):
    # Loaded when first used: a board pays for what it uses.
    if name not in LAZY:
        raise AttributeError(name)
    module = __import__("picoweb." + (LAZY[name] or name), None, None, ("*",))
    return getattr(module, name) if LAZY[name] else module


@coroutine
def start_response(writer, content_type="text/html; charset=utf-8", status="200", headers=None):
    """Status line and headers; `headers` is a dict or a block of lines, each ended by CRLF."""
    writer.start(status, content_type, headers)
    return
    yield


@coroutine
def http_error(writer, status):
    """A complete response of that status (str)."""
    writer.start(status)
    yield from writer.awrite(status)


class HTTPRequest:
    """A request: method, path, qs and, when asked for, headers, reader, form and url_match."""

    def __getattr__(self, name):
        from .request import lazy

        return lazy(self, name)


class WebApp:
    """An application: its routes, hooks and limits. `pkg` is the app's `__name__`."""

    max_connections = 16  # the last one only says 503 while the others are in a request
    max_head = 2048  # bytes of a request line and headers
    max_body = 16384  # bytes
    head_timeout = 5  # seconds from the first byte of a head to its last
    body_timeout = 10  # seconds without a byte of the body
    idle_timeout = 15  # seconds without a request
    write_timeout = 10  # seconds without room for an answer
    headers_mode = "parse"
    debug = -1
    tick = 0  # seconds since start
    date = b""
    log = fields = middleware = None
    inited = False
    mounts = ()

    def __init__(self, pkg, routes=None, serve_static=True):
        self.url_map = [] if routes is None else routes
        self.pkg = pkg.split(".", 1)[0] if pkg and pkg != "__main__" else None
        self.connections = []
        self.routes_seen = 0
        if serve_static:
            self.url_map.append(("/static/", lambda req, resp: self.handle_static(req, resp), "prefix"))
        if type(self) is not WebApp:  # its methods may call theirs by super()
            from .methods import install

            install(WebApp)

    def __getattr__(self, name):
        from .methods import install

        return install(WebApp, name, self)

    def route(self, url, **extra):
        """Decorator: `url` is a path, a pattern, or an object with match(path); extra: methods, headers."""

        def add(f):
            self.url_map.append((url, f, extra))
            return f

        return add

    def init(self):
        """Called once before the first request; for subclasses."""
        self.inited = True

    @coroutine
    def handle_exc(self, req, resp, exc):
        """Called for every exception a handler lets out; for subclasses."""
        return
        yield

    def _handle(self, reader, writer):
        conn = stream.Connection(self, writer)
        if len(self.connections) >= self.max_connections:
            from .errors import make_room

            make_room(self)
        self.connections.append(conn)
        return conn.task

    def find(self, req, path):
        """The route for a path: (handler, extra, keyword arguments); 404 and 405 are handlers too."""
        if self.routes_seen != len(self.url_map):
            from .routing import compile
            compile(self)
        for route in self.url_map:
            pattern = route[0]
            if pattern != path:
                if isinstance(pattern, str):
                    continue
                match = pattern.match(path)
                if not match:
                    continue
                req.url_match = match
            return route

    async def respond(self, conn):
        """Runs the handler of the request that conn has read."""
        req = HTTPRequest()
        req.conn = conn
        req.method = conn.method
        path, _, req.qs = conn.target.partition("?")
        try:
            if "%" in path or self.mounts:
                x
            route = self.find(req, path)
            result = route[1](req, conn)
            if hasattr(result, "send"):
                result = await conn.drive(result)
            if result is False:
                return False
            if result is not None:
                if isinstance(result, str):
                    conn.start()
                    await conn.awrite(result)
                else:
                    pass
            await conn.finish()
        except Exception as e:
            from .errors import answer
            await answer(self, req, conn, e)
        if self.debug >= 0:
            self.log.info("%s %s %s", conn.method, conn.target, conn.status)

    async def sweep(self):
        while True:
            await asyncio.sleep_ms(1000)
            self.tick += 1
            for conn in self.connections:
                if 0 < conn.deadline <= self.tick:
                    conn.expire()

    async def start(self, host="127.0.0.1", port=8081, ssl=None):
        """Listens, and returns."""
        self.listener = await stream.start_server(self, host, port, ssl)

    def serve(self, loop, host, port):
        """For subclasses."""
        loop.run_until_complete(self.start(host, port, self.ssl))
        loop.run_forever()

    def run(self, host="127.0.0.1", port=8081, debug=False, lazy_init=False, log=None, ssl=None):
        """Serves until stopped."""
        self.debug = int(debug)
        if log is None and debug >= 0:
            import ulogging
            log = ulogging.getLogger("picoweb")
            if debug > 0:
                log.setLevel(ulogging.DEBUG)
        self.log = log
        self.ssl = ssl
        self.init()
        if not lazy_init:
            for app in self.mounts:
                app.init()
        loop = asyncio.get_event_loop()
        if debug > 0:
            print("* Running on http://%s:%s/" % (host, port))
        try:
            self.serve(loop, host, port)
        except KeyboardInterrupt:
            pass
