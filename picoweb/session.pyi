"""Sessions: `app.use(Session(secret_key))` keeps the dict req.session in a signed cookie."""

from collections.abc import Generator, Sequence
from typing import Any

from picoweb import WebApp
from picoweb.http import Connection, HTTPRequest

class SessionDict(dict[str, Any]):
    """What req.session is."""

    text: str
    value: str

    def regenerate(self) -> None:
        """Have a new token, or with a backend a new id: the old one ends."""

class Session:
    """Middleware: a request has a `session`, and the answer the cookie when that has changed.

    `secret_key`: str, bytes, or several, of which the first signs. `max_age` in seconds, `max_size` of a token in bytes.
    """

    max_age: int | None
    cookie: str
    options: dict[str, Any]

    def __init__(
        self, secret_key: str | bytes | Sequence[str | bytes], max_age: int = 86400, httponly: bool = True,
        secure: bool = False, samesite: str | None = "Lax", cookie: str = "session", max_size: int = 1024,
    ) -> None: ...
    def load(self, app: WebApp, cookie: str) -> Generator[Any, Any, dict[str, Any] | None]:
        """Return what is kept for a cookie's value, nothing if that is not ours."""
    def encode(self, session: SessionDict) -> str:
        """Return the cookie's value for a session with something in it; ValueError if that is too long."""
    def save(self, app: WebApp, session: SessionDict, cookie: str) -> Generator[Any, Any, None]:
        """Keep a session, after its handler."""
    def look(self, session: SessionDict) -> None:
        """Have the cookie's value for what the session holds now."""
    def __call__(self, req: HTTPRequest, resp: Connection, next: Any) -> Generator[Any, Any, Any]: ...
