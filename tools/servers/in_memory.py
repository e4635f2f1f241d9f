"""On the emulated board, which has no sockets: the dashboard's requests, one at a time, through a stream in memory.

`run(framework, module, kinds)` reads each kind's requests from files `KIND.N` and prints lines `NAME.FIGURE VALUE`:
`repeated` is a request like the one before it (on the same connection where the server keeps it), `new` one whose fields
were never seen; each in microseconds (`_us`) and allocated bytes (`_bytes`).
"""

import asyncio
import gc
import io
import time


class Marks:
    """Moments and allocated bytes. `gc.mem_alloc()` walks the whole heap, so its own time is left out."""

    def __init__(self):
        self.row = [0] * 36  # nothing is allocated while measuring
        self.n = 0
        self.closing = False  # whether the server closes after each request

    def add(self):
        self.row[self.n] = time.ticks_us()
        self.row[self.n + 1] = gc.mem_alloc()
        self.row[self.n + 2] = time.ticks_us()
        self.n += 3

    def report(self, name, start, end):
        row = self.row
        print(name + "_us", time.ticks_diff(row[end * 3], row[start * 3 + 2]))
        print(name + "_bytes", row[end * 3 + 1] - row[start * 3 + 1])


class Client:
    """Marks each moment at which a server asks for a request, and keeps how each answer begins."""

    def __init__(self, requests, marks):
        self.requests = requests
        self.marks = marks
        self.request = io.BytesIO(b"")
        self.sent = b""  # the beginning of each answer

    def begin(self):
        """Begin the next request where the last one is read."""
        self.marks.add()
        if self.requests:
            self.request = io.BytesIO(self.requests.pop(0))
            self.sent = b""

    def write(self, data):
        if not self.sent:
            self.sent = bytes(data[:12]) if not isinstance(data, str) else data[:12].encode()

    def close(self):
        pass


class Stream(Client):
    """Reader and writer of asyncio in one."""

    async def read(self, n=-1):
        data = self.request.read(n)
        if not data:
            self.begin()
            data = self.request.read(n)
        return data

    async def readinto(self, buf):
        n = self.request.readinto(buf)
        if not n:
            self.begin()
            n = self.request.readinto(buf)
        return n

    async def readline(self):
        line = self.request.readline()
        if not line:
            self.begin()
            line = self.request.readline()
        return line

    async def readexactly(self, n):
        return self.request.read(n)

    async def drain(self):
        pass

    async def awrite(self, data, off=0, sz=-1):
        self.write(data)

    async def aclose(self):
        pass

    async def wait_closed(self):
        pass

    def get_extra_info(self, name):
        return ("127.0.0.1", 1)


class Socket(Client):
    """A socket that does not block, which picoweb reads from and writes to."""

    def readinto(self, buf):
        n = self.request.readinto(buf)
        if not n:
            self.begin()
            n = self.request.readinto(buf)
        return n

    def write(self, data):
        super().write(data)
        return len(data)


async def serve(handle, requests, status):
    """Serve requests, on one connection while the server keeps it; marks around each."""
    marks = Marks()
    requests = list(requests)
    gc.collect()
    gc.disable()
    while requests:
        left = len(requests)
        stream = await handle(requests, marks)
        if len(requests) == left or stream.sent[9:12] != status:
            raise ValueError("answered with %r" % stream.sent)
        if left - len(requests) < 2:  # closed after one
            marks.add()
            marks.closing = True
    gc.enable()
    return marks


def handler(framework, app):
    """A coroutine function of (requests, marks) that serves a connection with them, and returns its stream."""
    if framework == "picoweb":
        return picoweb_handler(app)
    serve_streams = app.handle_request if framework == "microdot" else app._handle
    if framework == "original":
        app.debug = -1
        app.log = None
        app.init()

    async def handle(requests, marks):
        stream = Stream(requests, marks)
        await serve_streams(stream, stream)
        return stream

    return handle


def picoweb_handler(app):
    app.prepare()
    app.memos = min(8, max(0, (gc.mem_free() + gc.mem_alloc()) // 32768 - 1))  # as start() has it
    app.sweeping = True  # nothing else runs while a request is measured

    class Connection(app.connection):
        def ready(self, writing):
            return next(asyncio.sleep_ms(0))  # at the loop's next turn

    async def handle(requests, marks):
        stream = Socket(requests, marks)
        await app._handle(Connection(app, stream, stream))
        return stream

    return handle


async def main(framework, module, kinds):
    gc.collect()
    before = gc.mem_alloc()
    app = __import__(module).app
    handle = handler(framework, app)
    gc.collect()
    print("app.heap", gc.mem_alloc() - before)
    for kind, status in kinds:
        requests = []
        for n in (0, 1, 1, 2, 3):  # what the first one of a kind loads is not counted
            with open("%s.%d" % (kind, n), "rb") as f:
                requests.append(f.read())
        marks = await serve(handle, requests, status)
        step = 2 if marks.closing else 1  # marks from one request to the next
        marks.report(kind + ".repeated", 2 * step, 2 * step + 1)
        marks.report(kind + ".new", 4 * step, 4 * step + 1)


def run(framework, module, kinds):
    asyncio.run(main(framework, module, kinds))
