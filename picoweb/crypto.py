"""HMAC-SHA256, signed tokens, comparison in constant time, base64 for URLs, of what every firmware has."""
import utime
from ubinascii import a2b_base64, b2a_base64, hexlify
from uhashlib import sha256
import ujson
import uos

from .http import gmtime


class HMAC:
    """HMAC-SHA256 with one key, str or bytes (RFC 2104); ValueError for an empty one."""

    def __init__(self, key):
        key = key.encode() if isinstance(key, str) else key
        if not key:
            raise ValueError("an empty key")
        if len(key) > 64:
            key = sha256(key).digest()
        key += bytes(64 - len(key))
        self.pads = [bytes([byte ^ pad for byte in key]) for pad in (0x36, 0x5C)]

    def digest(self, message):
        """Return the 32 bytes that sign a message, bytes."""
        for pad in self.pads:
            message = sha256(pad + message).digest()
        return message


class Signer:
    """Makes tokens of JSON texts that nobody else can make; of several keys the first signs, all verify.

    A token is good for one `purpose`, and for `max_age` seconds, which only a clock that is set can tell.
    """

    def __init__(self, keys, purpose, max_age):
        keys = (keys,) if isinstance(keys, (str, bytes)) else keys
        self.keys = [HMAC(key) for key in keys or ("",)]
        self.purpose = purpose
        self.max_age = max_age

    def sign(self, key, payload):
        """Return a payload with its signature."""
        return "%s.%s" % (payload, urlsafe_b64encode(key.digest(("%s=%s" % (self.purpose, payload)).encode())))

    def dumps(self, text):
        """Return the token of a JSON text."""
        return self.sign(self.keys[0], urlsafe_b64encode(("[%d,%s]" % (utime.time(), text)).encode()))

    def loads(self, token):
        """Return what a token says, None if it is none of ours or too old."""
        payload = token.partition(".")[0]
        for key in self.keys:
            if compare_digest(self.sign(key, payload).encode(), token.encode()):
                since, value = ujson.loads(urlsafe_b64decode(payload).decode())
                if gmtime()[0] < 2024 or abs(utime.time() - since) < self.max_age:
                    return value


def compare_digest(a, b):
    """Return whether two bytes are equal, after a time that does not tell where they differ."""
    differ = len(a) ^ len(b)
    for i in range(min(len(a), len(b))):
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
