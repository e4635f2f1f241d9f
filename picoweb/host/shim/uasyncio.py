"""MicroPython's `asyncio` on CPython's: everything of `asyncio`, with MicroPython's streams, loop and extras.

Each coroutine function here is a generator marked by `types.coroutine`, so that `await` takes it and so does
`yield from` in a plain generator, which CPython does not allow with an `async def`.
"""

import asyncio
import atexit
import functools
import inspect
import sys
import types
import warnings
from asyncio import CancelledError, TimeoutError
from errno import EPIPE

from .generators import adopt, renew
from .utime import ticks_add, ticks_diff  # noqa: F401
from .utime import ticks_ms as ticks  # noqa: F401

coroutine = types.coroutine
# MicroPython keeps these names in `asyncio.core`.
core = sys.modules[__name__]
_io_queue = None  # MicroPython's poller, which takes sockets

# Bytes: past twice as many unread ones a connection is not read from until somebody wants them.
READ_LIMIT = 4096
CLOSE_S = 5  # that a peer has to take what was written before the close


def __getattr__(name):
    """What is not MicroPython's comes from CPython's `asyncio`."""
    if name == "cur_task":  # MicroPython's variable of the running task
        return _current_task()
    value = getattr(asyncio, name)
    if inspect.iscoroutinefunction(value):
        value = _iterable(value)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *dir(asyncio)})


def _current_task():
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs
        return None


def _iterable(func):
    """Make an `async def` function one whose result `yield from` takes everywhere."""

    @coroutine
    @functools.wraps(func)
    def call(*args, **kwargs):
        return (yield from func(*args, **kwargs))

    return call


def _iterable_methods(cls, *names):
    return type(cls.__name__, (cls,), {name: _iterable(getattr(cls, name)) for name in names})


Event = _iterable_methods(asyncio.Event, "wait")
Lock = _iterable_methods(asyncio.Lock, "acquire")
Queue = _iterable_methods(asyncio.Queue, "get", "put", "join")
Semaphore = _iterable_methods(asyncio.Semaphore, "acquire")


class ThreadSafeFlag:
    """An event that any thread may set; the one task that waits for it clears it."""

    def __init__(self):
        self._is_set = False
        self._wake = None

    def set(self):
        self._is_set = True
        wake = self._wake
        if wake:
            wake()

    def clear(self):
        self._is_set = False

    @coroutine
    def wait(self):
        """Wait until the flag is set, and clear it."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        self._wake = functools.partial(loop.call_soon_threadsafe, event.set)
        try:
            if not self._is_set:
                yield from event.wait()
        finally:
            self._wake = None
        self._is_set = False


# Coroutines and tasks


@coroutine
def sleep(secs, result=None):
    return (yield from asyncio.sleep(secs, result))


@coroutine
def sleep_ms(ms):
    yield from asyncio.sleep(ms / 1000)


@coroutine
def wait_for(aw, timeout):
    """The result of `aw`; `TimeoutError` when it takes more than `timeout` seconds."""
    return (yield from asyncio.wait_for(_awaitable(aw), timeout))


@coroutine
def wait_for_ms(aw, timeout_ms):
    """`wait_for` with milliseconds."""
    return (yield from wait_for(aw, timeout_ms / 1000))


@coroutine
def gather(*aws, return_exceptions=False):
    """The results of all of `aws`, which run side by side."""
    return (yield from asyncio.gather(*map(_awaitable, aws), return_exceptions=return_exceptions))


def create_task(coro, **options):
    """Schedule a coroutine or a plain generator, before the loop runs too."""
    return get_event_loop().create_task(coro, **options)


def run(coro):
    """Run `coro` to its end, on the loop that tasks made before are waiting on; they stay on it."""
    return get_event_loop().run_until_complete(coro)


def _awaitable(aw):
    """Hand on what asyncio can await, and make such a thing of a generator."""
    return _complete(renew(aw)) if isinstance(aw, types.GeneratorType) else aw


async def _complete(gen):
    return await _drive(gen)


@coroutine
def _drive(gen):
    return (yield from gen)


# The loop

# asyncio forgets a task that nobody holds; on a board an app need not hold one.
_tasks = set()


class Loop:
    """An asyncio loop with MicroPython's methods; the others are the loop's own."""

    def __init__(self, loop):
        self._loop = loop
        if loop.get_task_factory() is None:
            # asyncio.create_task() comes here, too.
            loop.set_task_factory(_new_task)

    def __getattr__(self, name):
        return getattr(self._loop, name)

    def create_task(self, coro, **options):
        task = self._loop.create_task(_awaitable(coro), **options)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        return task

    def run_until_complete(self, aw):
        if isinstance(aw, types.GeneratorType) or inspect.iscoroutine(aw):
            aw = self.create_task(aw)
        return self._loop.run_until_complete(aw)

    def call_soon(self, callback, *args):
        """Call back, or schedule where `callback` is a coroutine object."""
        return self._loop.call_soon(self._callback(callback), *args)

    def call_later(self, delay, callback, *args):
        """`call_soon` after `delay` seconds."""
        return self._loop.call_later(delay, self._callback(callback), *args)

    def call_later_ms(self, delay_ms, callback, *args):
        """`call_soon` after `delay_ms` milliseconds."""
        return self.call_later(delay_ms / 1000, callback, *args)

    def close(self):
        """Cancel what is left on the loop and close it; nothing while it runs, as on MicroPython."""
        loop = self._loop
        if loop.is_running() or loop.is_closed():
            return
        if not loop.get_exception_handler():
            loop.set_exception_handler(_tell)
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            # A task that will not go must not keep the process.
            loop.run_until_complete(asyncio.wait(tasks, timeout=1))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _callback(self, callback):
        return functools.partial(self.create_task, callback) if hasattr(callback, "send") else callback


def _new_task(loop, coro, **options):
    return asyncio.Task(_awaitable(coro), loop=loop, **options)


def _tell(loop, context):
    """Report what a task let out, but for the Ctrl-C that ended the loop while that task ran."""
    if not isinstance(context.get("exception"), KeyboardInterrupt):
        loop.default_exception_handler(context)


def get_event_loop(runq_len=16, waitq_len=16):
    """The running loop, or the one that will run; the queue lengths are Pycopy's and mean nothing here."""
    try:
        return Loop(asyncio.get_running_loop())
    except RuntimeError:
        pass
    try:
        # CPython 3.10 to 3.13 warn where they make a loop, 3.14 makes none.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            loop = asyncio.get_event_loop()
    except RuntimeError:
        return new_event_loop()
    return new_event_loop() if loop.is_closed() else Loop(loop)


def new_event_loop():
    """A fresh loop, which takes the place of the one before."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return Loop(loop)


@atexit.register
def _close_loops():
    for loop in {task.get_loop() for task in _tasks}:
        Loop(loop).close()


# Streams


class Stream:
    """One connection, to read from and to write to."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.s = writer.get_extra_info("socket")
        # drain() is to wait until everything has left, so that a slow reader slows its writer down.
        writer.transport.set_write_buffer_limits(high=0)

    @property
    def out_buf(self):
        """True while the socket has not taken all: the bytes' number, where MicroPython has the bytes."""
        return self._writer.transport.get_write_buffer_size()

    def get_extra_info(self, name, default=None):
        return self._writer.get_extra_info(name, default)

    @coroutine
    def read(self, n=-1):
        """What is there, at most `n` bytes; everything up to the end where `n` is negative."""
        return (yield from self._reader.read(n))

    @coroutine
    def readinto(self, buf):
        """Read what is there into `buf`; the result is the number of bytes."""
        data = yield from self._reader.read(len(buf))
        buf[: len(data)] = data
        return len(data)

    @coroutine
    def readexactly(self, n):
        """`n` bytes, or `EOFError`."""
        return (yield from self._reader.readexactly(n))

    @coroutine
    def readline(self):
        """A line of any length with its end, or what is left before the end of the stream."""
        parts = []
        while True:
            try:
                parts.append((yield from self._reader.readuntil(b"\n")))
            except asyncio.IncompleteReadError as e:
                parts.append(e.partial)
            except asyncio.LimitOverrunError as e:
                parts.append((yield from self._reader.readexactly(e.consumed)))
                continue
            return b"".join(parts)

    def write(self, buf):
        """Send what the socket takes now, and the rest when it can."""
        if self._writer.is_closing():
            raise BrokenPipeError(EPIPE, "the connection is closed")
        if isinstance(buf, str):
            buf = buf.encode()
        elif not isinstance(buf, bytes):
            # The transport keeps a view of what it could not send; the caller's buffer may change meanwhile.
            buf = bytes(memoryview(buf))
        self._writer.write(buf)

    @coroutine
    def drain(self):
        """Wait until everything written has left."""
        yield from self._writer.drain()

    @coroutine
    def awrite(self, buf, off=0, sz=-1):
        """Write `sz` bytes of `buf` from `off` on (-1: all of them), and drain."""
        if off or sz != -1:
            buf = memoryview(buf)[off:] if sz == -1 else memoryview(buf)[off : off + sz]
        self.write(buf)
        yield from self._writer.drain()

    awritestr = awrite

    def close(self):
        """Close once everything written has left."""
        self._writer.close()

    @coroutine
    def aclose(self):
        """Close, and wait until everything written has left or the peer has; not for ever, nor when cancelled."""
        self._writer.close()
        # wait() does not cancel what it waits for: asyncio's own future of the close, which others await.
        closed = asyncio.ensure_future(self._closed())
        try:
            yield from asyncio.wait([closed], timeout=CLOSE_S)
        finally:
            if not closed.done():
                self.abort()

    wait_closed = aclose

    def abort(self):
        """Close now; what has not left is lost."""
        self._writer.transport.abort()

    async def _closed(self):
        try:
            await self._writer.wait_closed()
        except OSError:
            # Reset, broken pipe, a TLS shutdown that failed: the connection is closed, which was asked for.
            pass


StreamReader = StreamWriter = Stream


@coroutine
def open_connection(host, port, ssl=None, server_hostname=None):
    """Connect; the result is the stream twice, to read and to write."""
    stream = Stream(*(yield from asyncio.open_connection(
        host, port, limit=READ_LIMIT, ssl=ssl or None, server_hostname=server_hostname
    )))
    return stream, stream


class Server:
    """A listening socket that accepts connections until it is closed."""

    def __init__(self, server):
        self._server = server
        self.sockets = server.sockets

    def close(self):
        """Stop listening; connections that were accepted live on."""
        self._server.close()

    @coroutine
    def wait_closed(self):
        # asyncio's would wait for the connections too.
        yield from asyncio.sleep(0)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        self.close()
        await self.wait_closed()


@coroutine
def start_server(cb, host, port, backlog=5, ssl=None):
    """Listen; each connection's `cb(stream, stream)` is scheduled, be it a coroutine or a plain generator."""
    app = getattr(cb, "__self__", None)
    options = {}
    if hasattr(app, "url_map"):
        adopt(app)
        if ssl:  # asyncio's own time-out is a minute
            options["ssl_handshake_timeout"] = app.head_timeout or None
    get_event_loop()  # is to take generators before the first connection, too

    def connected(reader, writer):
        try:
            stream = Stream(reader, writer)
            serving = cb(stream, stream)
            if hasattr(serving, "send"):
                create_task(serving)
        except BaseException:
            writer.transport.abort()
            raise

    return Server((yield from asyncio.start_server(
        connected, host, port, limit=READ_LIMIT, backlog=backlog, ssl=ssl or None, **options
    )))
