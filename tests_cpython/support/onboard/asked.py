"""Cases in memory, on any interpreter: one line for each tells whether it holds.

A case is a row: (name, bytes sent, statuses answered, what is in the answer, what is not) for an app, and
(name, function, arguments, result) for a function of picoweb. A tuple among the statuses is of those allowed.
"""

import gc
import sys

import picoweb
import uasyncio as asyncio
from picoweb.http import Connection, load

WAITS = 300  # of 10 ms


class Wire:
    """A client's stream in memory: bytes, or a tuple of them that arrive one by one, and the end behind them.

    picoweb.testing has a whole client, which on a chip takes three times as long as the app.
    """

    def __init__(self, data):
        self.pieces = list(data) if isinstance(data, tuple) else [data]
        self.at = 0
        self.sent = []

    def readinto(self, buf):
        while self.pieces:
            data = self.pieces[0][self.at : self.at + len(buf)]
            self.at += len(buf)
            if data:
                buf[: len(data)] = data
                return len(data)
            self.at = 0
            del self.pieces[0]
        return 0

    def write(self, data):
        self.sent.append(bytes(data))
        return len(data)

    def close(self):
        pass


class WireConnection(Connection):
    """A connection whose stream is always ready, at the loop's next turn."""

    def ready(self, writing):
        return next(iter(asyncio.sleep_ms(0)))


class Log:
    """Keeps the faults of the app itself."""

    def __init__(self):
        self.errors = []

    def error(self, line):
        self.errors.append(line)

    def info(self, line):
        pass

    warning = debug = info


def served(name):
    """The app of a script that would serve one at a port."""
    found = []
    picoweb.WebApp.run = lambda app, **options: found.append(app)
    sys.argv[:] = [name, "0"]
    __import__(name)
    return found[0]


def statuses(got):
    """The status of each answer in these bytes, the last of which may go on to the end."""
    found = []
    at = 0
    while got[at : at + 7] == b"HTTP/1.":
        found.append(int(got[at + 9 : at + 12]))
        end = got.find(b"\r\n\r\n", at)
        length = got.find(b"\r\nContent-Length: ", at, end)
        at = end + 4
        if length > 0:
            at += int(got[length + 18 : length + 24].split(b"\r")[0])
        elif found[-1] not in (100, 204, 304):
            break
    return found


def is_one_of(status, expected):
    return status in expected if isinstance(expected, tuple) else status == expected


def wrong(got, expected, has, lacks):
    """What is wrong with an answer; None where nothing is."""
    found = statuses(got)
    if len(found) != len(expected) or not all(map(is_one_of, found, expected)):
        return "the statuses are not %r" % (expected,)
    for part in has:
        if part not in got:
            return "%r is missing" % part
    for part in lacks:
        if part in got:
            return "%r is in it" % part


def tell(name, why):
    """Prints the line of a case; the result is 1 for one that does not hold."""
    print("FAILED %s: %s" % (name, why) if why else "ok " + name)
    return 1 if why else 0


async def ask(app, rows):
    """How many of the rows do not hold."""
    log = app.log = Log()
    app.prepare()
    failed = 0
    for name, data, *expected in rows:
        wire = Wire(data)
        await app._handle(WireConnection(app, wire, wire))
        for _ in range(WAITS):  # a WebSocket has a task of its own
            if not app.connections:
                break
            await asyncio.sleep_ms(10)
        got = b"".join(wire.sent)
        why = wrong(got, *expected) or app.connections and "a connection is left"
        failed += tell(name, why and "%s: %r %s" % (why, got[:600], "".join(log.errors)))
        del log.errors[:]
    return failed


def result(function, arguments):
    """What a call answers, or how it fails: "ValueError", "Refusal 400". The first argument of a method is its class's."""
    module, name, *method = function.split(".")
    try:
        called = getattr(load(module), name)
        if method:
            called = getattr(called(arguments[0]), method[0])
            arguments = arguments[1:]
        return called(*arguments)
    except Exception as e:
        return " ".join([type(e).__name__] + ([str(e.status)] if hasattr(e, "status") else []))


def call(rows):
    """How many of the rows do not hold."""
    failed = 0
    for name, function, arguments, expected in rows:
        got = result(function, arguments)
        failed += tell(name, None if got == expected else "%r is not %r" % (got, expected))
    return failed


def heap(when):
    if hasattr(gc, "mem_free"):
        gc.collect()
        print("heap %s: %d bytes free, %d used" % (when, gc.mem_free(), gc.mem_alloc()))


def main(script, table):
    """Asks the app of a script the rows of a module; calls what else is in that module."""
    heap("at the start")
    app = served(script)
    heap("after the app is loaded")
    table = __import__(table)
    gc.collect()
    failed = asyncio.run(ask(app, table.REQUESTS)) + call(table.CALLS)
    print("%d cases, %d failed" % (len(table.REQUESTS) + len(table.CALLS), failed))
    heap("after the cases, which are in it themselves")
