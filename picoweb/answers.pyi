"""Answers as picoweb 1.8 writes them."""

from typing import Any, Protocol

from picoweb.http import Connection, Coroutine

class BinaryFile(Protocol):
    def readinto(self, buf: memoryview, /) -> int | None: ...

def jsonify(writer: Connection, obj: Any) -> Coroutine[None]:
    """Answer with JSON; ValueError if `obj` has no JSON form."""

def http_error(writer: Connection, status: str) -> Coroutine[None]:
    """Answer with a status and its reason alone."""

def sendstream(writer: Connection, f: BinaryFile) -> Coroutine[None]:
    """Copy an open binary file to the writer through one buffer."""
