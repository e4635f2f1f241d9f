"""A client's connection, and the request it brings."""

from abc import ABCMeta
from collections.abc import Awaitable, Generator, Iterable, Mapping
from typing import Any, TypeVar, type_check_only

from picoweb import WebApp
from picoweb.body import Reader

_T_co = TypeVar("_T_co", covariant=True)

HTML: str
BLOCK: int  # bytes read or held back at a time

Data = str | bytes | bytearray | memoryview
Headers = Mapping[str, str | int] | Mapping[bytes, bytes] | Iterable[tuple[str, str | int]] | str | bytes

@type_check_only
class Coroutine(Generator[Any, Any, _T_co], Awaitable[_T_co], metaclass=ABCMeta):
    """What is both awaited and iterated: `await f()`, `yield from f()`."""

class HTTPRequest:
    """A request, as a handler gets it. A handler may set attributes of its own on it."""

    app: WebApp  # the one whose route it is: a mounted one, say
    conn: Connection
    method: str
    target: str  # as the client sent it
    path: str  # decoded, without the query, and without the prefix of a mounted app
    qs: str  # after the "?"; "" for none
    headers: dict[bytes, bytes]  # names as in b"Content-Length"; absent with headers="skip" and "leave"
    reader: Reader
    form: dict[str, Any]  # a value is a str, True for a key without "=", or a list of them for a repeated key
    url_match: Any  # what match() of the route's object returned
    extra: dict[str, Any]  # of the route

    def read_form_data(self) -> Coroutine[None]:
        """Fills form from the body; HTTPException 400 where it is not UTF-8, 413 over max_read."""

    def parse_qs(self) -> Iterable[Any]:
        """Fills form from the query string; it may be called or `yield from`-ed."""

    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

class Connection:
    """A client's connection: the `resp` of a handler."""

    app: WebApp
    status: int  # of the response, once it has begun

    def awrite(self, buf: Data, off: int = 0, sz: int = -1) -> Coroutine[None]:
        """Writes str or bytes, or `sz` bytes from `off`; OSError where the peer has left."""

    def awritestr(self, s: str) -> Coroutine[None]:
        """Writes a str."""

    def awriteiter(self, parts: Iterable[Data]) -> Coroutine[None]:
        """Writes each str or bytes of an iterable."""

    def aclose(self) -> Coroutine[None]:
        """Ends the response and the connection."""

    def add_header(self, name: str | bytes, value: str | bytes | int) -> None:
        """Adds a field to the response that is to start; ValueError for CR, LF or NUL."""

def start_response(
    writer: Connection, content_type: str = ..., status: str | int = "200", headers: Headers | None = None
) -> Coroutine[None]:
    """Status line and headers: a dict, or a block of lines that end in CRLF. ValueError for what may not be sent."""
