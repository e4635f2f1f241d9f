"""A stand-in for Pycopy's `uasyncio` on unix MicroPython, made by its documented API and by nothing else of Pycopy.

It has the names that Pycopy documents and no more. Where that is silent it is strict: a queue that overflows, and an
exception that a task lets out, end the loop.
"""

import uselect as _select
import usocket as _socket
import utime as _time

_generator = type((lambda: (yield))())
_loop = None


class CancelledError(Exception):
    pass


class TimeoutError(CancelledError):
    pass


class _Stop:
    pass


class _Wait:
    """Yielded to the loop: the socket waited for, and the event."""

    def __init__(self, sock, event):
        self.sock = sock
        self.event = event


class IORead(_Wait):
    def __init__(self, sock):
        super().__init__(sock, _select.POLLIN)


class IOWrite(_Wait):
    def __init__(self, sock):
        super().__init__(sock, _select.POLLOUT)


class _Sleep:
    """Yielded to the loop."""

    def __init__(self, ms):
        self.ms = ms


class _Loop:
    def __init__(self, runq_len, waitq_len):
        self._runq_len = runq_len
        self._waitq_len = waitq_len
        self._ready = []  # (callback or coroutine, args)
        self._sleeping = []  # (when, callback or coroutine, args)
        self._waiting = {}  # by id of the socket: (socket, event, coroutine)
        self._poll = _select.poll()
        self._running = self.cur_task = None

    def create_task(self, coro):
        assert isinstance(coro, _generator), "a coroutine object is expected"
        self.call_soon(coro)

    def call_soon(self, callback, *args):
        if len(self._ready) >= self._runq_len:
            raise IndexError("the run queue is full")
        self._ready.append((callback, args))

    def call_later(self, delay, callback, *args):
        self.call_later_ms(int(delay * 1000), callback, *args)

    def call_later_ms(self, delay, callback, *args):
        if len(self._sleeping) >= self._waitq_len:
            raise IndexError("the wait queue is full")
        self._sleeping.append((_time.ticks_add(_time.ticks_ms(), delay), callback, args))

    def run_forever(self):
        while True:
            ready = self._ready
            self._ready = []
            for i in range(len(ready)):
                callback, args = ready[i]
                if not isinstance(callback, _generator):
                    callback(*args)
                elif self._step(callback):
                    self._ready = ready[i + 1 :] + self._ready
                    return
            self._wake_sleepers()
            self._wait()

    def run_until_complete(self, coro):
        result = None

        def run():
            nonlocal result
            result = yield from coro
            yield _Stop()

        self.call_soon(run())
        self.run_forever()
        return result

    def stop(self):
        def run():
            yield _Stop()

        self.call_soon(run())

    def _step(self, task):
        """Runs a task up to its next pause; True where it stops the loop."""
        self._running = self.cur_task = task
        try:
            pause = task.send(None)
        except (StopIteration, CancelledError):
            return False
        finally:
            self._running = None
        if isinstance(pause, _Stop):
            return True
        if isinstance(pause, _Wait):
            self._waiting[id(pause.sock)] = (pause.sock, pause.event, task)
            self._poll.register(pause.sock, pause.event)
        elif isinstance(pause, _Sleep) and pause.ms > 0:
            self.call_later_ms(pause.ms, task)
        elif isinstance(pause, int) and pause is not True and pause is not False:
            self.call_later_ms(pause, task)
        else:
            assert pause is None or isinstance(pause, _Sleep), "a task yielded %r" % pause
            self.call_soon(task)
        return False

    def _wake_sleepers(self):
        now = _time.ticks_ms()
        due = [entry for entry in self._sleeping if _time.ticks_diff(entry[0], now) <= 0]
        if due:
            self._sleeping = [entry for entry in self._sleeping if _time.ticks_diff(entry[0], now) > 0]
            for when, callback, args in sorted(due, key=lambda entry: _time.ticks_diff(entry[0], now)):
                self.call_soon(callback, *args)

    def _wait(self):
        timeout = -1
        if self._ready:
            timeout = 0
        elif self._sleeping:
            now = _time.ticks_ms()
            timeout = max(0, min(_time.ticks_diff(entry[0], now) for entry in self._sleeping))
        for event in self._poll.poll(timeout):
            self._poll.unregister(event[0])
            self.call_soon(self._waiting.pop(id(event[0]))[2])

    def _wake(self, task, exception):
        """Has the exception raised where the task pauses."""
        task.pend_throw(exception)
        for sock, event, waiting in list(self._waiting.values()):
            if waiting is task:
                self._poll.unregister(sock)
                del self._waiting[id(sock)]
                self.call_soon(task)
        for entry in self._sleeping:
            if entry[1] is task:
                self._sleeping.remove(entry)
                self.call_soon(task)
                break


def get_event_loop(runq_len=16, waitq_len=16):
    global _loop
    if _loop is None:
        _loop = _Loop(runq_len, waitq_len)
    return _loop


def sleep(secs):
    yield _Sleep(int(secs * 1000))


def sleep_ms(ms):
    yield _Sleep(ms)


def cancel(coro):
    _loop._wake(coro, CancelledError())


def wait_for(coro, secs):
    return wait_for_ms(coro, int(secs * 1000))


def wait_for_ms(coro, ms):
    task = _loop._running

    def expire():
        if task is not None:
            _loop._wake(task, TimeoutError())

    _loop.call_later_ms(ms, expire)
    try:
        return (yield from coro)
    finally:
        task = None


class StreamReader:
    def __init__(self, sock, extra):
        self._sock = self.polls = self.ios = sock
        self._extra = extra

    def read(self, n=-1):
        while True:
            data = self._sock.read() if n < 0 else self._sock.read(n)
            if data is not None:
                return data
            yield _Wait(self._sock, _select.POLLIN)

    def readline(self):
        return (yield from self._gather(lambda data: data[-1:] == b"\n", self._sock.readline))

    def readexactly(self, n):
        data = b""
        while len(data) < n:
            more = yield from self.read(n - len(data))
            if not more:
                break
            data += more
        return data

    def _gather(self, enough, read):
        data = b""
        while not enough(data):
            more = read()
            if more is None:
                yield _Wait(self._sock, _select.POLLIN)
            elif not more:
                break
            else:
                data += more
        return data

    def awrite(self, buf, off=0, sz=-1):
        if isinstance(buf, str):
            raise TypeError("awrite takes bytes")
        left = memoryview(buf)[off : off + sz if sz >= 0 else len(buf)]
        while True:
            left = left[self._sock.write(left) or 0 :]
            if not len(left):
                return
            yield _Wait(self._sock, _select.POLLOUT)

    def awritestr(self, s):
        yield from self.awrite(s.encode())

    def awriteiter(self, iterable):
        for buf in iterable:
            yield from self.awrite(buf)

    def aclose(self):
        yield
        self._sock.close()

    def get_extra_info(self, name, default=None):
        return self._extra.get(name, default)


StreamWriter = StreamReader


def open_connection(host, port, ssl=None):
    sock = _socket.socket()
    sock.connect(_socket.getaddrinfo(host, port)[0][-1])
    sock.setblocking(False)
    yield
    stream = StreamReader(sock, {})
    return stream, stream


def start_server(client_coro, host, port, backlog=10, ssl=None):
    listening = _socket.socket()
    try:
        listening.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        listening.bind(_socket.getaddrinfo(host, port)[0][-1])
        listening.listen(backlog)
        listening.setblocking(False)
        while True:
            yield _Wait(listening, _select.POLLIN)
            sock, address = listening.accept()
            sock.setblocking(False)
            stream = StreamReader(sock, {"peername": address})
            _loop.create_task(client_coro(stream, stream))
    finally:
        listening.close()
