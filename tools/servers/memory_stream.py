"""On the emulated board, which has no sockets: one browser-like request at a time through a stream in memory.

Prints `NAME VALUE` lines: `heap` is what importing the framework left allocated; `second_us` and `second_bytes`
are one request like the one before it, `first_us` and `first_bytes` one whose header section was never seen.
"""

import asyncio
import gc
import io
import time


class Stream:
    """Reader and writer in one. A persistent server's requests are timed from read to read."""

    out_buf = b""

    def __init__(self, requests, marks):
        self.requests = requests
        self.marks = marks
        self.lines = None
        self.sent = 0

    def mark(self):
        self.marks.append((time.ticks_us(), gc.mem_alloc()))

    async def read(self, n):
        self.mark()
        return self.requests.pop(0) if self.requests else b""

    async def readline(self):
        if self.lines is None:
            self.lines = io.BytesIO(self.requests.pop(0))
            self.mark()
        return self.lines.readline()

    def write(self, data):
        self.sent += len(data)

    async def drain(self):
        pass

    async def awrite(self, data, off=0, sz=-1):
        self.sent += len(data)

    async def aclose(self):
        self.mark()

    def close(self):
        pass

    async def wait_closed(self):
        self.mark()

    def get_extra_info(self, name):
        return ("127.0.0.1", 1)


def drive(coroutine):
    """Run a coroutine to its end without a scheduler between the figures."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        pass


def report(name, start, end):
    print(name + "_us", time.ticks_diff(end[0], start[0]))
    print(name + "_bytes", end[1] - start[1])


def persistent(handle, head, other):
    """Three requests on one connection: two alike, then one with other header values."""
    marks = []
    stream = Stream([head, head, other], marks)
    gc.collect()
    gc.disable()
    drive(handle(stream, stream))
    gc.enable()
    report("second", marks[1], marks[2])
    report("first", marks[2], marks[3])
    return stream.sent


def closing(handle, head):
    """Two connections of one request each; the second is reported."""
    for _ in range(2):
        marks = []
        stream = Stream([head], marks)
        gc.collect()
        gc.disable()
        stream.mark()
        drive(handle(stream, stream))
        stream.mark()
        gc.enable()
    report("second", marks[0], marks[-1])
    return stream.sent


def main(framework):
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
    if framework == "microdot":
        from microdot_hello import app

        sent = closing(app.handle_request, head)
    elif framework == "bare":
        from bare_hello import handle

        sent = persistent(handle, head, other)
    else:
        if framework == "original":
            from original_hello import app
        else:
            from picoweb_hello import app
        app.debug = -1
        app.log = None
        app.init()
        if framework == "original":
            sent = closing(app._handle, head)
        else:
            sent = persistent(app._handle, head, other)
    if not sent:
        raise ValueError("nothing was answered")
