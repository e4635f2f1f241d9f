"""Requests signed with HMAC-SHA256 and a nonce: who has no key reaches no handler, and nobody repeats a request."""

from collections.abc import Awaitable, Callable
from typing import Any

from picoweb.http import Connection, Coroutine, HTTPRequest

class Signed:
    """Middleware: `app.use(Signed(key))`; 401 for what is not signed with the key, 412 for a nonce that was used or is old.

    The fields of a request are `Nonce`, the microseconds of the client's clock since 1970, and `Signature`, the HMAC as hex
    of method, target, nonce and body with a line feed between them. The nonce may differ by `seconds` from the board's
    clock, once that is set; `nonces` of them are remembered, and what is older than these is old. A key is 16 to 64 bytes.
    """

    def __init__(self, key: bytes, seconds: int = 10, nonces: int = 16) -> None: ...
    def __call__(self, req: HTTPRequest, resp: Connection, next: Callable[[], Awaitable[Any]]) -> Coroutine[Any]: ...
