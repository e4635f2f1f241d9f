"""Signed requests: what is altered, repeated or of another clock reaches no handler."""

import json
import time

import pytest

from picoweb.host.signed import sign
from support.table import cases

KEY = b"0123456789abcdef"


@pytest.fixture
def server(serve):
    return serve("signed.py")


def request(method, target, body=b"", fields=None):
    head = "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % (method, target, len(body))
    return (head + "".join("%s: %s\r\n" % item for item in fields.items()) + "\r\n").encode() + body


def ask(server, method, target, body=b"", fields=None, key=KEY, **options):
    fields = sign(key, method, target, body, **options) if fields is None else fields
    return server.ask(request(method, target, body, fields), method)


def reached(server):
    return json.loads(ask(server, "GET", "/").body)[0]


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1000, 3900])
def test_a_handler_reads_a_body_that_is_signed(server, size):
    assert ask(server, "POST", "/echo", b"x" * size).body == b"x" * size


def test_forms_and_JSON_are_there_for_the_handler(server):
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask(server, "POST", "/form?q=1", b"a=1", {**sign(KEY, "POST", "/form?q=1", b"a=1"), **fields})
    assert json.loads(answer.body) == {"a": "1"}
    assert json.loads(ask(server, "POST", "/json", b"[1]").body) == [1]


def test_chunks_are_signed_as_one_body(server):
    fields = "".join("%s: %s\r\n" % item for item in sign(KEY, "POST", "/echo", b"abc").items())
    head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n%s\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" % fields
    assert server.ask(head.encode(), "POST").body == b"abc"


def test_the_connection_goes_on_behind_a_signed_request(server):
    with server.connect() as c:
        for body in (b"one", b"two"):
            c.send(request("POST", "/echo", body, sign(KEY, "POST", "/echo", body)))
            assert c.response("POST").body == body


def altered():
    body = b"on"
    good = sign(KEY, "POST", "/echo", body)
    yield "no signature", body, {"Nonce": good["Nonce"]}
    yield "no nonce", body, {"Signature": good["Signature"]}
    yield "nothing", body, {}
    yield "a signature of another case", body, {**good, "Signature": good["Signature"].upper()}
    yield "a signature that is cut", body, {**good, "Signature": good["Signature"][:-1]}
    yield "a signature with more", body, {**good, "Signature": good["Signature"] + "0"}
    yield "an empty signature", body, {**good, "Signature": ""}
    yield "the signature of another method", body, sign(KEY, "PUT", "/echo", body)
    yield "the signature of another target", body, sign(KEY, "POST", "/echo?", body)
    yield "another key", body, sign(KEY[::-1], "POST", "/echo", body)
    yield "a body that is longer", body + b"\n", good
    yield "a body that is shorter", body[:1], good
    for bit in range(16):
        yield "a bit of the body: %d" % bit, bytes(b ^ (1 << bit % 8 if at == bit // 8 else 0) for at, b in enumerate(body)), good
    for at in range(0, 64, 7):
        flipped = "0123456789abcdef"[int(good["Signature"][at], 16) ^ 1]
        yield "a bit of the signature: %d" % at, body, {**good, "Signature": good["Signature"][:at] + flipped + good["Signature"][at + 1:]}
    for at in range(len(good["Nonce"])):
        flipped = str(int(good["Nonce"][at]) ^ 1)
        yield "a bit of the nonce: %d" % at, body, {**good, "Nonce": good["Nonce"][:at] + flipped + good["Nonce"][at + 1:]}


def test_what_is_altered_in_any_place_is_401_and_reaches_no_handler(server):
    before = reached(server)
    for what, body, fields in altered():
        assert ask(server, "POST", "/echo", body, fields).status == 401, what
    assert reached(server) == before + 1


NONCES = [
    ("no number", "x"), ("an empty one", ""), ("a sign", "-1"), ("a fraction", "1.5"), ("other digits", "\xb2"),
    ("zero", "0"), ("the past", "1"), ("too long", "9" * 19), ("a thousand digits", "9" * 1000),
]


@pytest.mark.parametrize("nonce", cases(NONCES))
def test_a_nonce_that_is_none_is_412(server, nonce):
    fields = {"Nonce": nonce, "Signature": sign(KEY, "GET", "/", b"", nonce.encode("latin-1").decode("utf-8", "surrogateescape")
                                                if nonce.isascii() else nonce)["Signature"]}
    assert ask(server, "GET", "/", b"", fields).status in ((412,) if nonce.isascii() else (400, 401, 412))


@pytest.mark.parametrize("seconds,status", [(-60, 412), (60, 412), (-5, 200), (5, 200)])
def test_clocks_may_differ_by_10_seconds(server, seconds, status):
    nonce = time.time_ns() // 1000 + seconds * 1000000
    assert ask(server, "GET", "/", nonce=nonce).status == status


def test_a_request_that_is_repeated_is_412(server):
    data = request("POST", "/echo", b"once", sign(KEY, "POST", "/echo", b"once"))
    assert server.ask(data, "POST").status == 200
    before = reached(server)
    for _ in range(3):
        assert server.ask(data, "POST").status == 412
    assert reached(server) == before + 1


def test_a_flood_of_nonces_forgets_none_that_would_count(start):
    server = start("signed.py")
    data = request("GET", "/", fields=sign(KEY, "GET", "/"))
    assert server.ask(data).status == 200
    with server.connect() as c:
        for _ in range(80):
            c.send(request("GET", "/", fields=sign(KEY, "GET", "/")))
            assert c.response().status == 200
    assert server.ask(data).status == 412
    with server.connect() as c:  # and what is not signed moves nothing
        for at in range(20):
            c.send(request("GET", "/", fields={"Nonce": "9" * 16, "Signature": "%064x" % at}))
            assert c.response().status == 401
    assert ask(server, "GET", "/").status == 200


@pytest.mark.parametrize("key", [b"", b"x" * 15, b"x" * 65])
def test_a_key_of_another_length_is_a_ValueError(key):
    from picoweb.signed import Signed

    with pytest.raises(ValueError):
        Signed(key)
