"""What other sites have a browser send is refused: `app.use(CSRF())` after Session (cross-site request forgery)."""

from collections.abc import Sequence
from typing import Any

from picoweb import WebApp
from picoweb.http import Connection, HTTPRequest

class CSRF:
    """Middleware that answers 403 to requests of other sites, and with `tokens` to those without req.csrf_token.

    Paths that begin with one of `exempt_paths` are let in; so are pages of `origins`, if they have the token.
    """

    def __init__(self, exempt_paths: Sequence[str] = (), tokens: bool = True, origins: Sequence[str] = ()) -> None: ...
    def setup(self, app: WebApp) -> None:
        """Called by app.use(); RuntimeError if tokens have no session to be in."""
    def __call__(self, req: HTTPRequest, resp: Connection, next: Any) -> Any: ...
    def check(self, req: HTTPRequest, resp: Connection) -> Any:
        """Raise a Refusal 403 if the request is another site's."""

def csrf_token(req: HTTPRequest) -> str:
    """Return the token of the request's session, 64 characters; it is made when it is first asked for."""

def csrf_input(token: str) -> str:
    """Return the hidden field of a form that holds a token."""
