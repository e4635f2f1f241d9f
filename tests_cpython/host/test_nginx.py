"""The configuration of docs/host/nginx.rst, in a real nginx before its app: addresses, WebSocket and event streams."""

import shutil
import socket
import subprocess
import sys

import pytest
from websockets.sync.client import connect

from conftest import PRESENT, ROOT, Server, end_process, free_port
from support.waiting import until

sys.path.append(str(ROOT / "docs"))
from programs import blocks  # noqa: E402

PAGE = ROOT / "docs" / "host" / "nginx.rst"
AROUND = """
daemon off;
pid %(folder)s/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    %(server)s
}
"""


@pytest.fixture(scope="module", params=sorted({"cpython", "mp64"} & set(PRESENT)))
def proxied(request, tmp_path_factory):
    """The port of nginx before the page's app."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx:
        pytest.skip("nginx was NOT tried: apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    text = {language: text for language, _, text in blocks(PAGE)}
    (folder / "app.py").write_text(text["python"].replace("app.run()", "import sys\n    app.run(port=int(sys.argv[1]))"))
    app = Server(PRESENT[request.param], "app.py", (), folder)
    server = text["nginx"].replace("listen 80", "listen 127.0.0.1:%d" % port).replace(":8081", ":%d" % app.port)
    (folder / "nginx.conf").write_text(AROUND % {"folder": folder, "server": server})
    app.start()
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: listens(port))
        yield port
        app.check()
    finally:
        end_process(process)
        app.end()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def get(port, path, fields="", address="127.0.0.1"):
    """The answer's head and body to a client with that address."""
    with socket.create_connection(("127.0.0.1", port), 10, source_address=(address, 0)) as client:
        client.sendall(("GET %s HTTP/1.0\r\nHost: board.example\r\n%s\r\n" % (path, fields)).encode())
        return client.makefile("rb").read().decode()


@pytest.mark.parametrize("address, fields, known", [
    ("127.0.0.2", "", "127.0.0.2"),
    ("127.0.0.2", "X-Forwarded-For: 192.0.2.7\r\n", "127.0.0.2"),
    ("127.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"),
], ids=["a client", "a client that writes another's address", "another trusted proxy"])
def test_the_client_is_the_last_address_that_is_not_trusted(proxied, address, fields, known):
    assert get(proxied, "/who", fields, address).endswith("\r\n\r\n" + known)


def test_events_come_through(proxied):
    answer = get(proxied, "/events", "Accept: text/event-stream\r\n")
    assert " 200 OK" in answer and "data: first\n" in answer


def test_a_websocket_of_the_same_origin_comes_through(proxied):
    host = "127.0.0.1:%d" % proxied
    with connect("ws://%s/echo" % host, origin="http://" + host) as ws:
        ws.send("hello")
        assert ws.recv(10) == "hello"
