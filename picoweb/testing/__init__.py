"""A client for an app's tests: in memory and without a socket, through the real parser and the real writer."""
import ujson
from ucollections import namedtuple

from ..http import asyncio, load
from .request import Cookies, encode, join
from .wire import WINDOW, Connection

MAX_REDIRECTS = 10

ServerEvent = namedtuple("ServerEvent", ("data", "event", "id", "retry"))


class WebSocketRefused(Exception):
    """The app did not answer with a WebSocket, but with `answer`."""

    def __init__(self, answer):
        super().__init__(answer)
        self.answer = answer


def method(name):
    """request() for that method."""
    return lambda self, path, **options: self.request(name, path, **options)


class TestClient:
    """A browser for one app: a connection a request; it keeps cookies. `timeout` in seconds, None for none."""

    __test__ = False  # for pytest, which takes every Test... for tests
    prepared = False

    def __init__(self, app, timeout=5):
        self.app = app
        self.timeout = timeout
        self.cookies = Cookies()

    def request(self, method, path, **options):
        """The Answer, to be awaited, or at once where no loop runs. Options: follow, query, headers, body, json, data, files."""
        answer = self.answer(method, path, **options)
        return answer if asyncio.core.cur_task else asyncio.run(answer)

    async def answer(self, method, path, follow=False, **options):
        """The Answer; `follow` goes where redirects lead."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = self.stream(method, path, **options)
            await answer.read_whole()
            where = answer.redirect() if follow else None
            if where is None:
                return answer
            path = where
            options.pop("query", None)
            if answer.status == 303 and method != "HEAD" or answer.status < 303 and method == "POST":
                method = "GET"
                options = {"headers": options.get("headers")}
            elif hasattr(options.get("body"), "__next__"):
                raise ValueError("the body is used up, and the redirect to %s wants it again" % path)
        raise RuntimeError("over %d redirects, the last to %s" % (MAX_REDIRECTS, path))

    get = method("GET")
    head = method("HEAD")
    post = method("POST")
    put = method("PUT")
    patch = method("PATCH")
    delete = method("DELETE")
    options = method("OPTIONS")

    def stream(self, method, path, **options):
        """`async with client.stream(...) as answer` reads while it comes; leaving the block closes the connection."""
        return Answer(self, method, path, options)

    def websocket(self, path, **options):
        """`async with client.websocket(path) as ws` sends and receives. Options: subprotocols, query, headers."""
        return load("testing.websocket").Session(self, path, **options)

    async def raw(self, data):
        """All bytes answered to these, or to an iterable of pieces that arrive one by one, and the end after them."""
        connection = Connection(self, "raw()", [data] if isinstance(data, (bytes, bytearray)) else data)
        connection.stream.ended = True
        ended = False
        try:
            connection.start()
            while await connection.fill():
                pass
            ended = True
        finally:
            await connection.close(ended)
        connection.check()
        return connection.buf


class Answer:
    """What the app answered: status (int), reason, headers, body (bytes), cookies; or, streamed, what it answers."""

    status = 0
    reason = ""
    body = None  # until it was read
    rest = b""  # of a part of which a line was read

    def __init__(self, client, method, path, options):
        self.client = client
        self.method = method
        self.path, pieces = encode(client, method, path, **options)
        self.connection = Connection(client, "%s %s" % (method, self.path), pieces)

    def __repr__(self):
        body = self.body
        if body and len(body) > 200:
            body = body[:200] + b"..."
        return "<Answer %d %s to %s %s: %r>" % (self.status, self.reason, self.method, self.path, body)

    @property
    def text(self):
        """The body as str."""
        return self.body.decode()

    def json(self):
        """What the body says in JSON."""
        return ujson.loads(self.body)

    async def begin(self):
        """Sends the request, and reads the head of the answer."""
        self.connection.start()
        self.status, self.reason, self.headers = await self.connection.head(self.method)
        self.cookies = self.client.cookies.keep(self.headers.get_all("Set-Cookie"), self.path)

    async def read_whole(self):
        try:
            await self.begin()
            self.body = await self.rest_of_body()
        finally:
            await self.connection.close(self.connection.ended)
        self.connection.check()

    async def __aenter__(self):
        try:
            await self.begin()
        except BaseException:
            await self.connection.close(False)
            raise
        return self

    async def __aexit__(self, kind, exc, trace):
        await self.connection.close(self.connection.ended)
        if kind is None:
            self.connection.check()

    def __aiter__(self):
        return Each(self.part)

    def lines(self):
        """For `async for`: the lines, str without their end."""
        return Each(self.line)

    def events(self):
        """For `async for`: server-sent events with data, event, id and retry."""
        return Each(self.event)

    async def read(self, n=-1):
        """`n` bytes, less only at the end of the body; all of it for -1."""
        self.connection.allow()
        if n < 0:
            self.body = await self.rest_of_body()
            return self.body
        parts = []
        while n > 0:
            part = await self.next_part(n)
            if part is None:
                break
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    async def part(self):
        """The bytes that come next, None at the end."""
        self.connection.allow()
        return await self.next_part()

    async def line(self):
        """The next line, None at the end."""
        self.connection.allow()
        return await self.next_line()

    async def event(self):
        """The next server-sent event, None at the end."""
        self.connection.allow()
        data = []
        found = {}
        while True:
            line = await self.next_line()
            if line is None:
                return None
            if not line:
                if data:
                    kind = found.get("event", "message")
                    return ServerEvent("\n".join(data), kind, found.get("id"), found.get("retry"))
                found = {}
            name, _, value = line.partition(":")
            if value[:1] == " ":
                value = value[1:]
            if name == "data":
                data.append(value)
            elif name in ("event", "id"):
                found[name] = value
            elif name == "retry" and value.isdigit():
                found[name] = int(value)

    async def next_part(self, n=WINDOW):
        if not self.rest:
            return await self.connection.part(n)
        part = self.rest[:n]
        self.rest = self.rest[n:]
        return part

    async def rest_of_body(self):
        parts = []
        while True:
            part = await self.next_part()
            if part is None:
                return b"".join(parts)
            parts.append(part)

    async def next_line(self):
        text = b""
        while b"\n" not in text:
            part = await self.next_part()
            if part is None:
                break
            text += part
        if not text:
            return None
        line, _, self.rest = text.partition(b"\n")
        return (line[:-1] if line[-1:] == b"\r" else line).decode()

    def redirect(self):
        """The path where a redirect leads; None where this is none, or one to another host."""
        if self.status in (301, 302, 303, 307, 308) and "Location" in self.headers:
            return join(self.path, self.headers["Location"])
        return None

    # A coroutine that has ended: asyncio.run() takes a request that was answered at once

    def send(self, value):
        raise StopIteration(self)

    def throw(self, error):
        raise error

    def close(self):
        pass

    def __await__(self):
        return self
        yield


class Each:
    """What `async for` goes over: the results of a coroutine function up to None."""

    def __init__(self, step):
        self.step = step

    def __aiter__(self):
        return self

    async def __anext__(self):
        value = await self.step()
        if value is None:
            raise StopAsyncIteration
        return value
