"""The virtual board without its network, and with a handler that hangs: it is reachable again."""

import json
import time

import httpx
import pytest

from conftest import PRESENT, free_port
from picoweb.host.vboard import VirtualBoard
from support.waiting import answered, until

WAIT_S = 30
LOSSES = 50

# Sockets of the virtual board are the host's: when the network goes, the listening one fails as that of lwIP may.
LOSING = """
import network
import picoweb
import uasyncio as asyncio

wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("home", "secret12")
while not wlan.isconnected():
    pass
app = picoweb.WebApp(None, serve_static=False)

@app.route("/")
async def index(req, resp):
    return "hello"

@app.route("/heap")
async def heap(req, resp):
    import gc
    gc.collect()
    return str(gc.mem_alloc())

async def watch():
    joined = True
    while True:
        await asyncio.sleep_ms(5)
        if wlan.isconnected() != joined:
            joined = not joined
            print("back" if joined else "lost")
            if not joined:
                app.listener.connect(bytes(16))

asyncio.create_task(watch())
app.run(port=%d)
"""

HANGING = """
import machine
import picoweb
import picoweb.status as status
import picoweb.watchdog as watchdog
import uasyncio as asyncio

app = picoweb.WebApp(None, serve_static=False)
status.add(app)

@app.route("/hang")
def hang(req, resp):
    while True:
        pass

asyncio.create_task(watchdog.feed(app, machine.WDT(timeout=4000), %d, path="/status", every=0.5, timeout=2))
app.run(port=%d)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def boot(cache, tmp_path):
    """`boot(main)` answers a board that runs that main.py, in which %d is its port, and what asks it for a path."""
    boards = []

    def board(main):
        port = free_port()
        (tmp_path / "main.py").write_text(main.replace("%d", str(port)))
        boards.append(VirtualBoard(on=PRESENT["mp64"].command[0], cache=cache, flash=tmp_path, picoweb=True))
        boards[0].plug()

        def get(path):
            url = "http://127.0.0.1:%d%s" % (port, path)
            return answered(lambda: httpx.get(url, timeout=WAIT_S).text, httpx.TransportError, WAIT_S)

        return boards[0], get

    yield board
    for one in boards:
        one.unplug()
        print(one.log.decode(errors="replace"))  # which is shown where the test has failed


def test_the_board_is_answered_again_each_time_the_network_is_back(boot):
    board, get = boot(LOSING)
    assert get("/") == "hello"
    home = board.networks
    slowest = 0
    for n in range(LOSSES):
        board.networks = []
        board.waits(rb"lost", WAIT_S)
        board.networks = home
        board.waits(rb"back", WAIT_S)
        back = time.monotonic()
        assert get("/") == "hello"
        slowest = max(slowest, time.monotonic() - back)
        time.sleep(0.06)  # lost in quick succession it would wait longer each time
        if n == 9:
            allowed = int(get("/heap")) + 50 * (LOSSES - 10)
    print("slowest of %d returns: %.0f ms" % (LOSSES, slowest * 1000))
    assert until(lambda: int(get("/heap")), lambda heap: heap <= allowed, WAIT_S) <= allowed


def test_a_handler_that_hangs_has_the_watchdog_restart_the_board_and_the_recorder_says_so(boot):
    board, get = boot(HANGING)
    assert json.loads(get("/status"))["reset_cause"] == "PWRON_RESET"
    with pytest.raises(httpx.TransportError):
        httpx.get("http://127.0.0.1:%s/hang" % board.waits(rb"http://127.0.0.1:(\d+)/", WAIT_S)[1].decode(), timeout=WAIT_S)
    assert json.loads(get("/status"))["reset_cause"] == "WDT_RESET"
