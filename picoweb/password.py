"""Passwords are kept as hashes: PBKDF2 with HMAC-SHA256 (RFC 8018), in pieces that let other requests be answered."""
from ubinascii import a2b_base64, b2a_base64

from .crypto import HMAC, compare_digest, token_hex
from .http import asyncio, coroutine

ITERATIONS = 1000  # what a board can do; more is safer, and slower
PIECE = 16  # iterations between two looks at other tasks


@coroutine
def hash_password(password, iterations=ITERATIONS):
    """Return what is to be kept of a password: "pbkdf2_sha256$iterations$salt$hash", as Django has it."""
    salt = token_hex(16)
    key = yield from derive(password, salt, iterations)
    return "pbkdf2_sha256$%d$%s$%s" % (iterations, salt, b2a_base64(key).decode().strip())


@coroutine
def check_password(password, kept):
    """Return whether that is the password of which this was kept."""
    name, iterations, salt, key = kept.split("$")
    return bool(password) and compare_digest(a2b_base64(key), (yield from derive(password, salt, int(iterations))))


@coroutine
def derive(password, salt, iterations):
    """Return the 32 bytes of PBKDF2."""
    mac = HMAC(password)
    last = mac.digest(salt.encode() + b"\0\0\0\1")
    key = int.from_bytes(last, "big")
    for i in range(1, iterations):
        last = mac.digest(last)
        key ^= int.from_bytes(last, "big")
        if not i % PIECE:
            yield from asyncio.sleep_ms(0)
    return key.to_bytes(32, "big")
