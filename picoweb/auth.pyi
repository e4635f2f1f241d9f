"""Who may call a handler: a user who has logged in, of some role, or who HTTP Basic or Bearer says."""

from typing import Any

from picoweb import WebApp
from picoweb.http import HTTPRequest

def login_user(req: HTTPRequest, user: dict[str, Any]) -> None:
    """Log a user in, a dict; the session has a new id and a new CSRF token from then on."""

def logout_user(req: HTTPRequest) -> None:
    """Log the user out; RuntimeError if requests have no session."""

def current_user(req: HTTPRequest) -> dict[str, Any] | None:
    """Return the user of a request, None if nobody has logged in."""

def is_authenticated(req: HTTPRequest) -> bool:
    """Return whether somebody has logged in."""

def require_auth(role: Any = None, redirect_to: str | None = None, status: int = 401) -> Any:
    """Decorator of handlers for users who have logged in; with a role, or a tuple of them, for these: others get 403.

    Without a user the answer is `status`, or leads to the path `redirect_to` with the one that was asked for as `next`.
    """

def next_path(req: HTTPRequest, default: str = "/") -> str:
    """Return the path that a login leads to: `next` of the query if it is one of this host, else the default."""

def basic_auth(check: Any, realm: str = "login") -> Any:
    """Decorator of handlers for users whose name and password `check(name, password)` knows: it returns a dict or None."""

def bearer_auth(check: Any, realm: str = "login") -> Any:
    """Decorator of handlers for users whose token `check(token)` knows: it returns a dict or None."""

def guard_routes(app: WebApp) -> None:
    """Have the route option `auth` checked: True, a role, or a tuple of them. Call it after app.use(Session(...))."""
