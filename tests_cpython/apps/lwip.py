"""An app on the network stack of a Pico W with picoweb's firmware, for which classes between picoweb and the machine stand in.

All connections share a heap for what their clients have not taken; a full one makes send() lose what it says it took.
"""

import io
import select
import socket as real
import sys

import utime

SIZE = 30000  # of a large answer
MEM_SIZE = 16000
TCP_SND_BUF = 3200
TCP_MSS = 800
KEPT = ("AF_INET", "SOCK_STREAM", "SOL_SOCKET", "SO_REUSEADDR", "getaddrinfo")
SO_SNDBUF = 7  # of Linux
peers = []
told = {"lost": 0, "largest": 0, "most": 0}


class Socket(io.IOBase):
    def __init__(self, s):
        self.s = s

    def __getattr__(self, name):
        return getattr(self.s, name)

    def setblocking(self, flag):
        self.s.setblocking(flag)

    def ioctl(self, request, arg):
        if request == 3:  # MP_STREAM_POLL
            return self.poll(arg)
        if request == 4:  # MP_STREAM_CLOSE
            self.close()
            return 0
        return -1

    def poll(self, flags):
        poller = select.poll()
        poller.register(self.s, flags & 5)
        return sum([events for _, events in poller.poll(0)])

    def close(self):
        self.s.close()


class Listener(Socket):
    def accept(self):
        s, address = self.s.accept()
        s.setsockopt(real.SOL_SOCKET, SO_SNDBUF, 1)  # the least there is: the machine takes little of what its client does not
        peers.append(Peer(s))
        return peers[-1], address


class Peer(Socket):
    queue = b""
    ended = False

    def readinto(self, *args):
        return self.s.readinto(*args)

    def poll(self, flags):
        room = 4 if flags & 4 and len(self.queue) < TCP_SND_BUF else 0
        return Socket.poll(self, flags & 1) | room if flags & 1 else room

    def write(self, buf):
        told["largest"] = max(told["largest"], len(buf))
        room = TCP_SND_BUF - len(self.queue)
        if not room:
            raise OSError(11)
        buf = bytes(memoryview(buf)[:room])
        if len(buf) + sum([len(peer.queue) for peer in peers]) > MEM_SIZE:
            utime.sleep_ms(50)  # it is 10 s there
            told["lost"] += len(buf)
        else:
            self.queue += buf
        told["most"] = max(told["most"], len([1 for peer in peers if len(peer.queue) > TCP_MSS]))
        return len(buf)

    def close(self):
        self.ended = True

    def go_on(self):
        """Hand what is queued to the machine, as far as it takes it."""
        try:
            if self.queue:
                self.queue = self.queue[self.s.write(self.queue) or 0 :]
        except OSError:
            self.queue = b""
        if self.ended and not self.queue:
            self.s.close()
            peers.remove(self)


class Module:
    def socket(self, *args):
        return Listener(real.socket(*args))


module = Module()
for name in KEPT:
    setattr(module, name, getattr(real, name))
sys.modules["socket"] = sys.modules["usocket"] = module

import picoweb  # noqa: E402
import uasyncio as asyncio  # noqa: E402
from picoweb import rp2  # noqa: E402

rp2.adapt(picoweb.WebApp)
app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 5
app.write_timeout = 60
with open("static/lwip.bin", "wb") as f:
    f.write(bytes(SIZE))


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/file")
async def file(req, resp):
    await app.sendfile(resp, "static/lwip.bin")


@app.route("/body")
async def body(req, resp):
    return bytes(SIZE)


@app.route("/stream")
async def stream(req, resp):
    return iter([bytes(1000)] * (SIZE // 1000))


@app.route("/told")
async def tell(req, resp):
    return told


@app.route("/sending")
async def tell_sending(req, resp):
    return str(len(rp2.sending))


async def network():
    while True:
        for peer in list(peers):
            peer.go_on()
        await asyncio.sleep_ms(2)


asyncio.create_task(network())
app.run(port=int(sys.argv[1]))
