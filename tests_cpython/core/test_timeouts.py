"""What each time-out bounds, what it does not, and who makes room: cases beside those of test_load.py."""

import select
import socket
import threading
import time

import pytest

from support.client import Connection
from support.table import cases
from support.waiting import until

pytestmark = pytest.mark.wire
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LEFT = b"GET /left HTTP/1.1\r\nHost: x\r\n\r\n"
TRIES = 5


def post(path, size, body=b""):
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path, size, body)


@pytest.fixture
def quick(serve):
    """One second for everything."""
    return serve("timeouts.py", "1", "1", "1")


@pytest.fixture
def opened():
    connections = []
    yield connections
    for c in connections:
        c.sock.close()


def readable(connections, timeout_s=0):
    ready = select.select([c.sock for c in connections], [], [], timeout_s)[0]
    return [c for c in connections if c.sock in ready]


# A handler has no time-out

def test_a_handler_may_work_longer_than_the_idle_timeout(quick):
    for answer in quick.both_ways(b"GET /work/2600 HTTP/1.1\r\nHost: x\r\n\r\n"):
        assert answer.text == "worked"


def test_a_handler_that_waited_for_its_body_may_work_longer_than_the_body_timeout(quick):
    with quick.connect() as c:
        c.send(post(b"/read-and-work/2600", 6, b"abc"))
        with quick.connect() as other:  # the handler waits for the rest
            assert other.send(HELLO).response().text == "hello"
        c.send(b"def" + HELLO)
        assert [c.response().text for _ in range(2)] == ["6", "hello"]


# A pause that is shorter than the limit

PAUSES = [
    ("a head", HELLO[:20], HELLO[20:], "hello"),
    ("a body", post(b"/read", 6, b"abc"), b"def", "6"),
    ("a second head", HELLO + HELLO[:20], HELLO[20:], "hello"),
]


@pytest.mark.parametrize("before,after,text", cases(PAUSES))
def test_a_pause_of_less_than_the_limit_is_allowed_in(quick, opened, before, after, text):
    for _ in range(TRIES):
        began = time.monotonic()
        opened.append(quick.connect())
        opened[-1].send(before)
        if before.startswith(HELLO):
            assert opened[-1].response().text == "hello"
        time.sleep(max(0, began + 0.9 - time.monotonic()))
        opened[-1].send(after)
        if time.monotonic() - began < 0.98:  # else the machine was busy, and the limit may be over
            assert opened[-1].response().text == text
            return
    pytest.skip("the machine is too busy to pause for 0.9 s")


def test_no_body_timeout_is_no_limit(serve):
    server = serve("timeouts.py", "1", "0", "1")
    with server.connect() as c:
        c.send(post(b"/read", 6, b"abc"))
        assert not readable([c], 2.6)
        assert c.send(b"def").response().text == "6"


def test_a_slow_head_has_the_time_for_a_head_not_that_of_an_idle_connection(serve, opened):
    server = serve("timeouts.py", "1", "1", "8")
    opened += [server.connect(), server.connect().send(HELLO[:20])]
    idle, slow = opened
    assert readable(opened, 20) == [slow]
    assert slow.response().status == 408
    assert idle.send(HELLO).response().text == "hello"  # the other time is not over


def test_a_head_that_stops_is_told_408_after_nobody_was_connected(quick):
    time.sleep(2.5)  # nothing needs to be swept meanwhile
    with quick.connect() as c:
        assert c.send(HELLO[:20]).response().status == 408
        assert c.closes()


# A full table

def test_the_one_that_waited_longest_makes_room_and_a_later_slow_head_stays(serve, opened):
    server = serve("timeouts.py", "12", "12", "12", "4")
    assert server.get("/").text == "hello"
    for n in range(4):
        if n:
            time.sleep(1.1)
        opened.append(server.connect())
        if n == 3:
            opened[-1].send(HELLO[:20])
    with server.connect() as newcomer:
        assert newcomer.send(HELLO).response().text == "hello"
        assert readable(opened, 10) == [opened[0]]
        assert opened[0].closes()
        assert opened[3].send(HELLO[20:]).response().text == "hello"
        assert opened[1].send(HELLO).response().text == "hello"


def test_a_connection_that_was_used_a_moment_ago_stays(serve, opened):
    server = serve("timeouts.py", "12", "12", "12", "4")
    for n in range(4):
        opened.append(server.connect())
        assert opened[-1].send(HELLO).response().text == "hello"
    time.sleep(1.1)
    assert opened[0].send(HELLO).response().text == "hello"
    with server.connect() as newcomer:
        assert newcomer.send(HELLO).response().text == "hello"
        assert readable(opened, 10) and opened[0] not in readable(opened)


def come_from(address, server):
    c = Connection.__new__(Connection)
    c.sock = socket.create_connection(("127.0.0.1", server.port), 10, source_address=(address, 0))
    c.rest, c.ended = b"", False
    return c


def test_the_address_that_holds_most_of_a_full_table_makes_room(serve, opened):
    server = serve("timeouts.py", "12", "12", "12", "4")
    assert server.get("/").text == "hello"
    opened.append(server.connect())
    assert opened[0].send(HELLO).response().text == "hello"
    time.sleep(1.1)  # it has waited longest
    for _ in range(8):
        opened.append(come_from("127.0.0.2", server).send(HELLO[:20]))
        time.sleep(0.02)
    assert opened[0].send(HELLO).response().text == "hello"
    with server.connect() as newcomer:
        assert newcomer.send(HELLO).response().text == "hello"
    assert opened[0].send(HELLO).response().text == "hello"


@pytest.mark.parametrize("request_bytes", [
    pytest.param(b"GET /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", id="bodies that do not come"),
    pytest.param(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n", id="answers that are not read"),
])
def test_an_address_whose_requests_fill_the_table_gives_way_to_others_and_takes_nothing_from_them(serve, opened, request_bytes):
    server = serve("timeouts.py", "12", "12", "12", "4")
    opened.append(server.connect())
    assert opened[0].send(HELLO).response().text == "hello"
    time.sleep(1.1)  # it has waited longest
    for _ in range(8):
        opened.append(come_from("127.0.0.2", server).send(request_bytes))
        time.sleep(0.02)
    assert opened[0].send(HELLO).response().text == "hello"
    for _ in range(3):
        with server.connect() as newcomer:
            assert newcomer.send(HELLO).response().text == "hello"
    assert opened[0].send(HELLO).response().text == "hello"


def test_what_was_cut_off_says_nothing_to_whoever_has_its_file_descriptor_now(serve, opened):
    server = serve("timeouts.py", "12", "12", "12", "4")
    told = int(server.get("/left").text)
    for _ in range(4):
        opened.append(come_from("127.0.0.2", server).send(b"POST /straggler HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"))
        time.sleep(0.02)
    newcomers = [server.connect() for _ in range(2)]  # the second has the descriptor of the first that was cut off
    opened += newcomers
    assert newcomers[0].send(HELLO).response().text == "hello"
    assert until(lambda: int(newcomers[0].send(LEFT).response().text), lambda n: n > told) > told
    assert not readable(newcomers)
    assert newcomers[1].send(HELLO).response().text == "hello"


# Nobody holds a slot by sending for ever

class Sender:
    """Sends to each of these connections, after a pause each time, until their peer has gone."""

    def __init__(self, connections, data, pause_s):
        self.left = list(connections)
        self.data = data
        self.pause_s = pause_s
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.left:
            for c in list(self.left):
                try:
                    c.sock.send(self.data)
                except OSError:
                    self.left.remove(c)
            time.sleep(self.pause_s)

    def all_gone(self, timeout_s):
        return not until(lambda: self.left, lambda left: not left, timeout_s)


@pytest.fixture
def sender():
    started = []

    def start(*args):
        started.append(Sender(*args))
        return started[-1]

    yield start
    for s in started:
        s.left = []
        s.thread.join()


REFUSED = [
    b"POST / HTTP/1.1\r\n\r\nX",
    b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\nX",
    b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nX",
]


def refuse(server, opened):
    for data in REFUSED:
        opened.append(server.connect().send(data))
        assert opened[-1].response().status >= 400


def test_a_refused_client_that_sends_for_ever_is_cut_off(serve, opened, sender):
    server = serve("timeouts.py", "2", "2", "2", "3")
    refuse(server, opened)
    assert sender(opened, b"X" * 1000, 0.01).all_gone(30)
    assert server.get("/").text == "hello"


def test_a_refused_client_that_sends_a_byte_now_and_then_is_cut_off(serve, opened, sender):
    server = serve("timeouts.py", "2", "2", "2", "3")
    refuse(server, opened)
    dripping = sender(opened, b"X", 0.2)
    with server.connect(2) as newcomer:  # for whom there is room meanwhile
        assert newcomer.send(HELLO).response().text == "hello"
    assert dripping.all_gone(15)
    assert server.get("/").text == "hello"


def test_a_body_that_drips_ends_whoever_reads_it(serve, opened, sender):
    server = serve("timeouts.py", "2", "2", "2", "4")
    for path in (b"/read", b"/none", b"/"):
        opened.append(server.connect().send(post(path, 16000)))
    # 128 bytes a second after the first 10 s.
    assert sender(opened, b"X", 0.2).all_gone(20)
    assert server.get("/").text == "hello"


# Clients that left

@pytest.mark.parametrize("path", [b"/watch", b"/flood"])
def test_clients_that_left_hold_no_slot(serve, path):
    server = serve("timeouts.py", "12", "12", "12", "4")
    ended = int(server.get("/left").text)
    for _ in range(4):
        with server.connect() as c:
            c.send(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert c.receive()
    with server.connect(3) as newcomer:
        assert newcomer.send(HELLO).response().text == "hello"
    assert until(lambda: int(server.get("/left").text) - ended, lambda count: count >= 4) == 4
