"""A request's body, as `req.reader`."""

from picoweb.stream import Coroutine

class Reader:
    """Reads a body of known length or in chunks; HTTPException 400, 408 or 413 where it is wrong, slow or too long."""

    def read(self, n: int = -1) -> Coroutine[bytes]:
        """At most `n` bytes, all of the body for -1 (413 where that is over max_read); b"" at its end."""

    def readexactly(self, n: int) -> Coroutine[bytes]:
        """`n` bytes; EOFError where the body is shorter."""

    def readinto(self, buf: bytearray | memoryview) -> Coroutine[int]:
        """Reads into `buf`; the number of bytes, 0 at the end."""

    def readline(self) -> Coroutine[bytes]:
        """A line with its end, or what is left; b"" at the end of the body."""
