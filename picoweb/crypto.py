"""HMAC-SHA256, signed tokens, comparison in constant time, base64 for URLs, from what every firmware has."""
from ubinascii import a2b_base64, b2a_base64, hexlify
from uhashlib import sha256
import ujson
import uos
import utime

from .http import gmtime


class HMAC:
    """HMAC-SHA256 with one key, str or bytes (RFC 2104)."""

    def __init__(self, key):
        if isinstance(key, str):
            key = key.encode()
        if not key:
            raise ValueError("an empty key")
        if len(key) > 64:
            key = sha256(key).digest()
        key += bytes(64 - len(key))
        self.pads = [bytes([byte ^ pad for byte in key]) for pad in (0x36, 0x5C)]

    def digest(self, message):
        """Return the 32 bytes of a message, bytes."""
        for pad in self.pads:
            message = sha256(pad + message).digest()
        return message


class Signer:
    """Makes tokens of JSON texts, which nobody else can make: of several keys the first signs, all verify.

    A token for another `purpose` is none. `max_age` in seconds, `max_size` in bytes of a token.
    """

    def __init__(self, keys, purpose, max_age, max_size):
        if isinstance(keys, (str, bytes)):
            keys = (keys,)
        self.keys = [HMAC(key) for key in keys or ("",)]
        self.purpose = purpose
        self.max_age = max_age
        self.max_size = max_size

    def sign(self, key, payload):
        """Return a payload with its signature."""
        return "%s.%s" % (payload, urlsafe_b64encode(key.digest(("%s=%s" % (self.purpose, payload)).encode())))

    def dumps(self, text):
        """Return the token of a JSON text; ValueError if it is too long."""
        token = self.sign(self.keys[0], urlsafe_b64encode(("[%d,%s]" % (utime.time(), text)).encode()))
        if len(token) > self.max_size:
            raise ValueError("a token of %d bytes, the limit is %d" % (len(token), self.max_size))
        return token

    def loads(self, token):
        """Return what a token says; {} if it is none of ours, or from over max_age ago, which only a clock that is set tells."""
        payload = token.partition(".")[0]
        for key in self.keys:
            if compare_digest(self.sign(key, payload).encode(), token.encode()):
                since, value = ujson.loads(urlsafe_b64decode(payload).decode())
                if gmtime()[0] < 2024 or abs(utime.time() - since) < self.max_age:
                    return value
        return {}


def compare_digest(a, b):
    """Return whether two bytes are equal, after a time that does not tell where they differ."""
    if len(a) != len(b):
        return False
    differ = 0
    for i in range(len(a)):
        differ |= a[i] ^ b[i]
    return not differ


def urlsafe_b64encode(data):
    """Return bytes as text for URLs and cookies, without padding (RFC 4648 5)."""
    return b2a_base64(data).strip(b"=\n").replace(b"+", b"-").replace(b"/", b"_").decode()


def urlsafe_b64decode(text):
    """Return the bytes of such a text; ValueError if it is none."""
    return a2b_base64(text.replace("-", "+").replace("_", "/") + "==="[: -len(text) % 4])


def token_hex(n):
    """Return `n` random bytes as text, two digits each."""
    return hexlify(uos.urandom(n)).decode()
