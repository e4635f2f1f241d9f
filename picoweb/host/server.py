"""picoweb's own server on CPython: the transports of asyncio as the streams that the core reads and writes."""

import asyncio
from errno import ECONNRESET, EPIPE

from picoweb import http

from .shim import uasyncio

READ_AHEAD = 16384  # bytes of a connection that wait for the app
HOLD = 16384  # bytes of an answer that wait for more, or are sent at once
CLOSE_S = 5  # without a byte taken of what was written before the close


class Stream(asyncio.BufferedProtocol):
    """A client's transport as the core has a stream: it neither blocks nor waits."""

    transport = None
    begin = end = 0  # of what was received and is not read
    paused = False  # it reads no more ahead
    is_over = False  # the client sends no more
    unsent = False  # the transport has bytes that have not left
    lost = None  # what ended the connection
    closing = None  # the timer of the close

    def __init__(self, app):
        self.app = app
        self.buffer = memoryview(bytearray(READ_AHEAD))
        self.waiting = []  # futures of tasks

    # What asyncio calls

    def connection_made(self, transport):
        self.adopt(transport)
        conn = self.app.connection(self.app, self, self, transport.get_extra_info("peername"))
        uasyncio.create_task(self.app._handle(conn, conn))

    def adopt(self, transport):
        """Serve a transport, from its start or from now on."""
        self.transport = transport
        # Whatever is buffered counts as unsent. With 0 the protocol of TLS would pause with nothing to send.
        transport.set_write_buffer_limits(high=1)

    def get_buffer(self, size_hint):
        return self.buffer[self.end :]

    def buffer_updated(self, n):
        self.end += n
        if self.end == len(self.buffer):
            self.paused = True
            self.transport.pause_reading()
        self.wake()

    def eof_received(self):
        self.is_over = True
        self.wake()
        return self.transport.get_extra_info("sslcontext") is None  # else it stays open for the answer

    def pause_writing(self):
        self.unsent = True

    def resume_writing(self):
        self.unsent = False
        self.wake()

    def connection_lost(self, e):
        self.is_over = True
        self.unsent = False
        self.lost = e or ConnectionError(EPIPE, "the connection is closed")
        if self.closing:
            self.closing.cancel()
        self.wake()

    # What the core calls

    def readinto(self, buf):
        """Move bytes to `buf`; return their number, None if there are none yet, 0 at the end."""
        n = min(len(buf), self.end - self.begin)
        if not n:
            if isinstance(self.lost, OSError) and self.lost.errno != EPIPE:
                raise OSError(ECONNRESET, str(self.lost))
            return 0 if self.is_over else None
        buf[:n] = self.buffer[self.begin : self.begin + n]
        self.begin += n
        if self.begin == self.end:
            self.begin = self.end = 0
            if self.paused:
                self.paused = False
                self.transport.resume_reading()
        return n

    def write(self, data):
        """Hand bytes to the transport; return their number, None while it has some that have not left."""
        if self.lost or self.transport.is_closing():
            raise BrokenPipeError(EPIPE, "the connection is closed")
        if self.unsent:
            return None
        self.transport.write(bytes(data))
        return len(data)

    def close(self):
        """Close when all has left; at once if the client takes nothing for CLOSE_S."""
        if not self.lost and not self.closing:
            self.transport.close()
            self.look_after(self.transport.get_write_buffer_size() + 1)

    def look_after(self, unsent):
        left = self.transport.get_write_buffer_size()
        if left < unsent:
            self.closing = self.loop().call_later(CLOSE_S, self.look_after, left)
        else:
            self.transport.abort()

    def ready(self, writing):
        """Return a future for a task to yield, or None if it need not wait."""
        if not self.unsent if writing else self.begin < self.end or self.is_over:
            return None
        future = self.loop().create_future()
        future._asyncio_future_blocking = True  # as `await` has it
        self.waiting.append(future)
        return future

    def wake(self):
        waiting = self.waiting
        if waiting:
            self.waiting = []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    def loop(self):
        return asyncio.get_running_loop()

    def get_extra_info(self, name, default=None):
        return self.transport.get_extra_info(name, default)


def take_over(app, reader, writer):
    """Return a Stream in place of the two of asyncio's start_server(), with what they have received."""
    reader = getattr(reader, "_reader", reader)
    writer = getattr(writer, "_writer", writer)
    transport = writer.transport
    stream = Stream(app)
    received = bytes(reader._buffer)
    if len(received) > READ_AHEAD:
        stream.buffer = memoryview(bytearray(received))
    stream.buffer[: len(received)] = received
    stream.end = len(received)
    stream.is_over = reader._eof
    stream.adopt(transport)
    transport.set_protocol(stream)
    transport.resume_reading()
    return stream


class HostConnection(http.Connection):
    """A connection on CPython, whose tasks count how often they were cancelled."""

    hold = HOLD

    def expire(self):
        """End what the connection waits for: its time is over."""
        super().expire()
        if hasattr(self.task, "uncancel"):  # 3.11: else the task would count as cancelled from now on
            self.task.uncancel()


class Connection(HostConnection):
    """A client's connection of picoweb's own server, or of an app's own call of start_server()."""

    hold = 1024  # others have their turn after so many bytes

    def __init__(self, app, reader, writer, address=None):
        if not isinstance(writer, Stream):
            writer = reader = take_over(app, reader, writer)
            address = writer.get_extra_info("peername")
        super().__init__(app, reader, writer, address)

    def ready(self, writing):
        return self.stream.ready(writing)
