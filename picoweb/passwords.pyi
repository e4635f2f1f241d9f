"""Passwords: what is kept is a hash that is slow to try (PBKDF2 with HMAC-SHA256, RFC 8018 5.2)."""

def pbkdf2(password: str, salt: bytes, rounds: int) -> bytes:
    """Return the 32 bytes for a password, str, and a salt, bytes."""

def hash_password(password: str, rounds: int = 200) -> str:
    """Return what to keep of a password, text; each round takes a Pico some milliseconds, in which nobody else is answered."""

def check_password(password: str, kept: str) -> bool:
    """Return whether that is the password of which `kept` is the hash; ValueError if `kept` is none."""
