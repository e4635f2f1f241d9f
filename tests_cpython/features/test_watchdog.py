"""The watchdog is fed while the app answers, and no longer."""

import time

import pytest

from core.test_listener import on_boards, tls
from core.test_tls import make_certificate
from support.waiting import WAIT_S

pytestmark = pytest.mark.wire
HELD = b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def fed(start):
    return start("watchdog.py")


def is_fed(server, count=3):
    """Whether it is fed that often from now on."""
    return len(server.marked().logged("^fed$", WAIT_S, count)) >= count


def starves(server):
    """Whether it is not fed for many times the time in which it was."""
    time.sleep(1)
    return not server.marked().logged("^fed$", 1.5)


def test_an_app_that_answers_feeds_it(fed):
    assert is_fed(fed)


def test_a_handler_that_blocks_starves_it(fed):
    assert is_fed(fed)
    with fed.connect() as c:
        c.send(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
        assert fed.logged("^hangs$", WAIT_S)
        assert starves(fed)
    fed.process.kill()  # it hears of nothing else
    fed.process.wait()


def test_an_app_that_does_not_listen_starves_it_and_says_why_once(fed):
    assert is_fed(fed)
    assert fed.get("/close").text == "closed"
    assert fed.logged("the watchdog is not fed, 127.0.0.1:%d does not answer" % fed.port, WAIT_S)
    assert starves(fed)
    assert not fed.logged("not fed", 0)


@on_boards
@pytest.mark.parametrize("args", [(), ("pico",)], ids=["with_a_loop-back", "without"])
def test_it_is_fed_again_when_the_listener_has_healed(start, args):
    server = start("watchdog.py", *args)
    assert is_fed(server)
    assert server.get("/take").text == "taken"
    assert server.logged("the watchdog is not fed", WAIT_S)
    assert server.logged("listening again", WAIT_S)
    assert is_fed(server)


@on_boards
def test_a_board_without_a_loop_back_feeds_it_until_a_handler_blocks(start):
    server = start("watchdog.py", "pico")
    assert is_fed(server)
    server.connect().send(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
    assert server.logged("^hangs$", WAIT_S)
    assert starves(server)
    server.process.kill()
    server.process.wait()


@on_boards
@pytest.mark.parametrize("errno", [113, 12, 23, 105])
def test_a_board_that_cannot_reach_itself_is_asked_within_from_then_on(start, errno):
    server = start("watchdog.py", "pico-%d" % errno)
    assert is_fed(server)
    assert server.log().count("connects") == 1


@on_boards
@pytest.mark.parametrize("args", [(), ("pico",)], ids=["with_a_loop-back", "without"])
def test_it_is_fed_while_handlers_compute_and_let_others_have_their_turn(start, args):
    server = start("watchdog.py", *args)
    with server.connect(20) as a, server.connect(20) as b:
        for c in (a, b):
            c.send(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
        assert is_fed(server)
        assert [c.response().text for c in (a, b)] == ["done", "done"]
    assert not server.logged("not fed", 0)


def hold(server):
    """A client in a request, which the app does not end; None where the watchdog's request had the last slot."""
    c = server.connect().send(HELD)
    while b"begun" not in c.rest:
        c.rest += c.receive()
        if c.ended:
            return None
    return c


def test_it_is_fed_while_clients_are_idle_in_all_slots(fed):
    clients = [fed.connect() for _ in range(3)]
    assert is_fed(fed)
    for c in clients:
        c.sock.close()


def test_it_is_fed_while_all_slots_are_in_requests_and_it_is_told_503(fed):
    held = []
    deadline = time.monotonic() + WAIT_S
    while len(held) < 3:
        assert time.monotonic() < deadline
        held += filter(None, [hold(fed)])
    assert fed.marked().logged("503", WAIT_S)
    assert is_fed(fed)


@tls
@pytest.mark.parametrize("how", ["tls", "own-loop"], ids=["by_run", "by_start"])
def test_it_is_fed_under_TLS(start, tmp_path, how):
    make_certificate(tmp_path)
    server = start("watchdog.py", how, str(tmp_path))
    assert is_fed(server)
    assert not server.logged("not fed", 0)
