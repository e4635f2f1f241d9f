"""A hub of server-sent events: each is encoded once and sent to all clients, which need no task while they keep up."""

from typing import Any

from picoweb.sse import EventStream
from picoweb.http import Connection, HTTPRequest

class Hub:
    """Sends to many. `size`: events a slow client may be behind before it loses the oldest, or its connection with `drop`.

    `replay`: events kept for clients that come back. `heartbeat`: seconds without an event after which a comment is sent.
    """

    size: int
    replay: int
    drop: bool
    heartbeat: int
    clients: set[Client]
    id: int  # of the last event

    def __init__(self, size: int = 16, replay: int = 0, drop: bool = False, heartbeat: int = 5) -> None: ...
    def publish(self, data: Any, event: str | None = None) -> None:
        """Sends an event to all clients: str, UTF-8 bytes, or what becomes JSON; never waits.

        ValueError for a line end or NUL in `event`. Not for an interrupt or another thread.
        """

    async def serve(self, req: HTTPRequest, resp: Connection) -> None:
        """Takes the client over after the events that its Last-Event-ID says it has missed, and returns."""

class Client(EventStream):
    """A client of a hub."""

    hub: Hub
    queue: list[bytes] | None  # what waits; there is a task then, which sends it
