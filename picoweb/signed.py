"""Requests signed with HMAC-SHA256 and a nonce: who has no key reaches no handler, and nobody repeats a request."""
from ubinascii import hexlify
import utime

from .crypto import HMAC, compare_digest
from .http import HTTPException, coroutine, gmtime
from .request import field

EPOCH = 946684800 if gmtime(0)[0] == 2000 else 0  # seconds from 1970 to that of this board's clock


class Signed:
    """Middleware: `app.use(Signed(key))`; 401 for what is not signed with the key, 412 for a nonce that was used or is old.

    A nonce is the microseconds of the client's clock. It may differ by `seconds` from the board's, which counts once it is
    set; `nonces` of them are remembered, and what is older than these is old.
    """

    def __init__(self, key, seconds=10, nonces=16):
        if not 15 < len(key) < 65:
            raise ValueError("a key has 16 to 64 bytes")
        self.mac = HMAC(key)
        self.seconds = seconds
        self.nonces = [0] * nonces

    def sign(self, *parts):
        """Return the signature of parts, which are bytes, as hex."""
        return hexlify(self.mac.digest(b"\n".join(parts)))

    def check(self, nonce):
        """Remember a nonce; HTTPException 412."""
        n = 0 if nonce.strip(b"0123456789") or not 0 < len(nonce) < 19 else int(nonce)
        late = gmtime()[0] > 2023 and abs(utime.time() + EPOCH - n // 1000000) > self.seconds
        if late or n in self.nonces or n < self.nonces[0]:
            raise HTTPException(412, "a nonce that was used, or is old")
        self.nonces[0] = n
        self.nonces.sort()

    @coroutine
    def __call__(self, req, resp, next):
        nonce = field(req, b"nonce")
        given = field(req, b"signature")
        body = yield from resp.read() if given else b""
        if len(given) != 64 or not compare_digest(given, self.sign(req.method.encode(), req.target.encode(), nonce, body)):
            raise HTTPException(401, "not signed with the key")
        self.check(nonce)
        resp.buf = body + resp.buf  # for the handler
        resp.left = len(body)
        return (yield from next())
