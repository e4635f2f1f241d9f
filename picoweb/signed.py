"""Requests signed with HMAC-SHA256 and a nonce: who has no key reaches no handler, and nobody repeats a request."""
from ubinascii import hexlify
from uhashlib import sha256
import utime

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
        key = int.from_bytes(key + bytes(64 - len(key)), "big")
        self.pads = [(key ^ int(pad * 64, 16)).to_bytes(64, "big") for pad in ("36", "5c")]
        self.seconds = seconds
        self.nonces = [0] * nonces

    def sign(self, *parts):
        """Return the signature of parts, which are bytes, as hex (RFC 2104)."""
        digest = b"\n".join(parts)
        for pad in self.pads:
            digest = sha256(pad + digest).digest()
        return hexlify(digest)

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
        differ = len(given) ^ 64
        if not differ:
            for a, b in zip(given, self.sign(req.method.encode(), req.target.encode(), nonce, body)):
                differ |= a ^ b
        if differ:
            raise HTTPException(401, "not signed with the key")
        self.check(nonce)
        resp.buf = body + resp.buf  # for the handler
        resp.left = len(body)
        return (yield from next())
