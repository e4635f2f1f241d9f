"""HMAC-SHA256, signed tokens, comparison in constant time, base64 for URLs, of what every firmware has."""

from collections.abc import Sequence
from typing import Any

class HMAC:
    """HMAC-SHA256 with one key, str or bytes (RFC 2104); ValueError for an empty one."""

    pads: list[bytes]

    def __init__(self, key: str | bytes) -> None: ...
    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes that sign a message, bytes."""

class Signer:
    """Makes tokens of JSON texts that nobody else can make; of several keys the first signs, all verify.

    A token is good for one `purpose`, and for `max_age` seconds, which only a clock that is set can tell.
    """

    keys: list[HMAC]
    purpose: str
    max_age: int

    def __init__(self, keys: str | bytes | Sequence[str | bytes], purpose: str, max_age: int) -> None: ...
    def sign(self, key: HMAC, payload: str) -> str:
        """Return a payload with its signature."""
    def dumps(self, text: str) -> str:
        """Return the token of a JSON text."""
    def loads(self, token: str) -> Any:
        """Return what a token says, None if it is none of ours or too old."""

def compare_digest(a: bytes, b: bytes) -> bool:
    """Return whether two bytes are equal, after a time that does not tell where they differ."""

def urlsafe_b64encode(data: bytes) -> str:
    """Return bytes as text for URLs and cookies, without padding (RFC 4648 5)."""

def urlsafe_b64decode(text: str) -> bytes:
    """Return the bytes of such a text; ValueError if it is none."""

def token_hex(n: int) -> str:
    """Return `n` random bytes as text, two digits each."""
