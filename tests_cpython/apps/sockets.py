"""Sockets that fail as those of a board's network stack do, between picoweb and the machine's.

They stand in for the module `socket`, and for what it makes; a client says what is to fail.
"""

import io
import select
import socket as real
import sys

import utime

KEPT = ("AF_INET", "SOCK_STREAM", "SOL_SOCKET", "SO_REUSEADDR", "getaddrinfo")
NOTHING = 1  # for an errno: MicroPython's own sockets answer None where they take nothing
# errno and how often: of socket(), of accept(), of what is done with a socket that was accepted, of send().
failing = {"socket": [0, 0], "accept": [0, 0], "accepted": [0, 0], "send": [0, 0]}
tries = []  # ms between those of accept() that failed
counts = {"opened": 0, "closed": 0}
last = [0]


def fail(what):
    errno, times = failing[what]
    if times:
        failing[what][1] -= 1
        if errno < 0:
            raise MemoryError("memory allocation failed")
        raise OSError(errno)


class Socket(io.IOBase):
    def __init__(self, s):
        self.s = s

    def __getattr__(self, name):
        return getattr(self.s, name)

    def ioctl(self, request, arg):
        if request == 3:  # MP_STREAM_POLL
            return poll(self.s, arg)
        if request == 4:  # MP_STREAM_CLOSE
            self.close()
            return 0
        return -1

    def setblocking(self, flag):
        self.s.setblocking(flag)

    def close(self):
        self.s.close()


class Listener(Socket):
    def accept(self):
        if failing["accept"][1]:
            now = utime.ticks_ms()
            tries.append(utime.ticks_diff(now, last[0]))
            last[0] = now
        fail("accept")
        s, address = self.s.accept()
        counts["opened"] += 1
        return Peer(s), address


class Peer(Socket):
    sent = 0

    def setblocking(self, flag):
        fail("accepted")
        self.s.setblocking(flag)

    def read(self, *args):
        return self.s.read(*args)

    def readinto(self, *args):
        return self.s.readinto(*args)

    def recv(self, n):
        return self.s.recv(n)

    def readline(self):
        return self.s.readline()

    def write(self, buf, *args):
        if failing["send"][1]:
            self.sent += 1
            if self.sent % 2:  # else it would never leave
                if failing["send"][0] == NOTHING:
                    failing["send"][1] -= 1
                    return None
                fail("send")
            buf = memoryview(buf)[:100]  # and little at a time
            return self.s.write(buf)
        return self.s.write(buf, *args)

    send = write

    def close(self):
        counts["closed"] += 1
        self.s.close()


def poll(s, flags):
    poller = select.poll()
    poller.register(s, flags & 5)
    return sum([events for _, events in poller.poll(0)])


class Module:
    def socket(self, *args):
        fail("socket")
        return Listener(real.socket(*args))


module = Module()
for name in KEPT:
    setattr(module, name, getattr(real, name))
sys.modules["socket"] = sys.modules["usocket"] = module

import picoweb  # noqa: E402
import uasyncio as asyncio  # noqa: E402


app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 6
app.write_timeout = 5


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/large")
async def large(req, resp):
    return "0123456789" * 500


@app.route("/pieces")
async def pieces(req, resp):
    return iter(["0123456789" * 100] * 5)


async def later(what, errno, times):
    await asyncio.sleep_ms(20)
    last[0] = utime.ticks_ms()
    failing[what] = [errno, times]
    print("failing", what)
    if what == "socket":
        app.listener.connect(bytes(16))  # it is lost, as with its network


@app.route("/fail/<what>/<int:errno>/<int:times>")
async def fail_later(req, resp, what, errno, times):
    """What fails from when this answer has left; errno 0 is a MemoryError."""
    tries.clear()
    asyncio.create_task(later(what, errno or -1, times))
    return "soon"


@app.route("/tries")
async def tell_tries(req, resp):
    return list(tries)


@app.route("/left/<what>")
async def tell_left(req, resp, what):
    return str(failing[what][1])


@app.route("/open")
async def tell_open(req, resp):
    return str(counts["opened"] - counts["closed"])


app.run(port=int(sys.argv[1]))
