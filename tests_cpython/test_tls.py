"""run(ssl=…)."""

import ssl
import subprocess

import httpx
import pytest

from conftest import OPENSSL

pytestmark = pytest.mark.skipif(not OPENSSL, reason="no openssl to make a certificate with")

pytestmark = pytest.mark.wire


def openssl(*args):
    subprocess.run([OPENSSL, *map(str, args)], check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificate(folder):
    """A key and a certificate of this run alone, beside the apps; MicroPython takes them as DER."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
    openssl("ec", "-in", key, "-outform", "DER", "-out", folder / "key.der")
    openssl("x509", "-in", cert, "-outform", "DER", "-out", folder / "cert.der")
    return cert


@pytest.fixture
def tls(certificate, serve):
    return serve("tls.py")


@pytest.fixture
def client(tls, certificate):
    base = "https://127.0.0.1:%d" % tls.port
    with httpx.Client(base_url=base, verify=ssl.create_default_context(cafile=certificate)) as made:
        yield made


def test_a_page_is_served_over_TLS(client):
    assert client.get("/").text == "over TLS"


def test_a_connection_is_kept_over_TLS(client):
    addresses = {client.get("/").extensions["network_stream"].get_extra_info("client_addr") for _ in range(3)}
    assert len(addresses) == 1


def test_a_long_page_is_served_over_TLS(client):
    assert client.get("/long").text == "0123456789" * 2000


def test_a_body_is_read_over_TLS(client):
    assert client.post("/read", content=b"x" * 5000).text == "5000"


def test_a_client_without_TLS_does_not_end_the_server(tls, client):
    with tls.connect() as c:
        c.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").half_close()
        try:
            c.everything()
        except ConnectionResetError:
            pass
    assert client.get("/").text == "over TLS"
