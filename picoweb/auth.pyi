"""Who asks: users in the session, roles, and HTTP's own Basic and Bearer (RFC 7617, RFC 6750)."""

from collections.abc import Callable, Sequence
from typing import Any

from picoweb import WebApp
from picoweb.http import HTTPRequest

def login_user(req: HTTPRequest, user: dict[str, Any]) -> None:
    """Have a user, a dict, logged in from now on; the session gets a new id, and a new CSRF token."""

def logout_user(req: HTTPRequest) -> None:
    """Have nobody logged in any more."""

def current_user(req: HTTPRequest) -> dict[str, Any] | None:
    """Return the user who is logged in, None if there is none."""

def is_authenticated(req: HTTPRequest) -> bool:
    """Return whether a user is logged in."""

def require_auth(role: Any = None, redirect_to: str | None = None, status: int = 401) -> Any:
    """Decorator of handlers, bare or with options: `role` is one or several, `redirect_to` the login page."""

def guard(app: WebApp) -> None:
    """Have the route option `auth` checked: True, a role or several. Call it after app.use(Session(...))."""

def basic_auth(verify: Callable[[str, str], Any], realm: str = "picoweb") -> Callable[[Any], Any]:
    """Decorator of handlers for HTTP Basic: verify(name, password) returns the user, or something false."""

def bearer_auth(verify: Callable[[str], Any], realm: str = "picoweb") -> Callable[[Any], Any]:
    """Decorator of handlers for HTTP Bearer: verify(token) returns the user, or something false."""
