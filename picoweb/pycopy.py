"""Pycopy's `uasyncio` under the names of MicroPython's asyncio that picoweb uses.

It asks for longer queues than the default, if no loop was made before: a task that finds one full ends the loop.
"""
import sys

import utime
from uasyncio import (
    CancelledError, IORead, IOWrite, TimeoutError, cancel, get_event_loop, open_connection, sleep, sleep_ms, wait_for,
    wait_for_ms,
)

QUEUE = 64  # tasks that are ready, or that sleep: all connections' and the app's own
LOOK_MS = 10  # between two looks for what the loop does not tell

asyncio = sys.modules[__name__]
loop = get_event_loop(QUEUE, QUEUE)


class Poller:
    """What to yield to wait for a socket: the loop has one place for who waits for it."""

    queue_read = IORead
    queue_write = IOWrite

    def remove(self, task):
        """Do nothing: a socket that could not be waited for is not kept."""


class Core:
    """What MicroPython keeps in `asyncio.core`."""

    _io_queue = Poller()
    task = None  # that runs, of those made by create_task()

    @property
    def cur_task(self):
        """The task that runs."""
        return self.task or Task(loop.cur_task)


core = Core()


class Task:
    """A generator that the loop runs."""

    def __init__(self, generator):
        self.generator = generator

    def cancel(self):
        """Raise CancelledError where the task waits; nothing if that was done before."""
        try:
            cancel(self.generator)
        except OSError:
            pass

    def run(self, coro):
        """Run a coroutine as a task that is known while it runs, and whose failure does not end the loop."""
        step = coro.send
        value = None
        try:
            while True:
                core.task = self
                try:
                    pause = step(value)
                finally:
                    core.task = None
                try:
                    value = yield pause
                    step = coro.send
                except Exception as e:
                    value = e
                    step = coro.throw
        except (StopIteration, CancelledError):
            pass
        except Exception as e:
            print("Task exception wasn't retrieved")
            sys.print_exception(e)


def create_task(coro):
    """Schedule a coroutine; IndexError if the loop's queue is full."""
    task = Task(None)
    task.generator = task.run(coro)
    loop.create_task(task.generator)
    return task


class Event:
    """Wakes those who wait for it, who look again and again: the loop has nothing better."""

    is_over = False

    def is_set(self):
        return self.is_over

    def set(self):
        self.is_over = True

    def clear(self):
        self.is_over = False

    def wait(self):
        while not self.is_over:
            yield from sleep_ms(LOOK_MS)


class Lock:
    """Held by one at a time; the others look again and again, as for an Event."""

    is_held = False

    def acquire(self):
        while self.is_held:
            yield from sleep_ms(LOOK_MS)
        self.is_held = True

    def release(self):
        self.is_held = False


def gmtime(seconds=None):
    """Return (year, month, day, hour, minute, second, weekday, day of the year) of a time, or of now, in UTC."""
    seconds = int(utime.time() if seconds is None else seconds)
    days = seconds // 86400
    seconds %= 86400
    year = 1970
    day = days
    while day >= 365 + (year % 4 == 0):  # up to 2099
        day -= 365 + (year % 4 == 0)
        year += 1
    month = 0
    left = day
    for length in (31, 28 + (year % 4 == 0), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31):
        month += 1
        if left < length:
            break
        left -= length
    return year, month, left + 1, seconds // 3600, seconds // 60 % 60, seconds % 60, (days + 3) % 7, day + 1


def adapt(app_class):
    """Return the class of apps of this runtime."""
    from .http import Connection

    class PollConnection(Connection):
        """A client's connection on Pycopy, whose loop lets one task at a time wait for a socket."""

        in_place = False
        waiting = None  # the task that the loop knows

        def __init__(self, app, reader, writer, address=None):
            if hasattr(writer, "polls"):  # of an app's own start_server()
                address = writer.get_extra_info("peername")
                reader, writer = writer.polls, writer.ios
            Connection.__init__(self, app, reader, writer, address_of(address))

        def ready(self, writing):
            task = core.task
            if self.waiting and self.waiting is not task:
                return LOOK_MS
            self.waiting = task
            return (IOWrite if writing else IORead)(self.below or self.stream)

        def attempt(self, call, buf):
            if self.waiting is core.task:
                self.waiting = None
            return Connection.attempt(self, call, buf)

    app_class.connection = PollConnection
    return app_class


def address_of(raw):
    """Return (host, port) of a socket's address as Pycopy has it."""
    if not isinstance(raw, (bytes, bytearray)):
        return raw
    import usocket

    _, host, port = usocket.sockaddr(raw)[:3]
    return ".".join([str(byte) for byte in host]), port
