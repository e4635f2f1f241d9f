"""Run by test_heal.py in a network of its own: takes the interface of heal.py down and up, and asks.

python cut_off.py INTERPRETER [ARGUMENT ...]
"""

import subprocess
import sys
import time

from client import Connection

PORT = 8081
WAIT_S = 20
LOSSES = 50


def link(state):
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def get(path):
    """The text of an answer, as soon as there is one."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            with Connection(PORT, 2) as c:
                return c.send(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode()).response().text
        except OSError:
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.01)


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
    server = subprocess.Popen([*command, "heal.py", str(PORT)])
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
        deadline = time.monotonic() + WAIT_S
        while get("/connections") != "1":
            assert time.monotonic() < deadline, "connections of lost clients stay"
            time.sleep(0.05)
        assert server.poll() is None
    finally:
        server.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
