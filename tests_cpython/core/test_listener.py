"""A listener that heals itself: run() listens again after its socket was lost, whatever the reason."""

import os
import re
import shutil
import ssl
import subprocess
import sys
import time

import pytest

from conftest import HERE, OPENSSL, PRESENT
from core.test_tls import make_certificate
from support.client import Connection
from support.table import cases
from support.waiting import WAIT_S, answered, until

pytestmark = pytest.mark.wire
# A host's listening socket outlives its network, and asyncio's own loop accepts there.
on_boards = pytest.mark.parametrize(
    "runtime", [name for name in PRESENT if name.startswith("mp")], indirect=True, scope="session")
tls = pytest.mark.skipif(not OPENSSL, reason="no openssl to make a certificate with")
LOSSES = 50
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def healing(start):
    return start("listener.py")


def get_again(server, path="/"):
    """A GET that is asked until it is answered."""
    return answered(lambda: server.get(path))


def lose(server, how):
    """Has the listening socket lost, and waits until it is listened again; answers how many seconds that took."""
    server.marked()
    assert get_again(server, "/lose/" + how).text == "soon"
    assert server.logged("accept: ", WAIT_S)
    lost = time.monotonic()
    assert get_again(server).text == "hello"
    return time.monotonic() - lost


def open_files(server):
    return len(os.listdir("/proc/%d/fd" % server.process.pid))


@on_boards
def test_an_app_is_answered_again_after_each_of_many_losses_and_nothing_of_them_stays(healing, record_property):
    slowest = 0
    for n in range(LOSSES):
        slowest = max(slowest, lose(healing, ("close", "disconnect")[n % 2]))
        time.sleep(0.06)  # lost in quick succession it would wait longer each time
        if n == 9:
            files, heap = open_files(healing), int(healing.get("/heap").text)
    record_property("slowest", slowest)
    print("slowest of %d returns: %.0f ms" % (LOSSES, slowest * 1000))
    assert until(lambda: open_files(healing), lambda n: n <= files) <= files
    # A loss that left a socket, a task or a line behind would leave over a hundred bytes of each.
    allowed = heap + 50 * (LOSSES - 10)
    assert until(lambda: int(healing.get("/heap").text), lambda n: n <= allowed) <= allowed


@on_boards
def test_a_loss_and_its_end_are_told_once(healing):
    lose(healing, "close")
    assert len(healing.logged("listening again at 127.0.0.1:%d" % healing.port, WAIT_S)) == 1
    assert len(healing.logged("accept: ", 0)) == 1


@on_boards
def test_a_port_that_another_took_meanwhile_is_waited_for(healing):
    lose(healing, "take")
    assert len(healing.logged("cannot listen at 127.0.0.1:%d: .*(98|EADDRINUSE)" % healing.port, 0)) == 1
    assert healing.logged("listening again", WAIT_S)


# errno, times, what it polls: POLLIN 1, POLLERR 8, POLLHUP 16
OF_THE_SOCKET = [
    ("ECONNABORTED for ever", 103, 1 << 20, 1),
    ("ECONNABORTED of ESP32 for ever", 113, 1 << 20, 1),
    ("ENOTCONN of ESP32 for ever", 128, 1 << 20, 1),
    ("ETIMEDOUT for ever", 110, 1 << 20, 1),
    ("EINVAL and POLLHUP", 22, 1 << 20, 17),
    ("ECONNABORTED and POLLERR", 103, 1 << 20, 9),
    ("EAGAIN and POLLERR", 11, 1 << 20, 9),
]
OF_A_CLIENT = [
    ("ECONNABORTED", 103, 3, 1),
    ("EAGAIN again and again", 11, 8, 1),
    ("EMFILE again and again", 24, 15, 1),
    ("ENOBUFS again and again", 105, 15, 1),
]


@on_boards
@pytest.mark.parametrize("errno,times,events", cases(OF_THE_SOCKET))
def test_another_socket_is_opened_after(healing, errno, times, events):
    assert healing.get("/fail/%d/%d/%d" % (errno, times, events)).text == "soon"
    assert healing.logged("listening again", WAIT_S)
    assert get_again(healing, "/listener").text == "socket"
    assert len(healing.logged("accept: ", 0)) == 1


@on_boards
@pytest.mark.parametrize("errno,times,events", cases(OF_A_CLIENT))
def test_the_socket_is_kept_after(healing, errno, times, events):
    assert healing.get("/fail/%d/%d/%d" % (errno, times, events)).text == "soon"
    assert healing.logged("accept: ", WAIT_S)
    assert get_again(healing, "/listener").text == "Failing"
    assert not healing.logged("listening again", 0)


@on_boards
def test_connections_that_were_open_in_a_loss_are_served_or_end(healing):
    silent, half, used = opened = [healing.connect(WAIT_S) for _ in range(3)]
    half.send(HELLO[:20])
    assert used.send(HELLO).response().text == "hello"
    lose(healing, "disconnect")
    assert used.send(HELLO).response().text == "hello"
    assert half.response().status == 408
    assert [c.closes() for c in opened] == [True] * 3
    assert until(lambda: healing.get("/connections").text, lambda n: n == "1") == "1"


@pytest.fixture
def secure(start, tmp_path):
    """listener.py under TLS, and a GET that trusts it."""
    trust = ssl.create_default_context(cafile=make_certificate(tmp_path))
    server = start("listener.py", str(tmp_path))

    def get(path):
        c = Connection(server.port, WAIT_S)
        c.sock = trust.wrap_socket(c.sock, server_hostname="127.0.0.1")
        with c:
            return c.send(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode()).response().text

    return server, get


@tls
@on_boards
def test_stop_closes_the_socket_that_was_opened_after_a_loss_under_TLS(secure):
    server, get = secure
    assert get("/lose/close") == "soon"
    assert server.logged("listening again", WAIT_S)
    assert get("/") == "hello"
    assert get("/stop") == "soon"
    assert not until(server.answers, lambda answers: not answers)


def test_a_handler_that_calls_stop_is_answered(healing):
    assert healing.get("/stop-within").text == "stopped"
    assert not until(healing.answers, lambda answers: not answers)


@on_boards
def test_stop_ends_the_wait_for_a_port_that_another_has(healing):
    assert healing.get("/lose/take_and_stop").text == "soon"
    assert healing.logged("stopped", WAIT_S)
    assert healing.logged("cannot listen", 0)
    # It would listen again within a second of the other's end.
    assert not healing.logged("listening again", 2)


def start_another(server, folder):
    """What a second process at the same port says."""
    done = subprocess.run([*server.runtime.command, server.app, str(server.port), *server.args], cwd=folder,
                          env=server.runtime.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=WAIT_S)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_a_port_in_use_is_told_with_its_address(start, folder):
    server = start("listener.py")
    said = start_another(server, folder)
    assert "127.0.0.1" in said and str(server.port) in said
    assert re.search("EADDRINUSE|address already in use", said)


@on_boards
def test_a_port_in_use_is_told_with_what_to_do(start, folder):
    server = start("listener.py")
    said = start_another(server, folder)
    assert "127.0.0.1:%d is in use" % server.port in said and "starting" not in said
    assert "app.stop()" in said and "soft reset" in said


# An interface of one's own

CUT = ["unshare", "-Urn", "sh", "-c", "ip link set lo up && ip link set lo down"]


def test_an_app_is_answered_again_after_its_interface_was_down(runtime, folder):
    if not shutil.which("unshare") or not shutil.which("ip") or subprocess.run(CUT, capture_output=True).returncode:
        pytest.skip("no interface to take down: `unshare -Urn` and `ip` (package iproute2) are to work")
    command = ["unshare", "-Urn", sys.executable, str(HERE / "support" / "cut_off.py"), *runtime.command]
    done = subprocess.run(command, cwd=folder, env=runtime.environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=55)
    print(done.stdout)
    assert done.returncode == 0, done.stderr
