"""The client's half of picoweb.signed."""

import hashlib
import hmac
import time


def sign(key, method, target, body=b"", nonce=None):
    """Return the header fields that sign a request: a dict of Nonce and Signature.

    `target` is the path as it is sent, with the query; `key` and `body` are bytes; the nonce is the time in microseconds.
    """
    nonce = str(time.time_ns() // 1000 if nonce is None else nonce)
    message = b"\n".join([method.encode(), target.encode(), nonce.encode(), body])
    return {"Nonce": nonce, "Signature": hmac.new(key, message, hashlib.sha256).hexdigest()}
