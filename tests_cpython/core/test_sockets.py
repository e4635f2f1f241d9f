"""Sockets that fail as those of a board do: at accept(), just behind it, and at send()."""

import json

import pytest

from conftest import PRESENT
from support.table import cases
from support.waiting import WAIT_S, answered, until

pytestmark = [
    pytest.mark.wire,
    pytest.mark.parametrize("runtime", [name for name in PRESENT if name.startswith("mp")], indirect=True, scope="session"),
]
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def server(serve):
    return serve("sockets.py")


def fail(server, kept, what, errno, times):
    """Has this fail some times; `kept` is a connection that was there before."""
    server.marked()
    kept.send(b"GET /fail/%s/%d/%d HTTP/1.1\r\nHost: x\r\n\r\n" % (what.encode(), errno, times))
    assert kept.response().text == "soon"
    assert server.logged("failing " + what, WAIT_S)


def ask(kept, path):
    return kept.send(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n").response().text


@pytest.mark.parametrize("errno", cases([("ENOMEM", 12), ("ENFILE", 23), ("EMFILE", 24), ("ENOBUFS", 105)]))
def test_there_is_a_pause_between_tries_of_accept_and_they_go_on(server, errno):
    with server.connect(20) as kept:
        fail(server, kept, "accept", errno, 8)
        with server.connect(WAIT_S) as waiting:
            assert waiting.send(HELLO).response().text == "hello"
            tries = json.loads(ask(kept, b"/tries"))
    assert len(tries) == 8
    # Between them it sleeps; the first comes when a client does.
    assert min(tries[1:]) >= 10
    assert max(tries[1:]) < 3000  # 1 s at most, on a machine that may be busy


@pytest.mark.parametrize("errno", cases([("ENOMEM", 12), ("ENFILE", 23), ("EMFILE", 24), ("ENOBUFS", 105), ("a MemoryError", 0)]))
def test_a_lost_listener_is_opened_again_when_there_are_sockets_again(server, errno):
    with server.connect(20) as kept:
        fail(server, kept, "socket", errno, 8)
        # The clients that are there are served meanwhile.
        assert ask(kept, b"/") == "hello"
        assert server.logged("listening again", WAIT_S)
        assert answered(lambda: server.get("/")).text == "hello"
        assert ask(kept, b"/left/socket") == "0"


@pytest.mark.parametrize("errno", cases([("ENOMEM", 12), ("ENOBUFS", 105), ("a MemoryError", 0)]))
def test_a_peer_that_could_not_be_taken_in_is_closed(server, errno):
    with server.connect(20) as kept:
        fail(server, kept, "accepted", errno, 1)
        # The others are served, and no socket of those that were lost stays.
        with server.connect() as lost:
            try:
                lost.send(HELLO)
                assert lost.everything() == b""
            except ConnectionError:
                pass
        assert ask(kept, b"/left/accepted") == "0"
        assert server.get("/").text == "hello"
        assert until(lambda: ask(kept, b"/open"), lambda count: count == "1") == "1"


@pytest.mark.parametrize("path", [b"/", b"/large", b"/pieces"])
@pytest.mark.parametrize("errno", [*cases([("None", 1)]), *cases([("EAGAIN", 11), ("ENOBUFS", 105)])])
def test_a_send_that_took_nothing_is_tried_again(server, errno, path):
    with server.connect(20) as kept, server.connect(20) as c:
        whole = c.send(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n").response().body
        fail(server, kept, "send", errno, 5)
        for _ in range(4):
            assert c.send(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n").response().body == whole
        assert ask(kept, b"/left/send") == "0"


# Those of lwIP are others than Linux's on some boards; ENOMEM is told when it may have taken what it could not send.
GONE = [
    ("ENOMEM", 12), ("ENETDOWN", 100), ("ENETUNREACH", 101), ("ENOTCONN", 107), ("ETIMEDOUT", 110), ("EHOSTUNREACH", 113),
    ("EHOSTUNREACH of ESP32", 118), ("ENOTCONN of ESP32", 128),
]


@pytest.mark.parametrize("path", [b"/", b"/large", b"/pieces"])
@pytest.mark.parametrize("errno", cases(GONE))
def test_a_send_that_fails_ends_its_connection_alone_and_is_no_error_of_the_app(server, errno, path):
    with server.connect(20) as kept, server.connect(20) as c:
        fail(server, kept, "send", errno, 1)
        assert c.send(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n").everything() == b""
        assert ask(kept, b"/") == "hello"
        assert until(lambda: ask(kept, b"/open"), lambda count: count == "1") == "1"
        assert not server.logged("ERROR|WARN", 0)
