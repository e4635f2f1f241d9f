"""run(ssl=…)."""

import socket
import ssl
import subprocess

import httpx
import pytest
from websockets.sync.client import connect

from conftest import OPENSSL
from core.test_load import small_window
from support.table import cases
from support.waiting import WAIT_S, until

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(not OPENSSL, reason="no openssl to make a certificate with"),
]


def openssl(*args):
    subprocess.run([OPENSSL, *map(str, args)], check=True, capture_output=True)


def make_certificate(folder):
    """A key and a certificate of this run alone; MicroPython takes them as DER."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
    openssl("ec", "-in", key, "-outform", "DER", "-out", folder / "key.der")
    openssl("x509", "-in", cert, "-outform", "DER", "-out", folder / "cert.der")
    return cert


@pytest.fixture(scope="session")
def certificate(folder):
    """Beside the apps."""
    return make_certificate(folder)


@pytest.fixture
def trust(certificate):
    """What a client trusts."""
    return ssl.create_default_context(cafile=certificate)


@pytest.fixture
def tls(certificate, serve):
    return serve("tls.py")


@pytest.fixture
def client(tls, trust):
    base = "https://127.0.0.1:%d" % tls.port
    # It does not take up a connection that the server is about to close as idle.
    with httpx.Client(base_url=base, verify=trust, timeout=WAIT_S, limits=httpx.Limits(keepalive_expiry=0.5)) as made:
        yield made


def test_a_page_is_served_over_TLS(client):
    assert client.get("/").text == "over TLS"


def test_a_connection_is_kept_over_TLS(client):
    addresses = {client.get("/").extensions["network_stream"].get_extra_info("client_addr") for _ in range(3)}
    assert len(addresses) == 1


def test_a_long_page_is_served_over_TLS(client):
    assert client.get("/long").text == "0123456789" * 2000


@pytest.mark.parametrize("size", [0, 1, 5000, 150000])
def test_a_body_is_read_over_TLS(client, size):
    assert client.post("/read", content=b"x" * size).text == str(size)
    assert client.get("/").text == "over TLS"


def test_a_file_is_served_over_TLS(client):
    assert client.get("/static/big.bin").content == bytes(range(256)) * 400


def test_a_form_with_a_file_is_read_over_TLS(client):
    answer = client.post("/form", data={"name": "Ada"}, files={"file": ("a.bin", b"x" * 9000)})
    assert answer.json() == ["Ada", 9000]


def test_events_come_over_TLS(client):
    assert client.get("/events").text == "".join("data: event %d\n\n" % i for i in range(5))


def test_a_WebSocket_talks_over_TLS(tls, trust):
    with connect("wss://127.0.0.1:%d/ws" % tls.port, ssl=trust, compression=None) as ws:
        for message in ("short", b"x" * 300, "y" * 15000):
            ws.send(message)
            assert ws.recv(timeout=WAIT_S) == message


def test_requests_that_come_in_one_record_are_all_answered(tls, trust):
    with trust.wrap_socket(tls.connect(WAIT_S).sock, server_hostname="127.0.0.1") as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 60 + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = b"".join(iter(lambda: s.recv(65536), b""))
    assert got.count(b"over TLS") == 61


# Clients that are not what they should be

HELLO = bytes.fromhex("16030100c8010000c4")  # the first bytes of a ClientHello


def ends(c):
    """Waits until the server has closed; what it says of TLS before is its own affair."""
    try:
        c.everything()
    except ConnectionResetError:
        pass


def only_mine(client):
    """Waits until the server has no connection but this client's."""
    assert until(lambda: client.get("/connections").text, lambda count: count == "1") == "1"


SENT = [
    ("plain HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("zeros", b"\0" * 100),
    ("a bad handshake", b"\x16\x03\x01\x00\x05hello"),
    ("ones", b"\xff" * 3000),
    ("nothing", b""),
    ("half a ClientHello", HELLO),
]


@pytest.mark.parametrize("sent", cases(SENT))
def test_a_client_that_does_not_shake_hands_is_let_go_and_costs_nobody_else_anything(tls, client, sent):
    with tls.connect(WAIT_S) as c:
        c.send(sent)
        assert client.get("/").text == "over TLS"
        ends(c)
    only_mine(client)


def test_stalled_handshakes_in_every_slot_do_not_keep_a_client_out(tls, trust):
    stalled = [tls.connect(WAIT_S) for _ in range(12)]
    try:
        for c in stalled:
            c.send(HELLO)
        answer = httpx.get("https://127.0.0.1:%d/" % tls.port, verify=trust, timeout=WAIT_S)
        assert answer.text == "over TLS"
    finally:
        for c in stalled:
            c.sock.close()


def test_a_client_that_leaves_within_a_record_frees_its_slot(tls, client, trust):
    for path in ("/long", "/flood", "/ws"):
        c = tls.connect(WAIT_S)
        s = trust.wrap_socket(c.sock, server_hostname="127.0.0.1")
        s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
        s.recv(100)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    only_mine(client)


@pytest.mark.parametrize("runtime", ["cpython"], indirect=True, scope="session")
def test_a_client_that_asyncio_closes_is_closed_once(tls, client):
    with pytest.raises(httpx.TransportError):
        client.get("/closing")
    only_mine(client)
    assert not tls.logged("Traceback", 0)


def test_a_client_that_takes_nothing_is_let_go(tls, client, trust):
    with trust.wrap_socket(small_window(tls).sock, server_hostname="127.0.0.1") as s:
        s.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        s.recv(100)
        only_mine(client)


def test_a_client_that_does_not_trust_the_certificate_is_told_so_and_costs_only_itself(tls, client):
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get("https://127.0.0.1:%d/" % tls.port, timeout=WAIT_S)
    assert client.get("/").text == "over TLS"
