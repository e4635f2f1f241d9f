"""A connection that a handler has taken over, for WebSockets and event streams: a client that leaves is noticed."""
from .http import Lost, asyncio, block


class Kept:
    """Stands for a connection in app.connections, and looks at its client each second."""

    req = keep = None  # it is evicted only from a host that has most
    deadline = since = 0  # app.tick at which the sweep calls expire(); who is kept has waited longest
    task = None  # the handler's, which is cancelled if the client is lost
    reading = writer = None  # the tasks that wait for the client
    ended = False  # the client sends no more, or is lost

    def take_over(self, conn, keep):
        """Have the head of the answer leave, and take the connection's place."""
        app = conn.app
        self.conn = conn
        self.host = conn.host
        self.task = asyncio.core.cur_task
        self.deadline = app.tick + 1
        conn.send()
        conn.keep = keep
        conn.mute = False
        if conn in app.connections:
            app.connections.remove(conn)
        app.connections.append(self)  # at last: what is there is looked at, and given back

    def let_go(self):
        """Have a fresh Connection, without all that the one of a request holds."""
        conn = self.conn
        app = conn.app
        if type(conn) is app.connection:
            fresh = app.connection(app, conn.below or conn.stream, conn.stream, conn.address)
            fresh.keep = fresh.task = None
            fresh.host = conn.host
            if conn.ends:
                fresh.ends = conn.ends
            self.conn = fresh

    def expire(self):
        """Look at the client; called each second."""
        conn = self.conn
        tick = conn.app.tick
        self.deadline = tick + 1
        try:
            if conn.closed:
                self.free()
            elif 0 < conn.deadline <= tick:  # a write that takes too long
                conn.expire()
            else:
                self.look(tick)
        except OSError:
            self.lose()
        except MemoryError:  # the next look may find more
            pass

    def peek(self):
        """Return the number of bytes that have come, which are then in `block`; Lost if the client has left."""
        conn = self.conn
        if conn.out or conn.deadline:  # a write tells, and has its own end
            return 0
        n = conn.attempt(conn.stream.readinto, block)
        if n == 0:
            raise Lost(32, conn)
        return n or 0

    def lose(self):
        """Wake the tasks that wait for a client which is lost, or else cancel the handler's."""
        conn = self.conn
        self.ended = True
        for task in (self.reading, self.writer) if self.reading or self.writer else (self.task,):
            if task and task is not asyncio.core.cur_task:
                conn.task = task
                conn.expire()

    end = lose

    def cut(self):
        """End it at once, without a word."""
        self.lose()
        self.free()

    def free(self):
        """Close the connection, and give its slot back."""
        conn = self.conn
        connections = conn.app.connections
        if self in connections:
            connections.remove(self)
        if not conn.closed:
            conn.close()
            for hook in conn.ends:
                hook(conn)
