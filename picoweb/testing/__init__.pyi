"""A client for an app's tests: in memory and without a socket, through the real parser and the real writer."""

from collections.abc import AsyncIterator, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, type_check_only

from picoweb import WebApp
from picoweb.http import Data, Headers as SentHeaders

Values = Mapping[str, Any]  # True for a key without "=", a list for a repeated key
File = tuple[str, str | bytes, str]  # filename, content, content type

class ServerEvent(NamedTuple):
    """A server-sent event: lines of data are joined by LF; None is what it does not say."""

    data: str
    event: str  # "message" where it does not say
    id: str | None
    retry: int | None

class WebSocketRefused(Exception):
    """The app did not answer with a WebSocket, but with `answer`."""

    answer: Answer

@type_check_only
class Request:
    """A method of TestClient for one method of HTTP: to be awaited, or, where no loop runs, answered at once."""

    def __call__(
        self,
        path: str,
        *,
        follow: bool = False,
        query: Values | None = None,
        headers: SentHeaders | None = None,
        body: Data | Iterable[Data] | None = None,
        json: Any = None,
        data: Values | None = None,
        files: Mapping[str, File | list[File]] | None = None,
    ) -> Answer: ...

class TestClient:
    """A browser for one app: a connection a request; it keeps cookies. `timeout` in seconds, None for none."""

    app: WebApp
    timeout: float | None
    cookies: Cookies

    def __init__(self, app: WebApp, timeout: float | None = 5) -> None: ...
    def request(
        self,
        method: str,
        path: str,
        *,
        follow: bool = False,  # go where redirects lead
        query: Values | None = None,
        headers: SentHeaders | None = None,
        body: Data | Iterable[Data] | None = None,  # an iterable is sent in chunks
        json: Any = None,
        data: Values | None = None,  # a form
        files: Mapping[str, File | list[File]] | None = None,  # with data: multipart/form-data
    ) -> Answer:
        """The answer, to be awaited; at once where no loop runs, as in a plain `def test`.

        ValueError for what cannot be sent and for an answer that is malformed, EOFError for one cut short,
        asyncio.TimeoutError for one that does not end in time, RuntimeError for redirects without end.
        """

    get: Request
    head: Request
    post: Request
    put: Request
    patch: Request
    delete: Request
    options: Request
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Values | None = None,
        headers: SentHeaders | None = None,
        body: Data | Iterable[Data] | None = None,
        json: Any = None,
        data: Values | None = None,
        files: Mapping[str, File | list[File]] | None = None,
    ) -> Answer:
        """`async with client.stream(...) as answer` reads while it comes; leaving the block closes the connection."""

    def websocket(
        self,
        path: str,
        *,
        subprotocols: Sequence[str] = (),
        query: Values | None = None,
        headers: SentHeaders | None = None,
    ) -> Session:
        """`async with client.websocket(path) as ws` sends and receives; leaving the block closes with 1000, or drops.

        WebSocketRefused where the handshake is answered with another status than 101.
        """

    async def raw(self, data: bytes | bytearray | Iterable[Data]) -> bytes:
        """All bytes answered to these, or to an iterable of pieces that arrive one by one, and the end after them."""

class Answer:
    """What the app answered; or, streamed, what it answers."""

    status: int
    reason: str
    headers: Headers
    cookies: dict[str, str]  # that it sets
    body: bytes  # None where a streamed one was not read

    def __await__(self) -> Generator[Any, Any, Answer]:
        """Of what a request returns, in a coroutine."""
    path: str  # that was asked for
    method: str

    @property
    def text(self) -> str:
        """The body as str."""

    def json(self) -> Any:
        """What the body says in JSON."""

    async def __aenter__(self) -> Answer: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body as it comes."""

    def lines(self) -> AsyncIterator[str]:
        """For `async for`: the lines, str without their end."""

    def events(self) -> AsyncIterator[ServerEvent]:
        """For `async for`: server-sent events."""

    async def read(self, n: int = -1) -> bytes:
        """`n` bytes, less only at the end of the body; all of it for -1."""

    async def part(self) -> bytes | None:
        """The bytes that come next, None at the end."""

    async def line(self) -> str | None:
        """The next line, None at the end."""

    async def event(self) -> ServerEvent | None:
        """The next server-sent event, None at the end."""

@type_check_only
class Session:
    """A WebSocket's end of the client; it answers pings while it waits for a message.

    WebSocketClosed is picoweb.websocket's: 1011 where the handler has raised, 1006 where the connection is lost. A
    handler's error that the test has not met comes out of the end of the block.
    """

    answer: Answer  # the handshake's: status, headers, cookies
    subprotocol: str | None  # the one agreed on
    closed: tuple[int, str] | None  # code and reason, once the app has closed or the connection is lost

    async def send(self, data: Data) -> None:
        """Sends a message; WebSocketClosed where the app has closed."""

    async def receive(self) -> str | bytes:
        """The next message; WebSocketClosed where none comes, asyncio.TimeoutError for none in time."""

    async def receive_text(self) -> str:
        """The next message; ValueError for bytes."""

    async def send_json(self, value: Any) -> None:
        """Sends what `value` is in JSON."""

    async def receive_json(self) -> Any:
        """What the next message says in JSON."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes, and waits for the handler's end; messages that were not received are dropped."""

    async def drop(self) -> None:
        """Loses the connection, without a close, and waits for the handler's end: it is told 1006."""

    async def __aenter__(self) -> Session: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __aiter__(self) -> AsyncIterator[str | bytes]:
        """The messages up to the close, whatever its code."""

@type_check_only
class Headers:
    """Header fields by name in whatever case; a repeated one's values are joined."""

    def get_all(self, name: str) -> list[str]:
        """The values of a field."""

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of a field."""

    def items(self) -> list[tuple[str, str]]:
        """All fields as (name, value)."""

    def __contains__(self, name: str) -> bool: ...
    def __getitem__(self, name: str) -> str: ...

@type_check_only
class Cookies:
    """Cookies by name, as in a dict; what a test sets itself is sent to every path."""

    def items(self) -> list[tuple[str, str]]:
        """All as (name, value)."""

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of a cookie."""

    def clear(self) -> None:
        """Forgets all."""

    def __contains__(self, name: str) -> bool: ...
    def __getitem__(self, name: str) -> str: ...
    def __setitem__(self, name: str, value: str) -> None: ...
    def __delitem__(self, name: str) -> None: ...
