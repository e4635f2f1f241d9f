"""Files as responses."""

from typing import Protocol

from picoweb.stream import Connection, Coroutine

class BinaryFile(Protocol):
    def readinto(self, buf: bytearray, /) -> int | None: ...

def get_mime_type(fname: str) -> str:
    """The content type of a file's name, by its ending."""

def sendstream(writer: Connection, f: BinaryFile) -> Coroutine[None]:
    """Copies an open binary file to the writer through one buffer."""
