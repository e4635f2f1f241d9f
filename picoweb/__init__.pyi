"""A web framework for boards with kilobytes of heap: an app, its routes, and the errors and limits of its clients."""

from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, MutableSequence, Sequence
from typing import Any, Concatenate, Literal, Protocol, TypeVar

from picoweb import utils as utils
from picoweb.answers import http_error as http_error
from picoweb.answers import jsonify as jsonify
from picoweb.answers import sendstream as sendstream
from picoweb.files import get_mime_type as get_mime_type
from picoweb.http import Connection as Connection
from picoweb.http import Coroutine, Headers
from picoweb.http import HTTPException as HTTPException
from picoweb.http import HTTPRequest as HTTPRequest
from picoweb.http import start_response as start_response
from picoweb.websocket import WebSocket

# h(req, resp, **values of the pattern); it returns its response, None if it wrote one, False to keep the connection.
Handler = Callable[Concatenate[HTTPRequest, Connection, ...], Any]
ErrorHandler = Callable[[HTTPRequest, Connection, Any], Any]
Middleware = Callable[[HTTPRequest, Connection, Callable[[], Awaitable[Any]]], Any]
Template = Callable[..., Generator[str, None, None]]
HeadersMode = Literal["parse", "skip", "leave"]

_H = TypeVar("_H", bound=Handler)
_E = TypeVar("_E", bound=ErrorHandler)
_M = TypeVar("_M", bound=Middleware)
_W = TypeVar("_W", bound=Callable[Concatenate[HTTPRequest, WebSocket, ...], Awaitable[None]])

class Pattern(Protocol):
    """What a route may have in place of a path: a compiled regular expression, say."""

    def match(self, path: str, /) -> Any: ...

class WebApp:
    """An app, and its limits; each may be set on a subclass or on an app."""

    # Limits: None is no limit
    max_connections: int  # connections at a time; 16, on esp32 8, on rp2 4
    max_head: int  # bytes of a request line and header section; 2,048
    max_body: int | None  # bytes of a request's body; None
    max_read: int  # bytes of a body that one call takes into memory: read() without a number, a form; 16,384
    head_timeout: int  # seconds for a head in all; 5
    idle_timeout: int  # seconds between requests; 15
    body_timeout: int  # seconds without a byte of a body; 10
    write_timeout: int  # seconds in which a client takes nothing; 10
    min_rate: int  # bytes a second, below which a client is too slow after 10 seconds, in both directions; 128
    # Memory
    gc_threshold: int | None  # bytes allocated between collections; None: an eighth of the heap less 4 K, 0: as it is
    memos: int  # header sections that are remembered, at most: start() makes it no more than one for each 32 KB of heap
    trusted_proxies: Collection[str]  # addresses whose X-Forwarded-For req.client believes; of the app that runs; none
    headers_mode: HeadersMode  # of the routes that do not say; "parse"

    pkg: str | None
    url_map: MutableSequence[Any]  # (url, handler) or (url, handler, extra); the first match wins
    mounts: Sequence[tuple[str, WebApp]]  # the longest prefix first
    connections: list[Any]  # those that are open: Connection, or what a handler has taken over
    template_loader: Any  # what has load(name); utemplate's unless it is set
    autoescape: bool  # whether templates write HTML text, but what is picoweb.templates.safe(); not set: no
    debug: int  # of run(); -1 before it
    log: Any  # a logger; None if nothing is logged
    ssl: Any  # of run()

    def __init__(self, pkg: str | None, routes: MutableSequence[Any] | None = None, serve_static: bool = True) -> None: ...
    def route(
        self,
        url: str | Pattern,
        *,
        methods: Iterable[str] | None = None,
        headers: HeadersMode | None = None,
        **extra: Any,
    ) -> Callable[[_H], _H]:
        """add_url_rule() as a decorator."""

    def add_url_rule(
        self,
        url: str | Pattern,
        func: Handler | str,
        *,
        methods: Iterable[str] | None = None,
        headers: HeadersMode | None = None,
        **extra: Any,
    ) -> None:
        """Add a route: a path, a pattern ("/users/<int:id>"), or what has match(path). ValueError if it is malformed.

        `func` is a handler or the name of a method of the app. `extra` is kept as req.extra; prefix=True has a path
        stand for all that begin with it.
        """

    def get(self, url: str | Pattern, *, headers: HeadersMode | None = None, **extra: Any) -> Callable[[_H], _H]:
        """route() with methods=["GET"], which has HEAD, too."""

    def post(self, url: str | Pattern, *, headers: HeadersMode | None = None, **extra: Any) -> Callable[[_H], _H]:
        """route() with methods=["POST"]."""

    def put(self, url: str | Pattern, *, headers: HeadersMode | None = None, **extra: Any) -> Callable[[_H], _H]:
        """route() with methods=["PUT"]."""

    def patch(self, url: str | Pattern, *, headers: HeadersMode | None = None, **extra: Any) -> Callable[[_H], _H]:
        """route() with methods=["PATCH"]."""

    def delete(self, url: str | Pattern, *, headers: HeadersMode | None = None, **extra: Any) -> Callable[[_H], _H]:
        """route() with methods=["DELETE"]."""

    def websocket(
        self,
        url: str,
        *,
        max_message: int = 4096,
        ping_interval: int = 30,
        ping_timeout: int = 10,
        origins: Iterable[str] | None = None,
        subprotocols: Iterable[str] = (),
    ) -> Callable[[_W], _W]:
        """Decorator of `async def h(req, ws, **values)`; when it returns, the WebSocket is closed.

        The options are attributes of WebSocket. `req.headers` are there until the handler first waits for a message.
        """

    def mount(self, url: str, sub: WebApp) -> None:
        """Serve the app `sub` below `url`, which it does not see; the longest prefix wins, and wins over routes."""

    def use(self, middleware: _M) -> _M:
        """Add `async def middleware(req, resp, next)`, also as a decorator; the first is the outermost, around mounts too.

        `await next()` returns what the handler returned, not sent yet, or None if it wrote its answer; errors are
        answers already, and resp.status is known. What the middleware returns is sent; with None the answer stands.
        """

    def errorhandler(self, kind: int | type[Exception]) -> Callable[[_E], _E]:
        """Decorator of `h(req, resp, exc)`: answers a status or a class of exceptions; 500 is for all without one.

        The answer keeps the exception's headers (Allow, WWW-Authenticate) that it does not set itself.
        """

    # For subclasses
    def init(self) -> None:
        """Called once, before the first request."""

    def init_mounts(self) -> None:
        """Call init() of all mounted apps, once each."""

    def handle_exc(self, req: HTTPRequest | None, resp: Connection, exc: Exception) -> Any:
        """Called for every exception that a handler lets out; what it writes is the answer. A coroutine or a generator."""

    def count(self, event: int | str) -> None:
        """Told of each answer (its class, 1 to 5) and of "timed_out", "evicted" and "refused" connections."""

    def serve(self, loop: Any, host: str, port: int) -> None:
        """Listen, and run the loop."""

    # Files and templates of the folder of the package `pkg`
    def sendfile(
        self, writer: Connection, fname: str, content_type: str | None = None, headers: Headers | None = None
    ) -> Coroutine[None]:
        """Answer with a file of the app's folder; 404 if it is missing, lies elsewhere or begins with a dot."""

    def handle_static(self, req: HTTPRequest, resp: Connection) -> Coroutine[None]:
        """Answer with the file that the path names, or the first group of the route's match; HTTPException 404."""

    def render_template(self, writer: Connection, name: str, args: tuple[Any, ...] = ()) -> Coroutine[None]:
        """Write a template."""

    def render_str(self, name: str, args: tuple[Any, ...] = ()) -> str:
        """Return a template as a str."""

    def _load_template(self, name: str) -> Template: ...

    # Start and stop
    def run(
        self,
        host: str = "127.0.0.1",
        port: int | str = 8081,
        debug: int = False,
        lazy_init: bool = False,
        log: Any = None,
        ssl: Any = None,
    ) -> None:
        """Serve until stopped. `debug`: -1 logs nothing, 0 requests and errors, 1 and 2 more.

        `log` has info, warning, error and debug, each of one str. `lazy_init` has mounted apps wait for a request.
        """

    async def start(self, host: str = "127.0.0.1", port: int = 8081, ssl: Any = None) -> None:
        """Listen, and return; OSError if the address cannot be had."""

    async def stop(self, timeout: float = 5) -> None:
        """Listen no more, and end WebSockets and event streams; what is in a request has `timeout` seconds to end."""

    def at_start(self, function: Callable[[], Any]) -> None:
        """Have function() called, a coroutine function too, once the app listens."""

    def at_stop(self, function: Callable[[], Any]) -> None:
        """Have function() called, a coroutine function too, when stop() has ended all connections."""

    # On CPython, for other servers
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as an ASGI 3 application."""

    @property
    def wsgi(self) -> Callable[..., Iterable[bytes]]:
        """The app as a WSGI application (PEP 3333)."""
