"""On the emulated board, which has no sockets: browser-like requests one at a time through a stream in memory.

Prints `NAME VALUE` lines. `heap` is what importing the framework left allocated. `repeated` is a request like the
one before it (on the same connection where the server keeps it), `cold` one with header fields never seen,
`connection` a whole connection of one request; each in microseconds (`_us`) and allocated bytes (`_bytes`).
"""

import asyncio
import gc
import io
import time


class Marks:
    """Moments and allocated bytes. `gc.mem_alloc()` walks the whole heap, so its own time is left out."""

    def __init__(self):
        self.row = [0] * 24  # nothing is allocated while measuring
        self.n = 0

    def add(self):
        self.row[self.n] = time.ticks_us()
        self.row[self.n + 1] = gc.mem_alloc()
        self.row[self.n + 2] = time.ticks_us()
        self.n += 3

    def report(self, name, start, end):
        row = self.row
        print(name + "_us", time.ticks_diff(row[end * 3], row[start * 3 + 2]))
        print(name + "_bytes", row[end * 3 + 1] - row[start * 3 + 1])


class Stream:
    """Reader and writer in one; marks each moment at which a server waits for a request."""

    out_buf = b""

    def __init__(self, requests, marks):
        self.requests = requests
        self.marks = marks
        self.lines = None
        self.sent = 0

    async def read(self, n):
        if self.marks:
            self.marks.add()
        # A copy: a socket's read allocates what it answers.
        return bytes(memoryview(self.requests.pop(0))) if self.requests else b""

    async def readline(self):
        if self.lines is None:
            self.lines = io.BytesIO(self.requests.pop(0))
        return self.lines.readline()

    def write(self, data):
        self.sent += len(data)

    async def drain(self):
        pass

    async def awrite(self, data, off=0, sz=-1):
        self.sent += len(data)

    async def aclose(self):
        pass

    def close(self):
        pass

    async def wait_closed(self):
        pass

    def get_extra_info(self, name):
        return ("127.0.0.1", 1)


def drive(coroutine):
    """Runs a coroutine to its end without a scheduler between the figures."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        pass


def connection(handle, *requests):
    """Serves requests on one connection that marks each wait for one."""
    marks = Marks()
    stream = Stream(list(requests), marks)
    gc.collect()
    gc.disable()
    drive(handle(stream, stream))
    gc.enable()
    if not stream.sent:
        raise ValueError("nothing was answered")
    return marks


def whole(name, handle, request):
    """Reports a connection of one request from its beginning to its end."""
    marks = Marks()
    stream = Stream([request], None)
    gc.collect()
    gc.disable()
    marks.add()
    drive(handle(stream, stream))
    marks.add()
    gc.enable()
    marks.report(name, 0, 1)


async def main(framework):
    with open("head.txt", "rb") as f:
        head = f.read()
    other = head.replace(b"Chrome/130", b"Chrome/131")
    gc.collect()
    before = gc.mem_alloc()
    if framework == "microdot":
        import microdot
    elif framework != "bare":
        import picoweb
    gc.collect()
    print("heap", gc.mem_alloc() - before)
    if framework == "bare":
        from bare_hello import handle
    elif framework == "microdot":
        from microdot_hello import app

        handle = app.handle_request
    else:
        if framework == "original":
            from original_hello import app
        else:
            from picoweb_hello import app
        app.debug = -1
        app.log = None
        app.init()
        handle = app._handle
    waits = connection(handle, head, head, other)
    whole("connection", handle, head)
    if waits.n > 3:  # it kept the connection
        waits.report("repeated", 1, 2)
        waits.report("cold", 2, 3)
    else:
        whole("repeated", handle, head)
        whole("cold", handle, other)


def run(framework):
    asyncio.run(main(framework))
