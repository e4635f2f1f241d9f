"""Sessions kept on the server: `app.use(BackendSession(MemoryBackend()))`; the cookie has an id alone."""

from typing import Any, Protocol

from picoweb.session import Session

class Backend(Protocol):
    async def load(self, id: str) -> dict[str, Any]: ...
    async def save(self, id: str, data: dict[str, Any], timeout: int) -> None: ...

class MemoryBackend:
    """Keeps at most `limit` sessions; the one that was used longest ago goes first."""

    limit: int
    kept: dict[str, tuple[int, int, dict[str, Any]]]

    def __init__(self, limit: int = 32) -> None: ...
    async def load(self, id: str) -> dict[str, Any]:
        """Return the data of an id, {} if it is unknown or too old."""
    async def save(self, id: str, data: dict[str, Any], timeout: int) -> None:
        """Keep `data` for `timeout` seconds; none, or no time, ends it."""

class BackendSession(Session):
    """As Session, with an object that has the coroutines load(id) -> dict and save(id, data, timeout).

    `timeout`: seconds since the last use. What the backend raises, or does not do within `patience` seconds, is a 503.
    """

    backend: Backend
    timeout: int
    patience: int

    def __init__(
        self, backend: Backend, timeout: int = 28800, patience: int = 5, httponly: bool = True, secure: bool = False,
        samesite: str | None = "Lax", cookie: str = "session_id",
    ) -> None: ...
