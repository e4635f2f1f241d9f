"""Sessions that stay on the server: `Session(backend=Memory())`, or any object with coroutines load() and save()."""

from typing import Any

from picoweb.http import Connection
from picoweb.session import SessionDict

class Memory:
    """A backend in memory, of at most `size` sessions: the one that was not used for longest makes room."""

    def __init__(self, size: int = 32) -> None: ...
    def load(self, session_id: str) -> Any:
        """Return the data of a session, which counts as its use; {} if the id is unknown or too old."""
    def save(self, session_id: str, data: dict[str, Any], timeout: int) -> Any:
        """Keep a session until it was not used for `timeout` seconds; without data, or with no time, forget it."""
    def cleanup_sessions(self, session_id: str | None = None) -> None:
        """Forget the sessions that are too old, and the one of that id."""

class Keeper:
    """What a Session asks of its backend, within `wait` seconds."""

    wait: Any
    def __init__(self, session: SessionDict, backend: Any, timeout: int, cookie: str | None) -> None: ...
    def encode(self, session: SessionDict) -> str:
        """Return the id of a session."""
    def ask(self, resp: Connection, function: Any) -> Any:
        """Return what the backend answers; HTTPException 503 if it raises or takes too long."""
    def load(self, resp: Connection, session_id: str) -> Any:
        """Return the data of an id that a client sent; {} if the backend does not know it."""
    def save(self, resp: Connection, session: SessionDict, sent: Any, before: Any) -> Any:
        """Save what has changed since `before`, its JSON, when the client `sent` its id, "" for none."""
