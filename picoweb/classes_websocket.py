"""Methods of a Resource that are WebSockets: `async def ws_chat(self, ws)` is at /chat."""
from . import websocket_session as session
from .classes import ANY, Pages
from .http import HTTPException, asyncio, coroutine
from .request import field
from .websocket import LOST, WebSocket

ConnectionClosed = session.WebSocketClosed


class Socket(WebSocket):
    """A WebSocket that its handler accepts."""

    accepted = False

    @coroutine
    def accept(self, subprotocol=None):
        """Answer the handshake; HTTPException 400, 403 or 426 if it is none of ours."""
        if subprotocol:
            self.subprotocols = (subprotocol,)
        yield from session.accept(self)
        self.accepted = True

    def check(self):
        if not self.accepted:
            raise RuntimeError("a WebSocket that is not accepted")

    @coroutine
    def next_message(self):
        """Return the next message; ConnectionClosed if none comes, also where a server cancels what waits for a lost client."""
        self.check()
        try:
            return (yield from self.receive())
        except asyncio.CancelledError:
            if self.conn.deadline >= 0:
                raise
            self.closed = LOST
            self.ended = True
            raise ConnectionClosed(*LOST)

    @coroutine
    def receive_text(self):
        """Return the next message as a str; ConnectionClosed if none comes, UnicodeError if it is no text."""
        data = yield from self.next_message()
        return data if isinstance(data, str) else bytes(data).decode()

    @coroutine
    def receive_bytes(self):
        """Return the next message as bytes; ConnectionClosed if none comes."""
        data = yield from self.next_message()
        return data.encode() if isinstance(data, str) else data

    @coroutine
    def send_text(self, data):
        """Send a message; ConnectionClosed if it cannot leave, RuntimeError before accept()."""
        self.check()
        yield from self.send(data)

    send_bytes = send_text

    @coroutine
    def close(self, code=1000, reason=None):
        """Send the close; before accept() refuse the handshake."""
        if not self.accepted:
            raise HTTPException(403, reason or "")
        yield from session.close(self, code, reason or "")


class Both:
    """The url of a resource with pages and WebSockets: which is meant, the handshake tells."""

    def __init__(self, url):
        self.pages = url
        self.sockets = sockets = Pages(url.resource)
        sockets.table = {}
        for name in list(url.table):
            if name[:3] == "ws_":
                func, names, defaults = url.table.pop(name)
                sockets.table[name[3:]] = func, names if names is ANY else names[1:], defaults

    def match(self, path):
        """Return what both have found, None if nothing."""
        found = self.pages.match(path), self.sockets.match(path)
        if any(found):
            return found

    def serve(self, req, resp):
        """Answer with a page, or run a WebSocket's method."""
        page, socket = req.url_match
        if field(req, b"upgrade").lower() == b"websocket":
            return run(self.sockets, req, resp, socket)
        req.url_match = page
        if not page:
            raise HTTPException(404)
        return self.pages.serve(req, resp)


@coroutine
def run(url, req, resp, found):
    """Run a WebSocket's method; what is refused before accept() is 403."""
    if not found:
        raise HTTPException(403, "no such WebSocket")
    url.resource._conn = resp
    (func, names, defaults), values = found
    ws = Socket(req, resp)
    failure = None
    try:
        yield from url.call(req, (lambda *values: func(ws, *values), names, defaults), values)
    except Exception as e:
        failure = e
    if not ws.accepted:
        if failure and getattr(failure, "status", 400) != 400:
            raise failure
        if failure and not isinstance(failure, HTTPException):
            raise failure
        raise HTTPException(403, failure.message if failure else "not accepted")
    if not (yield from session.leave(ws, failure)):
        raise failure
