"""A hub of server-sent events: each is encoded once and sent to all clients, which need no task while they keep up."""
from .http import asyncio
from .request import Headers
from .sse import EventStream, encode


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
        """Send an event to all clients; never waits."""
        part = encode(data, event, self.id + 1)
        self.id += 1
        self.ring.append((self.id, part))
        if len(self.ring) > self.replay:
            self.ring.pop(0)
        for client in list(self.clients):
            client.tell(part)

    async def serve(self, req, resp):
        """Take the client over, and return."""
        last = Headers(resp.header_section()).get(b"Last-Event-ID", b"") if self.ring else b""
        client = Client(req, resp, self.heartbeat)
        client.hub = self
        client.begin(None)
        self.clients.add(client)
        resp.app.note(resp)
        # The handler ends here, and with the request goes most of what a connection holds.
        client.task = None
        client.let_go()
        if last.isdigit():
            last = int(last)
            for id, part in self.ring:
                if id > last or last > self.id:  # an id of before the app began anew
                    client.tell(part)


class Client(EventStream):
    """A client of a hub."""

    queue = None  # what waits; there is a task then, which sends it

    def tell(self, part):
        """Send bytes, or have them wait; a client that does not take them loses its place."""
        conn = self.conn
        queue = self.queue
        try:
            if queue is None:
                conn.put(part)
                self.due = conn.app.tick + self.heartbeat
                if conn.out:
                    self.queue = [b""]
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
        """Send what waits."""
        conn = self.conn
        conn.task = asyncio.core.cur_task
        try:
            while self.queue:
                conn.put(self.queue.pop(0))
                conn.credit = 10 * conn.app.min_rate
                await conn.drain()
            self.queue = None
        except (OSError, MemoryError):
            self.leave()

    def free(self):
        self.hub.clients.discard(self)
        super().free()

    leave = lose = end = free
