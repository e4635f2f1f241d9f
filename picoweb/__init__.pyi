"""A web framework for boards with tens of kilobytes of heap."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, MutableSequence, Sequence
from typing import Any, Concatenate, Literal, Protocol, TypeVar

from picoweb.errors import HTTPException as HTTPException
from picoweb.errors import http_error as http_error
from picoweb.files import get_mime_type as get_mime_type
from picoweb.files import sendstream as sendstream
from picoweb.results import jsonify as jsonify
from picoweb.stream import Connection as Connection
from picoweb.stream import Coroutine, Headers
from picoweb.stream import HTTPRequest as HTTPRequest
from picoweb.stream import start_response as start_response
from picoweb.websocket import WebSocket

# h(req, resp, **values of the pattern); it returns its response, None where it wrote one, False to keep the connection.
Handler = Callable[Concatenate[HTTPRequest, Connection, ...], Any]
ErrorHandler = Callable[[HTTPRequest, Connection, Any], Any]
Middleware = Callable[[HTTPRequest, Connection, Callable[[], Awaitable[None]]], Any]
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

    max_connections: int  # connections at a time; 16
    max_head: int  # bytes of a request's head; 2,048
    max_body: int  # bytes of a request's body; 16,384
    max_read: int  # bytes of it that read() without a number, and a form, take into memory; 16,384
    head_timeout: int  # seconds for a head, from its first bytes; 5
    body_timeout: int  # seconds without a byte of a body; 10
    idle_timeout: int  # seconds without a request on a connection; 15
    write_timeout: int  # seconds in which a client takes nothing of a response; 10
    headers_mode: HeadersMode  # of the routes that do not say; "parse"

    pkg: str | None
    url_map: MutableSequence[Any]  # (url, handler) or (url, handler, extra); the first match wins
    mounts: Sequence[tuple[str, WebApp]]
    middleware: Sequence[Middleware]
    errorhandlers: Mapping[int | type[Exception], ErrorHandler]
    connections: list[Connection]
    debug: int  # of run(); -1 before it
    log: Any  # a logger; None where nothing is logged
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
        func: Handler,
        *,
        methods: Iterable[str] | None = None,
        headers: HeadersMode | None = None,
        **extra: Any,
    ) -> None:
        """Adds a route: a path, a pattern or what has match(path)."""

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
        """Puts the app `sub` under the prefix `url`, which it does not see; the longest prefix wins."""

    def use(self, middleware: _M) -> _M:
        """Adds `async def middleware(req, resp, next)`; also a decorator."""

    def errorhandler(self, kind: int | type[Exception]) -> Callable[[_E], _E]:
        """Decorator of `h(req, resp, exc)`: answers a status or a class of exceptions."""

    # For subclasses.
    def init(self) -> None:
        """Called once before the first request."""

    def init_mounts(self) -> None:
        """Calls init() of all mounted apps."""

    def handle_exc(self, req: HTTPRequest, resp: Connection, exc: Exception) -> Any:
        """Called for every exception of a handler: a coroutine or a generator. What it writes is the answer."""

    def serve(self, loop: Any, host: str, port: int) -> None:
        """Listens, and runs the loop."""

    # Files and templates, of the folder of the package `pkg`.
    def sendfile(
        self, writer: Connection, fname: str, content_type: str | None = None, headers: Headers | None = None
    ) -> Coroutine[None]:
        """Answers with a file of the app's folder; HTTPException 404 where it is missing."""

    def handle_static(self, req: HTTPRequest, resp: Connection) -> Coroutine[None]:
        """Answers a request below /static/ with a file of that folder."""

    def render_template(self, writer: Connection, name: str, args: tuple[Any, ...] = ()) -> Coroutine[None]:
        """Writes a template."""

    def render_str(self, name: str, args: tuple[Any, ...] = ()) -> str:
        """A template as a str."""

    def _load_template(self, name: str) -> Template: ...

    # Start and stop.
    def run(
        self,
        host: str = "127.0.0.1",
        port: int = 8081,
        debug: int = False,
        lazy_init: bool = False,
        log: Any = None,
        ssl: Any = None,
    ) -> None:
        """Serves until stopped. `debug`: -1 logs nothing, 0 requests, 1 and 2 more."""

    async def start(self, host: str, port: int, ssl: Any = None) -> None:
        """Listens, and returns; OSError where the address cannot be had."""

    async def stop(self, timeout: float = 5) -> None:
        """Listens no more; what is in a request has `timeout` seconds to end."""
