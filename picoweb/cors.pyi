"""Cross-origin requests (the Fetch standard's CORS) as middleware."""

from collections.abc import Collection
from typing import Any

class CORS:
    """Lets pages of these origins read the answers, and answers their preflights: use it first, before any guard.

    ValueError for credentials of any origin, a str in place of a list, an origin with a path, CR, LF or NUL.
    """

    def __init__(
        self,
        allow_origins: Collection[str] = ("*",),
        allow_methods: Collection[str] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        allow_headers: Collection[str] = ("Content-Type", "Authorization", "X-CSRF-Token"),
        allow_credentials: bool = False,
        max_age: int = 600,  # seconds for which a browser remembers a preflight
        expose_headers: Collection[str] = (),
    ) -> None: ...
    def __call__(self, req: Any, resp: Any, next: Any) -> Any: ...
