"""WebSocket (RFC 6455): `@app.websocket("/ws/<room>")`, or `async with WebSocket(req, resp) as ws` in any handler."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any

from picoweb.http import Connection, Coroutine, HTTPRequest
from picoweb.kept import Kept

class WebSocketClosed(OSError):
    """The WebSocket is closed: 1006 where the client was lost, or takes nothing; other codes are RFC 6455 7.4.1's."""

    code: int
    reason: str

    def __init__(self, code: int, reason: str) -> None: ...

class WebSocket(Kept):
    """A WebSocket; `async with` answers the handshake (HTTPException 400, 403, 426) and closes at its end.

    If the client leaves, receive() and send() raise WebSocketClosed; a handler that does neither is cancelled within two seconds.
    """

    max_message: int  # bytes that receive() takes
    ping_interval: int  # seconds without a byte, after which the client is pinged while a message is waited for
    ping_timeout: int  # seconds in which it has to show life then
    origins: Iterable[str] | None  # whose pages may connect, as "https://example.com", or "*"; None is the host's own
    subprotocols: Iterable[str]  # the best first
    subprotocol: str | None  # the one agreed on
    closed: tuple[int, str] | None  # code and reason
    more: bool  # whether the message that receive_part() read goes on
    is_text: bool  # what that is, or the last one

    def __init__(
        self,
        req: HTTPRequest,
        resp: Connection,
        *,
        max_message: int = 4096,
        ping_interval: int = 30,
        ping_timeout: int = 10,
        origins: Iterable[str] | None = None,
        subprotocols: Iterable[str] = (),
    ) -> None: ...
    def receive(self) -> Coroutine[str | bytes]:
        """The next message; WebSocketClosed where none comes. Over max_message the WebSocket is closed with 1009.

        It may be cancelled, by asyncio.wait_for() say, and called again.
        """

    def receive_text(self) -> Coroutine[str]:
        """The next message; a client that sends bytes is closed with 1003."""

    def receive_part(self) -> Coroutine[bytearray]:
        """What has come of a message of any size, 768 bytes at most; `more` tells whether it goes on."""

    def send(self, data: str | bytes | bytearray | memoryview) -> Coroutine[None]:
        """Sends a message; WebSocketClosed where it cannot leave. Several tasks may send."""

    def close(self, code: int = 1000, reason: str = "") -> Coroutine[None]:
        """Sends the close, after which nothing can be sent; ValueError for a reason over 123 bytes."""

    # `async for message in ws` ends with the close, whatever its code.
    def __aiter__(self) -> WebSocket: ...
    def __anext__(self) -> Coroutine[str | bytes]: ...
    def __aenter__(self) -> Coroutine[WebSocket]: ...
    def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> Coroutine[Any]: ...
