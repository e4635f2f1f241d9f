"""Passwords are kept as hashes: PBKDF2 with HMAC-SHA256 (RFC 8018), in pieces that let other requests be answered."""

from collections.abc import Generator
from typing import Any
ITERATIONS: int
PIECE: int

def hash_password(password: str, iterations: int = ITERATIONS) -> Generator[Any, Any, str]:
    """Return what is to be kept of a password: "pbkdf2_sha256$iterations$salt$hash", as Django has it."""

def check_password(password: str, kept: str) -> Generator[Any, Any, bool]:
    """Return whether that is the password of which this was kept."""
