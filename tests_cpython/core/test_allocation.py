"""MemoryError at any allocation of a request: the slot comes back, and the next request is well."""

import os
import re
import shutil
import socket
import ssl
import time

import h11
import pytest

from conftest import HERE, PRESENT, Server
from core.test_listener import tls
from core.test_tls import make_certificate
from support.failing import failing
from support.table import cases
from support.waiting import until
from support.websocket_client import CONT, PING, TEXT, closing, frame, handshake

pytestmark = pytest.mark.wire
SAMPLE = 25
FORM = b"name=pico&text=a+b%20c"
FILE = bytes(range(256)) * 8
PARTS = (b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\npico\r\n--x\r\n'
         b'Content-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' + FILE + b"\r\n--x--\r\n")
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
# A pong, a message, and a close with 1000, 1001 or 1011.
WHOLE_FRAMES = re.compile(rb"(\x8a\0)?(\x81\x05hello)?(\x88\x02\x03[\xe8\xe9\xf3])?")
NEXT = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


# What a client may do; each returns what the client has seen, None if it was closed instead.

def request(head, body=b""):
    """One request; the status of its answer."""
    def exchange(server, number):
        with server.connect() as c:
            c.send(b"%sHost: x\r\nX-Number: %d\r\n\r\n%s" % (head, number, body))  # no head is one it remembers
            try:
                return c.response(head.split()[0]).status
            except (ConnectionError, h11.RemoteProtocolError):
                return None
    return exchange


def talk(path):
    """A WebSocket that pings, sends a message in two frames and closes; "echo", or the status of the answer."""
    def exchange(server, number):
        with server.connect() as c:
            try:
                c.send(handshake(path, Sec_WebSocket_Key=KEY, X_Number=str(number)))
                head = receive_until(c, b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 101 "):
                    return int(head[9:12]) if head else None
                c.send(frame(PING) + frame(TEXT, b"hel", fin=False) + frame(CONT, b"lo") + closing(1000))
                told = WHOLE_FRAMES.fullmatch(c.everything().partition(b"\r\n\r\n")[2])
            except ConnectionError:
                return None
        assert told, "half a frame"
        return "echo" if told[2] else 101
    return exchange


PUBLISH = request(b"GET /publish HTTP/1.1\r\n")


def listen(server, number):
    """A client of a hub, to which another publishes; "event", or the status of the answer."""
    with server.connect() as c:
        c.send(b"GET /hub HTTP/1.1\r\nHost: x\r\nX-Number: %d\r\n\r\n" % number)
        try:
            head = receive_until(c, b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                return int(head[9:12]) if head else None
            found = PUBLISH(server, number) == 200 and b"event: said\n" in receive_until(c, b"\n\n")
        except ConnectionError:
            return None
        c.reset()
    while PUBLISH(server, -number) != 200:
        pass  # by this it is found to have left
    return "event" if found else 200


def receive_until(c, end):
    """Have a connection receive until it has these bytes, or ends; return what has come."""
    while end not in c.rest and not c.ended:
        c.rest += c.receive()
    return c.rest


# Its name, the exchange, and what comes of it where no allocation fails.
EXCHANGES = [
    ("JSON", request(b"GET /json HTTP/1.1\r\n"), 200),
    ("a 404", request(b"GET /none HTTP/1.1\r\n"), 404),
    ("a refused head", request(b"GET / HTTP/1.1\r\nX Y: 1\r\n"), 400),
    ("a form", request(b"POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(FORM),
     FORM), 200),
    ("a form in chunks", request(b"POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
     b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(FORM), FORM)), 200),
    ("a body over the limit", request(b"POST /form HTTP/1.1\r\nContent-Length: 5000\r\n", b"x" * 5000), 413),
    ("HEAD", request(b"HEAD /json HTTP/1.1\r\n"), 200),
    ("a stream", request(b"GET /stream HTTP/1.1\r\n"), 200),
    ("a page in pieces", request(b"GET /pieces HTTP/1.1\r\n"), 200),
    ("a HEAD of a stream", request(b"HEAD /stream HTTP/1.1\r\n"), 200),
    ("an event stream", request(b"GET /events HTTP/1.1\r\n"), 200),
    ("a form with a file", request(b"POST /with-form HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
     b"Content-Length: %d\r\n" % len(PARTS), PARTS), 200),
    ("an upload", request(b"PUT /upload HTTP/1.1\r\nContent-Length: %d\r\n" % len(FILE), FILE), 200),
    ("a WebSocket", talk("/ws"), "echo"),
    ("a WebSocket of a handler", talk("/ws/own"), "echo"),
    ("a hub", listen, "event"),
]


class Failing:
    """The server, and the socket that arms it."""

    def __init__(self, server):
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.settimeout(5)

    def arm(self, n):
        """Have the n-th allocation from now on fail; return how many there were, and the connections there are."""
        self.socket.send(b"%d" % n)
        made, connections = self.socket.recv(50).split()
        return int(made), int(connections)

    def open_files(self):
        return len(os.listdir("/proc/%d/fd" % self.server.process.pid))

    def count(self, exchange, well):
        """Return how many allocations there are from before a client's coming to after its end."""
        self.settled()
        self.arm(0)
        assert exchange(self.server, 0) == well
        return self.settled()

    def settled(self, slots=0):
        """Disarmed, wait until so many slots are in use; return the number of allocations before."""
        made, connections = self.arm(0)
        deadline = time.monotonic() + 5
        while connections != slots and time.monotonic() < deadline:
            time.sleep(0.001)
            connections = self.arm(0)[1]
        assert connections == slots, "%d slots are in use" % connections
        return made

    def fail(self, n, exchange, well):
        """Have the n-th allocation of an exchange fail: its client sees a whole answer or the end, the next one is well."""
        self.arm(n)
        assert exchange(self.server, n) in (None, 101, 200, 503, well)
        self.settled()
        assert set(os.listdir(self.server.folder / "up")) <= {"a.bin", "firmware"}, "what is half a file stays"
        assert self.server.ask(NEXT).text == "hello"
        self.settled()


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failing")
    shutil.copy(HERE / "apps" / "failing.py", folder)
    (folder / "up").mkdir()
    server = Server(failing(), "failing.py", (), folder).start()
    yield Failing(server)
    server.end()


def numbers(config, last):
    return range(1, last + 1, 1 if config.option.long else max(1, last // SAMPLE))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("exchange, well", cases(EXCHANGES))
def test_the_slot_comes_back_and_the_next_request_is_well(app, pytestconfig, exchange, well):
    app.count(exchange, well)  # what is made once
    last = max(app.count(exchange, well) for _ in range(3))
    files = app.open_files()
    failed = {}
    for n in numbers(pytestconfig, last):
        try:
            app.fail(n, exchange, well)
        except (AssertionError, OSError) as e:
            failed[n] = e
            assert app.server.alive, "allocation %d of %d ended the server:\n%s" % (n, last, app.server.log())
    assert not failed, "of %d allocations" % last
    assert app.open_files() == files
    app.server.check()


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("n", range(1, 36))
def test_a_client_that_is_too_slow_is_told_so(app, n):
    app.settled()
    with app.server.connect() as c:
        c.send(b"GET / HTTP/1.1\r\n")
        app.settled(1)
        app.arm(n)
        assert c.everything().startswith(b"HTTP/1.1 408 ")
    app.settled()
    app.server.check()


# TLS, which no interpreter here has whose n-th allocation fails: of a heap that does not grow so many bytes are left instead

@tls
@pytest.mark.parametrize("runtime", [name for name in PRESENT if name == "mp32"], indirect=True, scope="session")
def test_a_client_of_TLS_costs_only_itself_where_little_of_the_heap_is_left(start, tmp_path, pytestconfig):
    trust = ssl.create_default_context(cafile=make_certificate(tmp_path))
    app = Failing(start("tight_tls.py", str(tmp_path), heap="256K"))

    def ask():
        with app.server.connect() as c:
            c.sock = trust.wrap_socket(c.sock, server_hostname="127.0.0.1")
            return c.send(NEXT).response().text

    assert ask() == "hello"
    files = app.open_files()
    seen = []
    left = 16
    while seen[-3:] != ["hello"] * 3 and left < 64000:
        app.arm(left)
        left += 16 if pytestconfig.option.long else 64
        try:
            seen.append(ask())
        except (OSError, h11.RemoteProtocolError):
            seen.append("the end")
        app.settled()
        assert ask() == "hello", "after %d bytes were left" % left
    assert {"the end", "hello"} <= set(seen) <= {"the end", "hello", ""}
    assert until(app.open_files, lambda count: count <= files) <= files
    app.server.checked = len(app.server.log())  # a task may have ended where it could not be told
