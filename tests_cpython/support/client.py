"""A raw-socket HTTP client: sends the bytes it is given and reads the answer strictly, with h11."""

import json
import re
import socket
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import h11

READ = 65536
AGAIN = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def json_post(path, obj):
    """The bytes of a request that posts a value as JSON."""
    body = json.dumps(obj).encode()
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body)


@dataclass
class Response:
    """One whole response; header names are lower-case bytes."""

    status: int
    reason: str
    version: bytes
    headers: list
    body: bytes = b""
    interim: list = field(default_factory=list)  # statuses of the 1xx that came first
    head: bytes = b""

    def get(self, name, default=None):
        return dict(self.headers).get(name.lower().encode(), default)

    def options(self):
        """The options of Connection, in lower case."""
        values = b",".join(value for name, value in self.headers if name == b"connection")
        return [option.strip().lower() for option in values.split(b",") if option.strip()]

    @property
    def says_close(self):
        return b"close" in self.options()

    @property
    def text(self):
        return self.body.decode()


class Connection:
    """A socket whose answers are parsed one after another; what was read past one belongs to the next."""

    strict = True  # whether the head is picoweb's own
    says_close = False  # whether the last response did
    left = False

    def __init__(self, port, timeout=10, strict=True):
        self.strict = strict
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)
        return self

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Leave with an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def receive(self):
        data = self.sock.recv(READ)
        self.ended = not data
        return data

    def everything(self):
        """All bytes up to the end of the connection, unparsed; who is refused leaves, as a browser does."""
        data = self.rest
        while not self.ended:
            data += self.receive()
            if data[9:10] in (b"4", b"5") and b"\r\nConnection: close\r\n" in data:
                self.leave(b"")
        self.rest = b""
        return data

    def response(self, method="GET"):
        """The next response to a request of that method; raises h11's error where it is malformed."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        parser.send(h11.EndOfMessage())
        seen = self.rest
        if self.rest:
            parser.receive_data(self.rest)
        answer, interim, body = None, [], []
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                data = self.receive()
                if not data and seen.count(b"\r\n\r\n") == len(interim) and seen[-4:] in (b"", b"\r\n\r\n"):
                    raise ConnectionError("closed without a response")
                seen += data
                parser.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                answer = Response(event.status_code, event.reason.decode(), event.http_version,
                                  list(event.headers), interim=interim)
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                raise ConnectionError("closed without a response")
        self.rest = parser.trailing_data[0]
        answer.body = b"".join(body)
        for _ in interim:
            seen = seen.partition(b"\r\n\r\n")[2]
        answer.head = seen.partition(b"\r\n\r\n")[0]
        if self.strict:
            check(answer)
        self.says_close = answer.says_close
        return answer

    def leave(self, data):
        """Send a last time, where the server still reads."""
        if not self.left:
            self.left = True
            try:
                self.send(data).half_close()
            except OSError:
                pass

    def closes(self):
        """True where the peer closes and sends no byte more; if it said so, also to whoever asks again."""
        if self.rest:
            return False
        try:
            if self.says_close:
                self.leave(AGAIN)
            return not self.receive()
        except ConnectionResetError:
            self.ended = True
            return True


def check(answer):
    """What h11 lets pass and docs/http.md does not."""
    assert re.fullmatch(rb"HTTP/1\.[01] \d{3} [A-Z][A-Za-z' -]*[A-Za-z]", answer.head.split(b"\r\n")[0]), answer.head
    assert answer.reason != "NA", "no reason phrase"
    assert b"\n" not in answer.head.replace(b"\r\n", b""), "a bare LF in the head"
    names = [name for name, _ in answer.headers]
    for name in (b"content-length", b"transfer-encoding", b"content-type", b"date"):
        assert names.count(name) <= 1, "two of %r" % name
    framing = {b"content-length", b"transfer-encoding"} & set(names)
    assert len(framing) <= 1, "Content-Length together with Transfer-Encoding"
    assert answer.status != 204 or not framing, "framing on a 204"
    if b"date" in names:
        parsedate_to_datetime(answer.get("date").decode())
