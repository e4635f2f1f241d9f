"""Protection from forged requests: `app.use(CSRF())`, after Session."""

from collections.abc import Generator, Sequence
from typing import Any

from picoweb.http import Connection, HTTPRequest

def csrf_token(req: HTTPRequest) -> str:
    """The token of the request's session, which is made when it is first asked for."""

def csrf_input(token: str) -> str:
    """Return the hidden field that a form needs, as HTML."""

class CSRF:
    """Middleware: POST, PUT, PATCH and DELETE need the token in X-CSRF-Token or in the urlencoded form, or get 403.

    `exempt_paths` are beginnings of paths. Without `tokens` only pages of other origins are refused, and no session is needed.
    """

    exempt_paths: Sequence[str]
    tokens: bool

    def __init__(self, exempt_paths: Sequence[str] = (), tokens: bool = True) -> None: ...
    def __call__(self, req: HTTPRequest, resp: Connection, next: Any) -> Generator[Any, Any, Any]: ...
    def check(self, req: HTTPRequest) -> Generator[Any, Any, None]:
        """Raise HTTPException 403 for a request that a foreign page may have sent."""
