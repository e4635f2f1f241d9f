"""Large answers on the network stack of a Pico W, which has little room for what clients do not take."""

import json
import socket

import pytest

from conftest import PRESENT
from support.client import Connection
from support.table import cases
from support.waiting import until

pytestmark = [
    pytest.mark.wire,
    pytest.mark.parametrize("runtime", [name for name in PRESENT if name.startswith("mp")], indirect=True, scope="session"),
]
FIRST = 900  # bytes: a head and the first piece, which are sent before the others are looked at
LARGE = [("a file", "/file"), ("a body", "/body"), ("a stream", "/stream")]


@pytest.fixture
def server(serve):
    return serve("lwip.py")


def slow(server):
    """A client that takes little before it reads."""
    c = object.__new__(Connection)
    c.sock = socket.socket()
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    c.sock.settimeout(30)
    c.sock.connect(("127.0.0.1", server.port))
    c.rest, c.ended = b"", False
    return c


def ask(c, path):
    return c.send(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())


def waiting(c):
    """How many bytes there are for a client that has not read: the least buffer of Linux holds few."""
    return len(c.sock.recv(1 << 16, socket.MSG_PEEK))


def read(c):
    """The body for a client that now takes all."""
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    return c.response().body


@pytest.mark.parametrize("path", cases(LARGE))
def test_a_third_large_answer_waits_for_one_of_two_while_small_ones_are_served(server, path):
    with slow(server) as a, slow(server) as b, slow(server) as c, server.connect(30) as other:
        for client in (a, b):
            ask(client, "/file")
            assert until(lambda: waiting(client), lambda n: n > FIRST) > FIRST
        assert ask(other, "/sending").response().text == "2"
        ask(c, path)
        for _ in range(20):
            assert ask(other, "/").response().text == "hello"
        for client in (a, c, b):
            assert read(client) == bytes(30000)
        assert until(lambda: ask(other, "/sending").response().text, lambda text: text == "0") == "0"
        told = json.loads(ask(other, "/told").response().body)
    assert told["lost"] == 0
    assert told["most"] <= 2 and told["largest"] <= 800


def test_a_large_answer_whose_client_leaves_makes_room_for_another(server):
    with slow(server) as a, slow(server) as b, slow(server) as c:
        for client in (a, b):
            ask(client, "/file")
            assert until(lambda: waiting(client), lambda n: n > FIRST) > FIRST
        ask(c, "/file")
        a.reset()
        assert read(c) == read(b) == bytes(30000)
