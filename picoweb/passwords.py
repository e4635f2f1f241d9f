"""Passwords: what is kept is a hash that is slow to try (PBKDF2 with HMAC-SHA256, RFC 8018 5.2)."""
from ubinascii import unhexlify

from .crypto import HMAC, compare_digest, hexlify, token_hex


def pbkdf2(password, salt, rounds):
    """Return the 32 bytes for a password, str, and a salt, bytes."""
    key = HMAC(password)
    part = key.digest(salt + b"\0\0\0\1")
    mixed = int.from_bytes(part, "big")
    for _ in range(rounds - 1):
        part = key.digest(part)
        mixed ^= int.from_bytes(part, "big")
    return mixed.to_bytes(32, "big")


def hash_password(password, rounds=200):
    """Return what to keep of a password, text; each round takes a Pico some milliseconds, in which nobody else is answered."""
    salt = token_hex(16)
    return "%d$%s$%s" % (rounds, salt, hexlify(pbkdf2(password, unhexlify(salt), rounds)).decode())


def check_password(password, kept):
    """Return whether that is the password of which `kept` is the hash; ValueError if `kept` is none."""
    rounds, salt, digest = kept.split("$")
    return bool(password) and compare_digest(pbkdf2(password, unhexlify(salt), int(rounds)), unhexlify(digest))
