"""Forms with files (multipart/form-data, RFC 7578) as a stream."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self

from picoweb.stream import Coroutine, HTTPRequest

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
    headers: dict[bytes, bytes]  # names as in b"Content-Type"

    def __init__(self, req: HTTPRequest) -> None: ...
    def next(self) -> Coroutine[Self | None]:
        """Moves to the next part: None after the last one. What was not read of the one before is skipped."""

    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Coroutine[Self]: ...
    def read(self, n: int) -> Coroutine[bytes]:
        """At most `n` bytes of the part; b"" at its end."""

    def readinto(self, buf: bytearray | memoryview) -> Coroutine[int]:
        """Reads into `buf`; the number of bytes, 0 at the end."""

    def text(self) -> Coroutine[str]:
        """The value of a field; HTTPException 400 where it is not UTF-8."""

    def save(self, to: str | Sink | Callable[[bytes], Any | Awaitable[Any]]) -> Coroutine[Any]:
        """Writes the part to what has write(), or to a function of bytes; into a folder, a str, it answers the path.

        HTTPException 507 where the disk is full.
        """
