"""A hub of server-sent events: each is encoded once and sent to all clients, which need no task while they keep up."""
from .response import has_unsent, send
from .sse import EventStream, encode
from .stream import asyncio


class Hub:
    """Sends to many. `size`: events a slow client may be behind before it loses the oldest, or its connection with `drop`.

    `replay`: events kept for clients that come back.
    """

    def __init__(self, size=16, replay=0, drop=False, heartbeat=5):
        self.size = size
        self.replay = replay
        self.drop = drop
        self.heartbeat = heartbeat
        self.clients = set()
        self.ring = []  # (id, bytes)
        self.id = 0

    def publish(self, data, event=None):
        """Sends an event to all clients; never waits."""
        part = encode(data, event, self.id + 1)
        self.id += 1
        self.ring.append((self.id, part))
        if len(self.ring) > self.replay:
            self.ring.pop(0)
        for client in list(self.clients):
            client.tell(part)

    async def serve(self, req, resp):
        """Takes the client over, and returns."""
        for other in list(self.clients):
            if other.conn.broken:  # of which only an ASGI server tells
                other.leave()
        client = Client(req, resp, self.heartbeat)
        await client.__aenter__()
        last = getattr(req, "headers", {}).get(b"Last-Event-Id", b"") if self.ring else b""
        # The handler ends here, and with the request goes most of what a connection holds.
        client.task = resp.req = resp.head = resp.keep = None
        client.hub = self
        self.clients.add(client)
        if last.isdigit():
            last = int(last)
            for id, part in self.ring:
                if id > last or last > self.id:  # an id of before the app began anew
                    client.tell(part)


class Client(EventStream):
    """A client of a hub."""

    queue = None  # what waits; there is a task then, which sends it

    def cancel(self):
        self.tell(b":\n\n")

    def tell(self, part):
        """Sends bytes, or has them wait; a client that does not take them loses its place."""
        conn = self.conn
        queue = self.queue
        try:
            if queue is None:
                self.listen()
                send(conn, part)
                if has_unsent(conn):
                    self.queue = []
                    asyncio.create_task(self.catch_up())
            else:
                queue.append(part)
                if len(queue) > self.hub.size:
                    queue.pop(0)
                    if self.hub.drop:
                        self.leave()
        except (OSError, MemoryError):
            self.leave()

    async def catch_up(self):
        conn = self.conn
        try:
            await conn.drain()
            while self.queue:
                send(conn, self.queue.pop(0))
                await conn.drain()
            self.queue = None
            self.listen()
        except (OSError, MemoryError):
            self.leave()

    def leave(self):
        self.hub.clients.discard(self)
        asyncio.create_task(self.conn.aclose())
