"""Limits on requests of a client."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, type_check_only

from picoweb.http import HTTPRequest

_H = TypeVar("_H", bound=Callable[..., Any])

@type_check_only
class Store(Protocol):
    """What counts; it may also have wait(limit), the share of a window after which who has hit last is let in again."""

    def hit(self, key: str, window: int) -> float: ...
    def reset(self, key: str) -> None: ...

def client_key(req: HTTPRequest) -> str:
    """Return the client's address, of IPv6 its first 64 bits."""

class Memory:
    """Counts by key for `size` keys, of which the one that is silent for longest goes."""

    def __init__(self, size: int = 64) -> None: ...
    def hit(self, key: str, window: int) -> float:
        """Count a request; return how many there were within `window` seconds, those of the window before by their share."""

    def wait(self, limit: int) -> float:
        """Return the share of a window after which who has hit last is let in again, if it is silent."""

    def reset(self, key: str) -> None:
        """Forget a key's hits."""

class RateLimit:
    """Middleware that answers 429 with Retry-After to who asks more often than `limit` times in `window` seconds."""

    def __init__(
        self, limit: int, window: int, store: Store | None = None, key_func: Callable[[HTTPRequest], str] = ...
    ) -> None: ...
    def check(self, req: HTTPRequest) -> None:
        """Count a request; HTTPException 429 if it is one too many."""

    def __call__(self, req: Any, resp: Any, next: Any) -> Any: ...

def rate_limit(
    limit: int, window: int, store: Store | None = None, key_func: Callable[[HTTPRequest], str] = ...
) -> Callable[[_H], _H]:
    """Decorator of a handler, below its route: RateLimit of that handler alone."""
