"""Pycopy's `uasyncio` under the names of MicroPython's asyncio that the core uses.

It asks for longer queues than the default, where no loop is made before: what is scheduled past their end is lost.
"""
import sys

import uasyncio
from uasyncio import (
    CancelledError, StreamWriter, TimeoutError, cancel, get_event_loop, open_connection, sleep_ms, wait_for_ms,
)

QUEUE = 64  # tasks that are ready, or that sleep: all connections' and the app's own
PAUSE_MS = 50  # before a listening socket that failed is opened anew

asyncio = sys.modules[__name__]
loop = get_event_loop(QUEUE, QUEUE)
accept_loop = uasyncio.start_server
read_at_once = StreamWriter.read


class Core:
    """What MicroPython keeps in `asyncio.core`."""

    _io_queue = None  # a poller that takes sockets
    task = None  # of those made here

    @property
    def cur_task(self):
        """The task that runs; None where an app made it and the loop does not tell."""
        return self.task or getattr(loop, "cur_task", None)


core = Core()


class Event:
    """Wakes those who wait for it, who look every millisecond: the loop has nothing better."""

    is_over = False

    def set(self):
        self.is_over = True

    def wait(self):
        while not self.is_over:
            yield from sleep_ms(1)


class Lock:
    """Held by one at a time; the others look every millisecond, as for an Event."""

    is_held = False

    def acquire(self):
        while self.is_held:
            yield from sleep_ms(1)
        self.is_held = True

    def release(self):
        self.is_held = False


def make_task(coro):
    """Runs a coroutine as a task that is known while it runs, and whose failure does not end the loop."""

    def run():
        step = coro.send
        value = None
        try:
            while True:
                core.task = task
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

    task = run()
    return task


def create_task(coro):
    """Schedules a coroutine; the result is what cancel() takes."""
    task = make_task(coro)
    loop.create_task(task)
    return task


def serve_clients(client, host, port, backlog=10, ssl=None):
    """Pycopy's start_server(), which accepts for ever; an app's own serve() calls it too."""
    return accept_loop(lambda reader, writer: make_task(client(reader, writer)), host, port, backlog, ssl)


class Server:
    """A listening socket that is opened anew where it fails, until it is closed."""

    listens = False
    failure = None

    def __init__(self, *args):
        self.task = create_task(self.run(args))

    def run(self, args):
        while True:
            try:
                yield from serve_clients(*args)
            except CancelledError:
                return
            except Exception as e:
                if not self.listens:
                    self.failure = e
                    return
                print("picoweb: accept failed: %r" % e)
            yield from sleep_ms(PAUSE_MS)

    def close(self):
        cancel(self.task)


def start_server(client, host, port, backlog=10, ssl=None):
    """Listens, and returns a Server; OSError where the address cannot be had."""
    server = Server(client, host, port, backlog, ssl)
    yield from sleep_ms(1)  # meanwhile its task runs up to the first accept
    if server.failure:
        raise server.failure
    server.listens = True
    return server


def read(stream, n=-1):
    """Lets others run first: a client whose data is always there must not keep them waiting."""
    yield from sleep_ms(0)
    return (yield from read_at_once(stream, n))


def write(stream, buf):
    """Sends what the socket takes now; drain() sends the rest."""
    if stream.out_buf:
        stream.out_buf.append(stream.awrite(bytes(buf)))
        return
    sending = stream.awrite(buf)
    try:
        sending.send(None)
        stream.out_buf = [sending]
    except StopIteration:
        pass


def drain(stream):
    """Waits until everything written has left."""
    try:
        while stream.out_buf:
            yield from stream.out_buf[0]
            stream.out_buf.pop(0)
    except Exception:
        stream.out_buf = None
        raise


StreamWriter.out_buf = None  # the awrite() of each piece that has not left
StreamWriter.read = read
StreamWriter.write = write
StreamWriter.drain = drain
uasyncio.start_server = serve_clients
