"""Sessions: `app.use(Session(secret_key))` keeps the dict req.session in a signed cookie, or in a backend."""

from collections.abc import Sequence
from typing import Any

from picoweb import WebApp
from picoweb.http import Connection, HTTPRequest

class SessionDict(dict[str, Any]):
    """What req.session is."""

    text: Any
    value: Any
    gone: Any
    def regenerate(self) -> None:
        """Have a new id, or a new token; the old id ends."""

class Session:
    """Middleware that gives a request its `session`, and sends the cookie when that has changed."""

    keeper: Any
    def __init__(self, secret_key: str | bytes | Sequence[str | bytes] | None = None, max_age: int = 86400, httponly: bool = True, secure: bool | None = None, samesite: str | None = "Lax", cookie: str | None = None, max_size: int = 1024, backend: Any = None, timeout: int = 28800) -> None: ...
    def setup(self, app: WebApp) -> None:
        """Called by app.use(); ValueError if there is no key, or no room for a token."""
    def look(self, session: SessionDict) -> None:
        """Have the cookie's value for what the session holds now; RuntimeError if the head has left."""
    def encode(self, session: SessionDict) -> str: ...
    def __call__(self, req: HTTPRequest, resp: Connection, next: Any) -> Any: ...
