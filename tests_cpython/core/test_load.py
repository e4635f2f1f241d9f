"""Many peers, slow peers and peers that never go: the limits of WebApp."""

import select
import socket
import time

import pytest

from support.client import Connection

HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n"

pytestmark = pytest.mark.wire


@pytest.fixture
def limits(serve):
    server = serve("limits.py")
    wait_for_slots(server)
    return server


def wait_for_slots(server):
    """Until the connections of the test before have been let go."""
    with server.connect() as c:
        c.send(HELLO)
        assert c.response().status == 200


@pytest.fixture
def many(limits):
    """Opens connections that end with the test."""
    opened = []

    def connect(count, data=b""):
        for _ in range(count):
            opened.append(limits.connect())
            if data:
                opened[-1].send(data)
        return opened[-count:]

    yield connect
    for c in opened:
        c.sock.close()


def begun(connection):
    """Wait until the handler of /held has sent its first piece."""
    connection.send(SLOW)
    while b"begun" not in connection.rest:
        data = connection.receive()
        assert data, "closed before the handler had begun: %r" % connection.rest
        connection.rest += data
    return connection


def first_closed(connections):
    """Which of them the peer closes first; the others have nothing to say."""
    readable = select.select([c.sock for c in connections], [], [], 10)[0]
    found = [c for c in connections if c.sock in readable]
    assert found, "none was closed"
    assert found[0].closes()
    return found[0]


# A full table: limits.py has four connections

def test_the_oldest_idle_connection_makes_room(limits, many):
    idle = many(4)
    assert limits.get("/").text == "hello"
    assert idle[0].closes()
    assert idle[-1].send(HELLO).response().text == "hello"


def test_a_slow_head_makes_room(limits, many):
    slow = many(4, b"GET / HT")
    assert limits.get("/").text == "hello"
    try:
        assert b"hello" not in slow[0].everything()  # it may be told why first
    except ConnectionResetError:
        pass  # what it sent was never read
    assert slow[-1].send(b"TP/1.1\r\nHost: x\r\n\r\n").response().text == "hello"


def test_a_persistent_connection_between_requests_makes_room(limits, many):
    used = many(4)
    for c in used[-2:]:
        assert c.send(HELLO).response().text == "hello"
    assert limits.get("/").text == "hello"
    assert first_closed(used) is not used[-1]
    assert used[-1].send(HELLO).response().text == "hello"


def test_a_request_in_progress_is_never_dropped_for_a_newcomer(limits, many):
    held = begun(many(1)[0])
    for _ in range(12):
        many(1, b"GET")
    assert limits.get("/").text == "hello"
    assert held.response().text.endswith("ended")


def test_a_newcomer_is_told_503_where_all_others_are_in_requests(limits, many):
    held = [begun(c) for c in many(3)]
    # Whether the slot that only says 503 is the last of max_connections or one more is the server's choice.
    newcomers = many(1)
    if not refused(newcomers[0].send(SLOW)):
        held += newcomers
        newcomers = many(1)
        newcomers[0].send(SLOW)
    answer = newcomers[0].response()
    assert (answer.status, answer.says_close) == (503, True)
    assert newcomers[0].closes()
    assert limits.logged(r"\b503\b.*[a-zA-Z]{3}")
    for c in held:
        assert c.response().text == "begun ended"
    assert limits.get("/").text == "hello"


def test_a_later_newcomer_is_served_again(limits, many):
    held = [begun(c) for c in many(3)]
    many(2, SLOW)
    for c in held:
        assert c.response().text == "begun ended"
        c.sock.close()
    assert limits.get("/").text == "hello"


def refused(connection):
    """Whether a connection that asked for /held is told 503; nothing of the answer is lost."""
    while b"begun" not in connection.rest and b" 503 " not in connection.rest:
        data = connection.receive()
        assert data, "closed without an answer"
        connection.rest += data
    return b" 503 " in connection.rest


# Time-outs: limits.py has 1 s for a head, a body and a write, 2 s for an idle connection

def test_a_head_that_stops_is_told_408(limits):
    with limits.connect() as c:
        c.send(b"GET / HTTP/1.1\r\nHo")
        answer = c.response()
        assert (answer.status, answer.says_close) == (408, True)
        assert c.closes()
    assert len(limits.logged(r"\b408\b.*[a-zA-Z]{3}")) == 1


def test_a_head_of_one_byte_at_a_time_is_told_408(limits):
    with limits.connect() as c:
        for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 100:
            if select.select([c.sock], [], [], 0.1)[0]:
                break
            c.send(bytes([byte]))
        else:
            pytest.fail("all of it was waited for")
        assert c.response().status == 408
        assert c.closes()


def test_the_second_head_of_a_connection_has_the_same_time(limits):
    with limits.connect() as c:
        c.send(HELLO + b"GET / HT")
        assert c.response().text == "hello"
        assert c.response().status == 408


@pytest.mark.parametrize("data", [b"", HELLO], ids=["before its first request", "after a request"])
def test_an_idle_connection_is_closed_without_a_word(limits, data):
    with limits.connect() as c:
        if data:
            assert c.send(data).response().text == "hello"
        assert c.closes()


def test_an_idle_connection_is_not_closed_too_early(limits):
    with limits.connect() as c:
        assert not select.select([c.sock], [], [], 0.9)[0]
        assert c.send(HELLO).response().text == "hello"


def small_window(server):
    """A connection whose peer cannot send much ahead of what is read."""
    c = Connection.__new__(Connection)
    c.sock = socket.socket()
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    c.sock.settimeout(20)
    c.sock.connect(("127.0.0.1", server.port))
    c.rest, c.ended = b"", False
    return c


def test_a_client_that_never_reads_is_let_go(limits):
    with small_window(limits) as c:
        c.send(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        # The time-out of the test ends this where the server does not let go.
        while limits.get("/stalled").text != "OSError":
            time.sleep(0.1)
    assert limits.get("/").text == "hello"


def test_a_client_that_reads_slowly_gets_all(serve):
    server = serve("faults.py")
    with small_window(server) as c:
        c.send(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert server.get("/").text == "hello"  # meanwhile
        assert c.response().body == b"x" * 1024 * 2000


# Many at once, with the limits an app has by itself

def test_a_hundred_half_open_connections_keep_nobody_out(serve):
    server = serve("web.py")
    half = []
    try:
        for i in range(100):
            half.append(server.connect().send((b"", b"G", b"GET / HTTP/1.1\r\nHost")[i % 3]))
            if i % 5 == 4:
                assert server.get("/").text == "hello"
    finally:
        for c in half:
            c.sock.close()
    assert server.get("/").text == "hello"


def test_connections_that_are_reset_at_once_cost_nothing(serve):
    server = serve("web.py")
    for _ in range(30):
        for data in (b"", b"GET / HT", HELLO):
            server.connect().send(data).reset()
        # Also lets the queue of those not accepted yet, which is short, run empty.
        assert server.get("/").text == "hello"
    assert not server.logged("Traceback|ERROR", 0.1)


@pytest.mark.parametrize("path", ["/gate", "/gate/whole"])
def test_a_client_that_leaves_before_its_response_costs_nothing(serve, path):
    server = serve("web.py")
    c = server.connect().send(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    while server.get("/gate/waiting").text != "1":
        pass
    c.reset()
    server.get("/gate/open")
    while server.get("/gate/waiting").text != "0":
        pass
    assert server.get("/").text == "hello"
    assert not server.logged("Traceback|ERROR", 0.1)


def test_a_client_that_leaves_unseen_costs_nothing(serve):
    server = serve("web.py")
    c = server.connect().send(b"GET /block HTTP/1.1\r\nHost: x\r\n\r\n")
    assert server.logged("blocking")
    c.reset()
    assert server.get("/").text == "hello"
    assert not server.logged("Traceback|ERROR", 0.1)


def test_many_requests_on_one_connection(serve):
    server = serve("web.py")
    with server.connect() as c:
        for _ in range(40):
            c.send(HELLO * 50)
            for _ in range(50):
                assert c.response().text == "hello"


def test_as_many_connections_as_there_are_slots_work_side_by_side(serve):
    server = serve("web.py")
    opened = []
    try:
        for _ in range(15):
            opened.append(server.connect())
            assert opened[-1].send(HELLO).response().text == "hello"
        for _ in range(5):
            for c in opened:
                c.send(HELLO)
            assert {c.response().text for c in opened} == {"hello"}
    finally:
        for c in opened:
            c.sock.close()
