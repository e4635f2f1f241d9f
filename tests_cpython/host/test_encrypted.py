"""Encrypted bodies: usrv reads ours and we read its, and what is altered, repeated or of no curve reaches no handler."""

import base64
import json
import sys
import threading
import types
from datetime import datetime, timedelta, timezone
from http.server import HTTPServer
from pathlib import Path

import httpx
import pytest

from conftest import PRESENT, ROOT, Server
from support.table import cases

encrypted = pytest.importorskip("picoweb.host.encrypted")
sys.path.append(str(ROOT / ".venv" / "peers"))
usrv = pytest.importorskip("usrv")
from usrv import secp256k1  # noqa: E402


def load_route():
    """usrv's module route, whose last block, that of its command line, Python before 3.12 cannot compile."""
    path = Path(usrv.__file__).with_name("route.py")
    source = path.read_text("utf-8").partition('\nif __name__ == "__main__":')[0]
    module = types.ModuleType("usrv.route")
    module.__package__ = "usrv"
    sys.modules["usrv.route"] = usrv.route = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


route = load_route()
from usrv import req as usrv_req  # noqa: E402

SERVER = encrypted.generate_keypair("the server's secret")
CLIENT = encrypted.generate_keypair("the client's secret")
CLIENT_OF_HTTP = httpx.Client(trust_env=False, timeout=20)
P = 2**256 - 2**32 - 977


# The parts


def test_AES_is_usrv_s():
    assert encrypted.aes(b"abc", "k").hex() == secp256k1.aes_encrypt("abc", "k") == "564eb4"


@pytest.mark.parametrize("secret", ["", "a", "caf\xe9 \ufb01", "x" * 1000])
def test_the_keys_of_a_secret_are_usrv_s(secret):
    assert encrypted.generate_keypair(secret) == secp256k1.generate_keypair(secret)
    x, y = secp256k1.b64decode(encrypted.generate_keypair(secret)[1])
    assert encrypted.compress(encrypted.generate_keypair(secret)[1]) == secp256k1.encode((x, y))


@pytest.mark.parametrize("text", ["", "a", "\xe9\u20ac", '{"a": 1}' * 200])
def test_each_reads_and_verifies_what_the_other_has_written(text):
    key, public = CLIENT
    assert encrypted.decrypt(key, *secp256k1.encrypt(public, text)) == text
    assert secp256k1.decrypt(key, *encrypted.encrypt(public, text)) == text
    assert encrypted.verify(text, secp256k1.sign(text, key), public)
    assert secp256k1.verify(text, encrypted.sign(text, key), public)
    r, s = secp256k1.b64decode(base64.b64encode(bytes.fromhex(encrypted.raw_sign(text, "secret", "salt"))).decode())
    prk = int.from_bytes(secp256k1.bip39_hash("secret", "salt"), "big") % secp256k1.N
    assert secp256k1.verify(text, secp256k1.b64encode((r, s)), encrypted.public_of(prk))


def point(x, y):
    return base64.b64encode(x.to_bytes(32, "big") + y.to_bytes(32, "big")).decode()


G = secp256k1.G
KEYS = [
    ("off the curve", point(G[0], G[1] ^ 1)),
    ("of the twist", point(5, 3)),
    ("zero, which stands for infinity", point(0, 0)),
    ("over the field", point(2**256 - 1, 2**256 - 1)),
    ("a coordinate that is not reduced", point(1 + P if 1 + P < 2**256 else 1, 2)),
    ("short", base64.b64encode(bytes(63)).decode()),
    ("long", base64.b64encode(bytes(65)).decode()),
    ("empty", ""),
    ("no base64", "!" * 88),
    ("not ASCII", "\xe9" * 88),
    ("base64 with blanks", CLIENT[1][:40] + " " + CLIENT[1][40:]),
    ("compressed", encrypted.compress(CLIENT[1])),
    ("without padding", CLIENT[1].rstrip("=")),
]


@pytest.mark.parametrize("key", cases(KEYS))
def test_what_is_no_public_key_is_refused(key):
    with pytest.raises(encrypted.EncryptionError):
        encrypted.encrypt(key, "text")
    with pytest.raises(encrypted.EncryptionError):
        encrypted.decrypt(CLIENT[0], key, "00")
    assert not encrypted.verify("text", encrypted.sign("text", CLIENT[0]), key)


@pytest.mark.parametrize("key", [0, -1, secp256k1.N, secp256k1.N + 1])
def test_what_is_no_private_key_is_refused(key):
    with pytest.raises(encrypted.EncryptionError):
        encrypted.public_of(key)


@pytest.mark.parametrize("signature", [
    "", "x", point(0, 0), point(0, 1), point(1, 0), point(secp256k1.N, 1), point(1, secp256k1.N), point(2**256 - 1, 1)])
def test_what_is_no_signature_is_refused(signature):
    assert not encrypted.verify("text", signature, CLIENT[1])


def test_nonces_are_bounded_and_of_now():
    nonces = encrypted.Nonces(10, 3)
    now = datetime.now(timezone.utc)
    for seconds, good in ((-11, False), (11, False), (-9, True), (9, True)):
        assert nonces.use((now + timedelta(seconds=seconds)).isoformat(), "a") is good
    for stamp in ("", "x", "0", now.replace(tzinfo=None).isoformat(), "9999-99-99T00:00:00+00:00", "\u0661", "x" * 5000):
        assert not nonces.use(stamp, "a"), stamp
    stamp = now.isoformat()
    assert nonces.use(stamp, "a") and not nonces.use(stamp, "a")
    assert not nonces.use(stamp, "b")  # the fourth
    assert len(nonces.seen) == 3


# Over the network


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("encrypted")
    (made / "encrypted.py").write_text((ROOT / "tests_cpython" / "apps" / "encrypted.py").read_text())
    return made


@pytest.fixture(scope="module", params=["strict", "lax"])
def server(request, folder):
    server = Server(PRESENT["cpython"], "encrypted.py", (request.param,), folder)
    server.start()
    yield server
    server.end()


def ask(server, text, path="/echo", change=lambda body, fields: body, stamp=None):
    body, fields = encrypted.seal(text, SERVER[1], CLIENT[0], stamp or encrypted.nonce())
    body = change(body, fields)
    return CLIENT_OF_HTTP.post(server.url(path), content=body, headers=fields)


def opened(answer):
    return json.loads(encrypted.unseal(answer.text, {k.lower(): v for k, v in answer.headers.items()}, CLIENT[0], SERVER[1]))


def reached(server):
    return opened(ask(server, "x"))["reached"]


@pytest.mark.parametrize("text", ["a", "\xe9\u20ac", "x" * 5000])
def test_a_handler_reads_plain_text_and_its_answer_leaves_encrypted(server, text):
    answer = ask(server, text)
    assert "body" not in answer.text and opened(answer)["body"] == text
    assert opened(ask(server, '[1, "x"]', "/json")) == {"value": [1, "x"]}


def test_usrv_s_client_asks_ours(server, monkeypatch):
    monkeypatch.setattr(usrv_req, "PRIVATE_KEY", CLIENT[0])
    monkeypatch.setattr(usrv_req, "PUBLIC_KEY", CLIENT[1])
    answer = usrv_req.POST.json(a=1, b="\xe9", _peer=server.url(""), _puk=SERVER[1])
    assert answer == {"value": {"a": 1, "b": "\xe9"}}


def test_our_client_asks_usrv_s_server(monkeypatch):
    monkeypatch.setattr(route, "PRIVATE_KEY", SERVER[0])
    monkeypatch.setattr(route, "PUBLIC_KEY", SERVER[1])

    class Handler(route.uHTTPRequestHandler):
        def log_message(self, *args):
            pass

    @route.bind("/picoweb-echo", methods=["POST"])
    def echo(**kwargs):
        return 200, kwargs["data"]

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    try:
        body, fields = encrypted.seal("secret text", SERVER[1], CLIENT[0], encrypted.nonce())
        answer = CLIENT_OF_HTTP.post("http://127.0.0.1:%d/picoweb-echo" % httpd.server_port, content=body, headers=fields)
        assert opened(answer) == "secret text"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def flip(name, at):
    def change(body, fields):
        value = fields[name]
        fields[name] = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1:]
        return body
    return change


def without(*names):
    def change(body, fields):
        for name in names:
            del fields[name]
        return body
    return change


def signed_again(body, fields, key=CLIENT[0]):
    fields["Sender-Signature"] = encrypted.sign(body + fields["Ephemeral-Public-Key"] + fields["Nonce"], key)
    return body


def off_the_curve(body, fields):
    fields["Ephemeral-Public-Key"] = point(G[0], G[1] ^ 1)
    return signed_again(body, fields)


ALTERED = [
    ("a bit of the body", lambda body, fields: ("0" if body[0] != "0" else "1") + body[1:]),
    ("the last bit of the body", lambda body, fields: body[:-1] + ("0" if body[-1] != "0" else "1")),
    ("a body that is cut", lambda body, fields: body[:-1]),
    ("a body with more", lambda body, fields: body + "00"),
    ("hex in capitals", lambda body, fields: body.upper() + "A"),
    ("half a byte, signed", lambda body, fields: signed_again(body[:-1], fields)),
    ("no hex, signed", lambda body, fields: signed_again("xx" + body, fields)),
    ("another text of bits, signed", lambda body, fields: signed_again("ff" * 200, fields)),
    ("the ephemeral key off the curve, signed", off_the_curve),
    ("the signature of another key", lambda body, fields: signed_again(body, fields, SERVER[0])),
    ("no signature", without("Sender-Signature")),
    ("no ephemeral key", without("Ephemeral-Public-Key")),
    ("no nonce", without("Nonce")),
    *(("the key at %d" % at, flip("Sender-Public-Key", at)) for at in (0, 43, 86)),
    *(("the ephemeral key at %d" % at, flip("Ephemeral-Public-Key", at)) for at in (0, 43, 86)),
    *(("the signature at %d" % at, flip("Sender-Signature", at)) for at in (0, 43, 86)),
    *(("the nonce at %d" % at, flip("Nonce", at)) for at in (0, 10, 25, 31)),
]


@pytest.mark.parametrize("change", cases(ALTERED))
def test_what_is_altered_is_401_and_reaches_no_handler(server, change):
    before = reached(server)
    assert ask(server, "a text", change=change).status_code == 401
    assert reached(server) == before + 1


def test_what_is_not_signed_at_all_is_refused_by_a_strict_app_alone(server):
    everything = without("Sender-Signature", "Sender-Public-Key", "Ephemeral-Public-Key", "Nonce")
    assert ask(server, "a text", change=everything).status_code == (401 if "strict" in server.args else 200)


def test_what_is_repeated_or_of_another_time_is_412(server):
    stamp = encrypted.nonce()
    assert [ask(server, "x", stamp=stamp).status_code for _ in range(3)] == [200, 412, 412]
    for seconds in (-60, 60):
        stamp = (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()
        assert ask(server, "x", stamp=stamp).status_code == 412


def test_the_status_of_an_answer_stays(server):
    assert ask(server, "x", "/forbidden").status_code == 403


@pytest.mark.parametrize("path,body", [("/number", 500), ("/status-first", [500])])
def test_a_status_stands_before_a_body_or_behind_it_as_without_encryption(server, path, body):
    answer = ask(server, "x", path)
    assert (answer.status_code, opened(answer)) == (201, body)


# Secrets


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(encrypted, "ROUNDS", 1000)


@pytest.mark.parametrize("pin", ["", "1", "0" * 40])
def test_a_secret_is_read_with_its_PIN_alone(tmp_path, quick, pin):
    path = str(tmp_path / "secret")
    encrypted.dump_secret("the secret \xe9", path, pin)
    assert encrypted.load_secret(path, pin) == "the secret \xe9"
    assert encrypted.load_secret(path, pin + "1") is None
    assert (tmp_path / "secret").stat().st_mode & 0o77 == 0


def test_a_file_of_a_secret_that_is_altered_is_none(tmp_path, quick):
    path = tmp_path / "secret"
    encrypted.dump_secret("the secret", str(path), "1")
    text = path.read_text()
    for changed in ("", "{}", "[]", text[:-9] + text[-8:], text.replace(text[40], "0" if text[40] != "0" else "1")):
        path.write_text(changed)
        assert encrypted.load_secret(str(path), "1") is None


def test_a_secret_of_usrv_s_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(secp256k1, "KEYS", str(tmp_path))
    monkeypatch.setattr(secp256k1.getpass, "getpass", lambda text: "1234")
    secp256k1.dump_secret("usrv's secret")
    assert encrypted.load_secret(str(tmp_path), "1234") == "usrv's secret"
    assert encrypted.load_secret(str(tmp_path), "123") is None


@pytest.mark.parametrize("pin", ["x", "1 ", "-1", "\u0661"])
def test_a_PIN_is_digits(tmp_path, pin):
    with pytest.raises(ValueError):
        encrypted.dump_secret("secret", str(tmp_path / "secret"), pin)
