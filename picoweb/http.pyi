"""The wire: a client's connection, which reads requests and writes answers (RFC 9110, RFC 9112)."""

from abc import ABCMeta
from collections.abc import AsyncIterable, Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Literal, NoReturn, TypeVar, type_check_only

from picoweb import WebApp
from picoweb.request import Headers as RequestHeaders

_T_co = TypeVar("_T_co", covariant=True)

HTML: str  # a content type

Data = str | bytes | bytearray | memoryview
Headers = Mapping[str, str | int] | Mapping[bytes, bytes] | Iterable[tuple[str, str | int]] | str | bytes

@type_check_only
class Coroutine(Generator[Any, Any, _T_co], Awaitable[_T_co], metaclass=ABCMeta):
    """What is both awaited and iterated: `await f()`, `yield from f()`."""

class HTTPException(Exception):
    """Raised anywhere, it is answered with its status and message."""

    status: int
    message: str
    headers: Headers | None

    def __init__(self, status: int, message: str = "", headers: Headers | None = None) -> None: ...

class Refusal(HTTPException):
    """An HTTPException of picoweb itself: the request is malformed, missing something or over a limit."""

class Lost(OSError):
    """The connection takes no more: its client has left or is too slow, or all of an answer to HEAD has left."""

def refuse(why: str, status: int = 400) -> NoReturn:
    """Raise a Refusal; `why` names what is malformed, missing or over a limit."""

class HTTPRequest:
    """A request, as a handler gets it. A handler may set attributes of its own on it."""

    app: WebApp  # the one whose route it is: a mounted one, say
    method: str
    path: str  # as sent, without the query, and without the prefix of a mounted app; not decoded
    qs: str  # after the "?", not decoded; "" for none
    target: str  # path and query as sent
    prefix: str  # of the mounted app, which the path has lost
    extra: dict[str, Any]  # the options of its route
    route: Sequence[Any]  # (url, handler) or (url, handler, options)
    headers: RequestHeaders  # AttributeError with headers="skip" and "leave"
    reader: Connection  # of the body: read(), readexactly(), readline(), readinto()
    client: tuple[str, int] | None  # the client's address and port (0 behind app.trusted_proxies); None if there is none
    cookies: dict[str, str]  # name to value, without quotes; of a repeated name the first
    form: dict[str, Any]  # a value is a str, True for a key without "=", or a list of them for a repeated key
    url_match: Any  # what match() of the route's object returned

    def read_form_data(self) -> Coroutine[None]:
        """Fill form from an urlencoded body; HTTPException 413 over max_read, 415 for JSON or multipart, 400 if not UTF-8."""

    def json(self) -> Coroutine[Any]:
        """Return what the body says, each time the same; HTTPException 400 if it is malformed JSON, 413 over max_read."""

    def parse_qs(self) -> Iterable[Any]:
        """Fill form from the query string; it may be called or `yield from`-ed."""

    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

class Connection:
    """A client's connection: the `resp` of its requests, and the `reader` of their bodies."""

    app: WebApp
    req: HTTPRequest | None  # the one that is answered
    status: int  # of the answer, 0 before it begins

    # The answer
    def awrite(self, buf: Data, off: int = 0, sz: int = -1) -> Coroutine[None]:
        """Write str or bytes, `sz` bytes from `off`; OSError if the client has left or takes nothing for write_timeout."""

    def awritestr(self, s: str) -> Coroutine[None]:
        """Write a str; OSError as awrite()."""

    def awriteiter(self, parts: Iterable[Data] | AsyncIterable[Data]) -> Coroutine[None]:
        """Write each str or bytes of an iterable, or of an asynchronous one, and close it."""

    def aclose(self) -> Coroutine[None]:
        """End the answer and the connection."""

    def add_header(self, name: str | bytes, value: str | bytes | int) -> None:
        """Add a field to the answer; ValueError if it is malformed, RuntimeError once the head has left."""

    def set_cookie(
        self,
        name: str,
        value: str,
        max_age: int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        httponly: bool = True,
        secure: bool = False,
        samesite: Literal["Lax", "Strict", "None"] | None = "Lax",
    ) -> None:
        """Have the client keep a cookie for `max_age` seconds, None for its session (RFC 6265 4.1).

        ValueError for what RFC 6265 forbids, and for samesite="None" without secure; RuntimeError once the head has left.
        """

    def delete_cookie(
        self,
        name: str,
        path: str | None = "/",
        *,
        domain: str | None = None,
        httponly: bool = True,
        secure: bool = False,
        samesite: Literal["Lax", "Strict", "None"] | None = "Lax",
    ) -> None:
        """Have the client forget a cookie that was set with this path and domain; errors as of set_cookie()."""

    def at_head(self, hook: Callable[[Connection], object]) -> None:
        """Have hook(resp) called when status and fields are chosen, before a byte leaves: it may still add fields."""

    def at_end(self, hook: Callable[[Connection], object]) -> None:
        """Have hook(resp) called after the last byte."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return the client's (address, port), as str and int, for the name "peername"; else `default`."""

    # The body; each may raise HTTPException 400 (malformed chunks), 408 (body_timeout, min_rate) or 413 (max_body)
    def read(self, n: int = -1) -> Coroutine[bytes]:
        """Read at most `n` bytes of the body, all of it for -1 (413 over max_read); b"" at its end."""

    def readexactly(self, n: int) -> Coroutine[bytes]:
        """Read `n` bytes; EOFError if the body is shorter, 413 over max_read."""

    def readline(self) -> Coroutine[bytes]:
        """Read a line with its end, or what is left; b"" at the end of the body, 413 over max_read."""

    def readinto(self, buf: bytearray | memoryview) -> Coroutine[int]:
        """Read into `buf`; return the number of bytes, 0 at the end of the body."""

def start_response(
    writer: Connection, content_type: str = ..., status: str | int = "200", headers: Headers | None = None
) -> Coroutine[None]:
    """Begin an answer; `headers` is a dict, pairs, or a block of lines. ValueError for what must not reach the wire."""
