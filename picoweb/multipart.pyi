"""Forms with files (multipart/form-data, RFC 7578) as a stream."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self

from picoweb.http import Coroutine, HTTPRequest
from picoweb.request import Headers

class Sink(Protocol):
    """An open file, say."""

    def write(self, data: bytes, /) -> Any: ...

class Multipart:
    """The parts of a form, for `async for`: each is this object, moved on. HTTPException 400, 413 or 415."""

    # Limits, for a subclass or an object to set.
    max_parts: int  # 16
    max_head: int  # bytes of a part's header, and before the first part; 512
    max_fields: int  # bytes of all fields, names and values, together; 4,096
    max_file: int  # bytes of one file; 1 MB

    # Of the part.
    name: str
    filename: str | None  # None for a field, "" where no file was chosen, and else safe to save the file by
    headers: Headers

    def __init__(self, req: HTTPRequest) -> None: ...
    def next(self) -> Coroutine[Self | None]:
        """Move to the next part, None after the last one; what was not read of the one before is skipped."""

    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Coroutine[Self]: ...
    def read(self, n: int) -> Coroutine[bytes]:
        """Read at most `n` bytes of the part; b"" at its end."""

    def readinto(self, buf: bytearray | memoryview) -> Coroutine[int]:
        """Read into `buf`; return the number of bytes, 0 at the end."""

    def text(self) -> Coroutine[str]:
        """Return the value of a field; HTTPException 400 if it is not UTF-8."""

    def save(self, to: str | Sink | Callable[[bytes], Any | Awaitable[Any]]) -> Coroutine[Any]:
        """Write the part to what has write(), or to a function of bytes; or into a folder, a str: return the path.

        HTTPException 507 if the disk is full.
        """
