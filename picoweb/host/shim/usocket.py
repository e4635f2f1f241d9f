"""MicroPython's `socket` on CPython: a socket is a stream, with `read`, `readinto`, `readline` and `write`."""

import socket as _socket
from socket import *  # noqa: F403

_PEEK = 512  # bytes to look for the end of a line in


class socket(_socket.socket):
    """A socket that takes `str` as well as bytes."""

    def accept(self):
        peer, address = super().accept()
        timeout = peer.gettimeout()
        stream = socket(peer.family, peer.type, peer.proto, peer.detach())
        stream.settimeout(timeout)
        return stream, address

    def send(self, data, *flags):
        return super().send(_buffer(data), *flags)

    def sendall(self, data, *flags):
        return super().sendall(_buffer(data), *flags)

    def write(self, data, size=None):
        """Send all of `data`, or its first `size` bytes; the result is their number, None where it would block."""
        data = memoryview(_buffer(data))[:size]
        sent = 0
        while sent < len(data):
            try:
                sent += super().send(data[sent:])
            except BlockingIOError:
                return sent or None
        return sent

    def read(self, size=-1):
        """`size` bytes, fewer only at the end; everything up to the end where it is negative. None: it would block."""
        parts = []
        while size:
            try:
                part = self.recv(min(size, 65536) if size > 0 else 65536)
            except BlockingIOError:
                return b"".join(parts) or None
            if not part:
                break
            parts.append(part)
            size -= len(part) if size > 0 else 0
        return b"".join(parts)

    def readinto(self, buf, size=None):
        """Fill `buf`, or its first `size` bytes; the result is the number of bytes. None: it would block."""
        view = memoryview(buf)[:size]
        data = self.read(len(view))
        if data is None:
            return None
        view[: len(data)] = data
        return len(data)

    def readline(self):
        """A line with its end, or what is left before the end of the stream. None: it would block."""
        parts = []
        while not parts or not parts[-1].endswith(b"\n"):
            try:
                seen = self.recv(_PEEK, _socket.MSG_PEEK)
            except BlockingIOError:
                return b"".join(parts) or None
            if not seen:
                break
            parts.append(self.recv(seen.find(b"\n") + 1 or len(seen)))
        return b"".join(parts)


def _buffer(data):
    return data.encode() if isinstance(data, str) else data
