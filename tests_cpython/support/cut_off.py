"""Run by test_listener.py in a network of its own: takes the interface of listener.py down and up, and asks.

python cut_off.py INTERPRETER [ARGUMENT ...]
"""

import subprocess
import sys
import time

from client import Connection
from waiting import WAIT_S, answered, until

PORT = 8081
LOSSES = 50


def link(state):
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def get(path):
    """The text of an answer, as soon as there is one."""
    request = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode()

    def ask():
        with Connection(PORT, 2) as c:
            return c.send(request).response().text

    return answered(ask)


def lose_clients():
    """Clients that leave while nobody can hear of it."""
    clients = [Connection(PORT, WAIT_S) for _ in range(4)]
    clients[0].send(b"GET / HT")
    for c in clients[1:3]:
        assert c.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").response().text == "hello"
    link("down")
    for c in clients:
        c.reset()
    link("up")


def main(command):
    link("up")
    server = subprocess.Popen([*command, "listener.py", str(PORT)])
    try:
        assert get("/") == "hello"
        slowest = 0
        for _ in range(LOSSES):
            link("down")
            link("up")
            returned = time.monotonic()
            assert get("/") == "hello"
            slowest = max(slowest, time.monotonic() - returned)
        print("slowest of %d returns: %.0f ms" % (LOSSES, slowest * 1000))
        lose_clients()
        open_ones = until(lambda: get("/connections"), lambda count: count == "1")
        assert open_ones == "1", "connections of lost clients stay"
        assert server.poll() is None
    finally:
        server.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
