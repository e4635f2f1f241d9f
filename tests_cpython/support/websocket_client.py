"""A raw WebSocket client: sends the frames it is given, right or wrong, and reads the server's strictly."""

import base64
import hashlib
import os
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode, data=b"", fin=True, rsv=0, masked=True, size_of_length=None, length=None):
    """A frame; the last arguments make it a wrong one."""
    length = len(data) if length is None else length
    if size_of_length is None:
        size_of_length = 0 if length < 126 else 2 if length < 65536 else 8
    head = bytes([fin << 7 | rsv << 4 | opcode])
    short = {0: length, 2: 126, 8: 127}[size_of_length]
    head += bytes([masked << 7 | short]) + length.to_bytes(8, "big")[8 - size_of_length:]
    if not masked:
        return head + data
    mask = os.urandom(4)
    key = int.from_bytes((mask * (len(data) // 4 + 1))[:len(data)], "big")
    return head + mask + (int.from_bytes(data, "big") ^ key).to_bytes(len(data), "big")


def closing(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def handshake(path="/ws/echo", host="127.0.0.1", without=(), **changed):
    """The bytes of a request for the upgrade; `Sec_WebSocket_Key="x"` changes a field."""
    fields = {
        "Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    fields.update({name.replace("_", "-"): value for name, value in changed.items()})
    lines = ["%s: %s\r\n" % item for item in fields.items() if item[0] not in without]
    return ("GET %s HTTP/1.1\r\n%s\r\n" % (path, "".join(lines))).encode("latin-1")


class Peer:
    """One WebSocket of a server: `with Peer(server, path) as peer`."""

    def __init__(self, server, path="/ws/echo", after=b"", timeout=10, **changed):
        self.connection = server.connect(timeout)
        request = handshake(path, **changed)
        self.connection.send(request + after)
        self.rest = b""
        self.head = self.read_head()
        key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0]
        expected = base64.b64encode(hashlib.sha1(key + GUID).digest())
        assert self.head.startswith(b"HTTP/1.1 101 "), self.head
        assert self.field("Sec-WebSocket-Accept") == expected.decode()
        assert self.field("Upgrade").lower() == "websocket" and self.field("Connection").lower() == "upgrade"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.connection.sock.close()

    def read_head(self):
        while b"\r\n\r\n" not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        return head

    def field(self, name):
        for line in self.head.decode().split("\r\n")[1:]:
            if line.lower().startswith(name.lower() + ":"):
                return line.partition(":")[2].strip()
        return None

    def more(self):
        data = self.connection.receive()
        assert data, "the connection ended"
        self.rest += data

    def send(self, *frames):
        self.connection.send(b"".join(frames))
        return self

    def chop(self, data, size):
        """Sends the bytes in packets of that size."""
        for at in range(0, len(data), size):
            self.connection.send(data[at:at + size])
        return self

    def need(self, size):
        while len(self.rest) < size:
            self.more()

    def receive(self):
        """(opcode, data) of the next frame, which must be a whole message, unmasked, of the shortest length field."""
        self.need(2)
        first, size, at = self.rest[0], self.rest[1], 2
        assert first & 0xF0 == 0x80, "a frame that begins with %#x" % first
        assert size < 128, "a masked frame"
        if size > 125:
            at = 4 if size == 126 else 10
            self.need(at)
            size = int.from_bytes(self.rest[2:at], "big")
            assert size >= (126 if at == 4 else 65536)
        self.need(at + size)
        data = self.rest[at:at + size]
        self.rest = self.rest[at + size:]
        return first & 15, data

    def close_code(self):
        """The code of the close, which must come next; None where it has none."""
        opcode, data = self.receive()
        assert opcode == CLOSE, (opcode, data[:50])
        data[2:].decode()
        return int.from_bytes(data[:2], "big") if data else None

    def ends(self):
        """Whether the server ends the connection, and sends nothing more."""
        return not self.rest and self.connection.closes()
