"""MemoryError at any allocation of a request: the slot comes back, and the next request is well."""

import os
import shutil
import socket
import time

import h11
import pytest

from conftest import HERE, Server
from support.failing import failing
from support.table import cases

pytestmark = pytest.mark.wire
SAMPLE = 25
FORM = b"name=pico&text=a+b%20c"
NEXT = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
REQUESTS = [
    ("JSON", b"GET /json HTTP/1.1\r\n", b"", (200,)),
    ("a 404", b"GET /none HTTP/1.1\r\n", b"", (404,)),
    ("a refused head", b"GET / HTTP/1.1\r\nX Y: 1\r\n", b"", (400,)),
    ("a form", b"POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(FORM),
     FORM, (200,)),
    ("a form in chunks", b"POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
     b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(FORM), FORM), (200,)),
    ("a body over the limit", b"POST /form HTTP/1.1\r\nContent-Length: 2000\r\n", b"x" * 2000, (413,)),
    ("HEAD", b"HEAD /json HTTP/1.1\r\n", b"", (200,)),
    ("a stream", b"GET /stream HTTP/1.1\r\n", b"", (200,)),
    ("a page in pieces", b"GET /pieces HTTP/1.1\r\n", b"", (200,)),
    ("a HEAD of a stream", b"HEAD /stream HTTP/1.1\r\n", b"", (200,)),
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

    def ask(self, head, body, number):
        """Return the status of a request's answer, None if the server has closed instead."""
        with self.server.connect() as c:
            c.send(b"%sHost: x\r\nX-Number: %d\r\n\r\n%s" % (head, number, body))  # no head is one it remembers
            try:
                return c.response(head.split()[0]).status
            except (ConnectionError, h11.RemoteProtocolError):
                return None

    def count(self, request):
        """Return how many allocations there are from before a client's coming to after its end."""
        self.settled()
        self.arm(0)
        self.ask(*request, 0)
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

    def fail(self, n, request, statuses):
        """Have the n-th allocation of a request fail: its client sees a whole answer or the end, the next one is well."""
        self.arm(n)
        status = self.ask(*request, n)
        assert status in (None, 503, *statuses)
        self.settled()
        assert self.server.ask(NEXT).text == "hello"
        self.settled()


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failing")
    shutil.copy(HERE / "apps" / "failing.py", folder)
    server = Server(failing(), "failing.py", (), folder).start()
    yield Failing(server)
    server.end()


def numbers(config, last):
    return range(1, last + 1, 1 if config.option.long else max(1, last // SAMPLE))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("request_, statuses", cases([(name, (head, body), statuses) for name, head, body, statuses in REQUESTS]))
def test_the_slot_comes_back_and_the_next_request_is_well(app, pytestconfig, request_, statuses):
    app.count(request_)  # what is made once
    last = max(app.count(request_) for _ in range(3))
    files = app.open_files()
    failed = {}
    for n in numbers(pytestconfig, last):
        try:
            app.fail(n, request_, statuses)
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
