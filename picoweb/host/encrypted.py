"""Encrypted and signed bodies between secp256k1 key pairs, as usrv 0.4.2 has them; it needs the library cryptography.

A key is an int, a public key base64 of x and y, 32 bytes each. All texts are str.
"""

import base64
import binascii
import getpass
import hashlib
import hmac
import json
import os
import secrets
import time
import unicodedata
from collections import OrderedDict
from datetime import datetime, timezone
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256

from picoweb import HTTPException
from picoweb.http import to_json

CURVE = ec.SECP256K1()
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
COUNTER = (1).to_bytes(16, "big")  # of the first block
ROUNDS = 600_000  # of PBKDF2 for a PIN


class EncryptionError(ValueError):
    """A key that is no point of the curve, a text that is not encrypted for this key, a malformed number."""


# Keys


def stretch(secret, passphrase="SALT"):
    """Return the 64 bytes of a secret, as BIP 39 has them."""
    salt = unicodedata.normalize("NFKD", "mnemonic" + passphrase)
    return hashlib.pbkdf2_hmac("sha512", unicodedata.normalize("NFKD", secret).encode(), salt.encode(), 2048)


@lru_cache(16)
def private(key):
    if not 0 < key < N:
        raise EncryptionError("a private key out of range")
    return ec.derive_private_key(key, CURVE)


@lru_cache(64)
def point(public_key):
    """Return a public key; EncryptionError if it is no point of the curve."""
    data = unbase64(public_key)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, b"\4" + data)
    except ValueError:
        raise EncryptionError("not a point of secp256k1") from None


def unbase64(text):
    """Return the 64 bytes of two numbers; EncryptionError if they are not written in the one way that they have."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        data = b""
    if len(data) != 64 or base64.b64encode(data).decode() != text:
        raise EncryptionError("not base64 of 64 bytes")
    return data


def text_of(x, y):
    return base64.b64encode(x.to_bytes(32, "big") + y.to_bytes(32, "big")).decode()


def public_of(key):
    """Return the public key of a private one."""
    return encoded(private(key))


def encoded(private_key):
    numbers = private_key.public_key().public_numbers()
    return text_of(numbers.x, numbers.y)


def generate_keypair(secret=None):
    """Return (private key, public key): of a secret, a str, or at random."""
    key = secrets.randbelow(N - 1) + 1 if secret is None else int.from_bytes(stretch(secret), "big") % N
    return key, public_of(key)


def compress(public_key):
    """Return the compressed form of a public key, hex."""
    point(public_key)
    data = unbase64(public_key)
    return ("03" if data[-1] & 1 else "02") + data[:32].hex()


# Texts


def aes(data, secret):
    """Return bytes under AES-256-CTR, either way."""
    cipher = Cipher(algorithms.AES(hashlib.sha256(secret.encode()).digest()), modes.CTR(COUNTER)).encryptor()
    return cipher.update(data) + cipher.finalize()


def shared(private_key, peer):
    return hashlib.sha256(private_key.exchange(ec.ECDH(), point(peer))).hexdigest()


def encrypt(public_key, text):
    """Return (ephemeral public key, hex) of a text that only the owner of a public key can read."""
    ephemeral = ec.generate_private_key(CURVE)
    return encoded(ephemeral), aes(text.encode(), shared(ephemeral, public_key)).hex()


def decrypt(key, ephemeral, hexadecimal):
    """Return the text; EncryptionError if it is not hex, or no text with this key. It is not authenticated: verify() first."""
    try:
        return aes(binascii.unhexlify(hexadecimal.encode("ascii")), shared(private(key), ephemeral)).decode()
    except (binascii.Error, UnicodeError):
        raise EncryptionError("not encrypted for this key") from None


def sign(text, key):
    """Return the ECDSA signature of a text, base64 of r and s."""
    return text_of(*decode_dss_signature(private(key).sign(text.encode(), ec.ECDSA(SHA256()))))


def verify(text, signature, public_key):
    """Return whether the owner of a public key has signed a text."""
    try:
        data = unbase64(signature)
        numbers = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")
        point(public_key).verify(encode_dss_signature(*numbers), text.encode(), ec.ECDSA(SHA256()))
    except (EncryptionError, InvalidSignature, ValueError):
        return False
    return True


def raw_sign(text, secret, salt=""):
    """Return a signature with the key of a secret and a salt, r and s as hex."""
    return unbase64(sign(text, int.from_bytes(stretch(secret, salt), "big") % N)).hex()


# Requests


def nonce():
    """Return a nonce: the time (UTC, ISO 8601) in microseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def seal(text, public_key, key, stamp=None):
    """Return (body, header fields) of a text for a peer; `stamp` is the nonce of a request, None for an answer."""
    ephemeral, body = encrypt(public_key, text)
    fields = {"Ephemeral-Public-Key": ephemeral, "Sender-Public-Key": public_of(key)}
    if stamp is not None:
        fields["Nonce"] = stamp
    fields["Sender-Signature"] = sign(body + ephemeral + (stamp or ""), key)
    return body, fields


def unseal(body, fields, key, sender=None):
    """Return the text of a body, whose header fields' names are in lower case; EncryptionError if it is altered or another's.

    `sender` is the public key that must have signed it; None takes any.
    """
    public_key = fields.get("sender-public-key", "")
    ephemeral = fields.get("ephemeral-public-key", "")
    if sender is not None and not hmac.compare_digest(sender.encode(), public_key.encode()):
        raise EncryptionError("signed by another")
    if not verify(body + ephemeral + fields.get("nonce", ""), fields.get("sender-signature", ""), public_key):
        raise EncryptionError("not signed")
    return decrypt(key, ephemeral, body)


class Nonces:
    """The nonces of the last `seconds`, at most `most`: with more than that, new ones are refused."""

    def __init__(self, seconds=10, most=4096):
        self.seconds = seconds
        self.most = most
        self.seen = OrderedDict()  # (nonce, sender): when to forget it

    def use(self, stamp, sender):
        """Return whether a nonce is new, and of now."""
        try:
            differs = abs(time.time() - datetime.fromisoformat(stamp).timestamp())
        except (ValueError, OverflowError, OSError):
            return False
        if not stamp.endswith("+00:00"):
            return False
        now = time.monotonic()
        while self.seen and next(iter(self.seen.values())) < now:
            self.seen.popitem(last=False)
        if differs > self.seconds or (stamp, sender) in self.seen or len(self.seen) >= self.most:
            return False
        self.seen[stamp, sender] = now + 2 * self.seconds
        return True


class Encrypted:
    """Middleware: `app.use(Encrypted(key))`. Handlers read plain bodies, and what they return leaves encrypted.

    A request that is not signed, or altered, is 401, a nonce that was used or is old 412: neither reaches a handler. `trusted`
    are the public keys that may ask, None for any. With strict=False a request without a body, or without Sender-Public-Key,
    passes as it is: usrv's client signs no request without a body.
    """

    def __init__(self, key, trusted=None, strict=True, seconds=10, nonces=4096):
        self.key = key
        self.public_key = public_of(key)
        self.trusted = trusted
        self.strict = strict
        self.nonces = Nonces(seconds, nonces)

    async def __call__(self, req, resp, next):
        fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in req.headers.items()}
        sender = fields.get("sender-public-key")
        body = await resp.read()
        plain = body
        if self.strict or sender and body:
            if self.trusted is not None and sender not in self.trusted:
                raise HTTPException(401, "not of a key that may ask")
            try:
                plain = unseal(body.decode("latin-1"), fields, self.key).encode()
            except EncryptionError as e:
                raise HTTPException(401, str(e)) from None
            if not self.nonces.use(fields.get("nonce", ""), sender):
                raise HTTPException(412, "a nonce that was used, or is old")
        elif "nonce" in fields and not self.nonces.use(fields["nonce"], sender or str(req.client)):
            raise HTTPException(412, "a nonce that was used, or is old")
        resp.buf = plain + resp.buf  # for the handler
        resp.left = len(plain)
        result = await next()
        return self.closed(result, resp, sender) if sender and result is not None else result

    def closed(self, result, resp, sender):
        """Return a handler's result encrypted; RuntimeError for one that is sent in parts."""
        status = ()
        if isinstance(result, tuple):
            if isinstance(result[0], int) and not isinstance(result[1], int):
                result = result[1], result[0], *result[2:]
            result, *status = result
        kind = "text/html; charset=utf-8"
        if isinstance(result, (dict, list, int, float)):
            result, kind = to_json(result), "application/json"
        elif isinstance(result, bytes):
            result = result.decode()
        if not isinstance(result, str):
            raise RuntimeError("an encrypted answer is str, bytes or JSON, not %r" % (result,))
        try:
            body, fields = seal(result, sender, self.key)
        except EncryptionError as e:
            raise HTTPException(401, str(e)) from None
        for name, value in fields.items():
            resp.add_header(name, value)
        if not resp.type:
            resp.add_header("Content-Type", kind)
        return (body, *(status or [200]))


# Secrets


def pin_of(pin):
    pin = getpass.getpass("PIN: ") if pin is None else pin
    if not pin.isascii() or pin.strip("0123456789"):
        raise ValueError("a PIN is digits")
    return pin


def keys_of(pin, salt):
    data = hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, ROUNDS, 64)
    return data[:32], data[32:]


def dump_secret(secret, path, pin=None):
    """Write a secret to a file that a PIN of digits opens, which is asked for: random salt, encrypted, authenticated."""
    salt = os.urandom(16)
    key, mark = keys_of(pin_of(pin), salt)
    cipher = Cipher(algorithms.AES(key), modes.CTR(COUNTER)).encryptor()
    data = salt + cipher.update(secret.encode()) + cipher.finalize()
    data += hmac.new(mark, data, hashlib.sha256).digest()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"picoweb": 1, "data": data.hex()}, file)


def load_secret(path, pin=None):
    """Return the secret of a file of dump_secret(), or of usrv's in a folder `path`; None if there is none, or of another PIN."""
    pin = pin_of(pin)
    usrv = os.path.isdir(path)
    if usrv:
        path = os.path.join(path, hashlib.sha256(pin.encode()).hexdigest() + ".key")
    try:
        with open(path) as file:
            text = file.read()
        if usrv:
            return aes(bytes.fromhex(text), stretch(pin).hex()).decode()
        data = bytes.fromhex(json.loads(text)["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    key, mark = keys_of(pin, data[:16])
    if not hmac.compare_digest(hmac.new(mark, data[:-32], hashlib.sha256).digest(), data[-32:]):
        return None
    cipher = Cipher(algorithms.AES(key), modes.CTR(COUNTER)).decryptor()
    return (cipher.update(data[16:-32]) + cipher.finalize()).decode()
