"""Answers that go on and on, and what becomes of those who make them."""

import sys

import picoweb
import uasyncio as asyncio


app = picoweb.WebApp(None, serve_static=False)
app.head_timeout = 1
ended = []
# How many pieces were made since another task last ran, and the most of them.
state = {"since": 0, "most": 0, "pieces": 0}


def made():
    state["pieces"] += 1
    state["since"] += 1
    state["most"] = max(state["most"], state["since"])


async def turn():
    while True:
        state["since"] = 0
        await asyncio.sleep_ms(0)


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/state/<key>")
async def tell(req, resp, key):
    return str(state[key])


@app.route("/watch")
async def watch(req, resp):
    """Another task begins to run, and what is counted begins anew."""
    if "task" not in state:
        state["task"] = asyncio.create_task(turn())
    state["most"] = state["pieces"] = 0
    return "watched"


@app.route("/ended")
async def tell_ended(req, resp):
    return " ".join(ended)


# In each of these what ends says so.

@app.route("/writes")
async def writes(req, resp):
    try:
        await picoweb.start_response(resp, "text/plain")
        while True:
            await resp.awrite("0123456789abcdef" * 8)
            made()
    finally:
        ended.append("writes")


@app.route("/small-writes")
async def small_writes(req, resp):
    try:
        await picoweb.start_response(resp, "text/plain")
        while True:
            await resp.awrite("x")
            made()
    finally:
        ended.append("small-writes")


@app.route("/sleeps")
async def sleeps(req, resp):
    try:
        await picoweb.start_response(resp, "text/plain")
        while True:
            await resp.awrite("piece\n")
            await asyncio.sleep_ms(20)
    finally:
        ended.append("sleeps")


@app.route("/kept-sleeping")
def kept_sleeping(req, resp):
    try:
        yield from picoweb.start_response(resp, "text/plain")
        while True:
            yield from resp.awrite("piece\n")
            yield from asyncio.sleep_ms(20)
    finally:
        ended.append("kept-sleeping")


def pieces(name, count=None):
    try:
        while count is None or count:
            made()
            yield "0123456789abcdef" * 8
            if count:
                count -= 1
    finally:
        ended.append(name)


@app.route("/generator")
async def generator(req, resp):
    return pieces("generator")


@app.route("/generator-plain")
def generator_plain(req, resp):
    return (pieces("generator-plain"), 200, {"Content-Type": "text/plain"})


@app.route("/generator-short")
async def generator_short(req, resp):
    return pieces("generator-short", 5)


@app.route("/generator-breaks")
async def generator_breaks(req, resp):
    def breaking():
        try:
            yield "first\n" * 5000  # more than any runtime holds back
            raise RuntimeError("a generator's reason")
        finally:
            ended.append("generator-breaks")

    return breaking()


@app.route("/awriteiter")
async def awriteiter(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awriteiter(pieces("awriteiter"))


class Endless:
    """An iterator that is no generator."""

    def __iter__(self):
        return self

    def __next__(self):
        made()
        return b"0123456789abcdef" * 8

    def close(self):
        ended.append("iterator")


@app.route("/iterator")
async def iterator(req, resp):
    return Endless()


def csv():
    for n in range(100000):
        made()
        yield "%d,%d\n" % (n, n * n)


@app.route("/csv")
async def lines(req, resp):
    return csv()


# Asynchronous ones

@app.route("/async-generator")
async def async_generator(req, resp):
    try:
        for n in range(3):
            yield "piece %d\n" % n
    finally:
        ended.append("async-generator")


@app.route("/async-generator-endless")
async def async_generator_endless(req, resp):
    try:
        while True:
            made()
            yield "0123456789abcdef" * 8
    finally:
        ended.append("async-generator-endless")


class Numbers:
    """An asynchronous iterator."""

    def __init__(self, count, name):
        self.left = count
        self.name = name

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        await asyncio.sleep_ms(1)
        return "piece %d\n" % self.left

    async def aclose(self):
        ended.append(self.name)


@app.route("/async-iterator")
async def async_iterator(req, resp):
    return Numbers(3, "async-iterator")


@app.route("/async-iterator-status")
async def async_iterator_status(req, resp):
    return (Numbers(3, "async-iterator-status"), 203, {"Content-Type": "text/plain"})


@app.route("/async-iterator-endless")
async def async_iterator_endless(req, resp):
    return Numbers(-1, "async-iterator-endless")


# Whose exception it is

@app.route("/upstream/<int:errno>")
async def upstream(req, resp, errno):
    """The handler's own upstream fails after the answer has begun."""
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("begun")
    raise OSError(errno)


@app.route("/upstream-page/<int:errno>")
async def upstream_page(req, resp, errno):
    await picoweb.start_response(resp)
    await resp.awrite("begun")
    raise OSError(errno)


@app.route("/cancelled-page")
async def cancelled_page(req, resp):
    task = asyncio.create_task(asyncio.sleep_ms(5000))
    await picoweb.start_response(resp)
    await resp.awrite("begun")
    task.cancel()
    await task


@app.route("/upstream-first/<int:errno>")
async def upstream_first(req, resp, errno):
    raise OSError(errno)


@app.route("/upstream-late/<int:errno>")
async def upstream_late(req, resp, errno):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("begun" * 1000)
    await asyncio.sleep_ms(10)
    raise OSError(errno)


@app.route("/cancelled")
async def cancelled(req, resp):
    """A task of the app's own is cancelled by the app."""
    task = asyncio.create_task(asyncio.sleep_ms(5000))
    await asyncio.sleep_ms(1)
    task.cancel()
    await task


@app.route("/cancelled-begun")
async def cancelled_begun(req, resp):
    task = asyncio.create_task(asyncio.sleep_ms(5000))
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("begun")
    task.cancel()
    await task


@app.route("/timed-out")
async def timed_out(req, resp):
    await asyncio.wait_for(asyncio.sleep(5), 0.01)


# A client that leaves is no error

@app.route("/length")
async def length(req, resp):
    await picoweb.start_response(resp, "text/plain", headers={"Content-Length": "204800"})
    for _ in range(200):
        await resp.awrite(b"x" * 1024)
        await asyncio.sleep_ms(2)


app.run(port=int(sys.argv[1]), debug=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
