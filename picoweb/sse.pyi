"""Server-sent events: EventStream for one client; Hub, which is loaded when used, for many."""

from types import TracebackType
from typing import Any

from picoweb.http import Connection, HTTPRequest
from picoweb.hub import Hub as Hub  # a function that loads it
from picoweb.kept import Kept

def encode(data: Any, event: str | None = None, id: str | int | None = None, retry: int | None = None) -> bytes:
    """The bytes of an event; ValueError for a line end or NUL in a field that is not data."""

class EventStream(Kept):
    """`async with EventStream(req, resp) as events`; a comment leaves after `heartbeat` seconds without an event.

    A handler whose client has left is cancelled at its pause, within two seconds.
    """

    def __init__(self, req: HTTPRequest, resp: Connection, heartbeat: int = 5) -> None: ...
    async def __aenter__(self) -> EventStream: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    async def send(
        self, data: Any, event: str | None = None, id: str | int | None = None, retry: int | None = None
    ) -> None:
        """Sends str, UTF-8 bytes, or what becomes JSON; one task at a time.

        `retry`: milliseconds after which a browser that lost the connection comes back. OSError where the client has
        left or takes nothing for write_timeout; ValueError for a line end or NUL in a field that is not data.
        """
