"""HMAC-SHA256, signed tokens, comparison in constant time, base64 for URLs, from what every firmware has."""

from collections.abc import Sequence
from typing import Any

class HMAC:
    """HMAC-SHA256 with one key, str or bytes (RFC 2104)."""

    def __init__(self, key: str | bytes) -> None: ...
    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes of a message, bytes."""

class Signer:
    """Makes tokens of JSON texts, which nobody else can make: of several keys the first signs, all verify.

    A token for another `purpose` is none. `max_age` in seconds, `max_size` in bytes of a token.
    """

    def __init__(self, keys: str | bytes | Sequence[str | bytes], purpose: str, max_age: int, max_size: int) -> None: ...
    def sign(self, key: HMAC, payload: str) -> str:
        """Return a payload with its signature."""
    def dumps(self, text: str) -> str:
        """Return the token of a JSON text; ValueError if it is too long."""
    def loads(self, token: str) -> Any:
        """Return what a token says; {} if it is none of ours, or from over max_age ago, which only a clock that is set tells."""

def compare_digest(a: bytes, b: bytes) -> bool:
    """Return whether two bytes are equal, after a time that does not tell where they differ."""

def urlsafe_b64encode(data: bytes) -> str:
    """Return bytes as text for URLs and cookies, without padding (RFC 4648 5)."""

def urlsafe_b64decode(text: str) -> bytes:
    """Return the bytes of such a text; ValueError if it is none."""

def token_hex(n: int) -> str:
    """Return `n` random bytes as text, two digits each."""
