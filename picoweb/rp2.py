"""What lwIP of a Pico W needs: few connections, and few large answers at once. The core loads it there, and nowhere else."""
from .http import Connection, asyncio, coroutine

LARGE = 2  # answers at once that may fill lwIP's heap with what their clients do not take
sending = []  # the connections of these


class LwipConnection(Connection):
    """A client's connection on lwIP, whose send() may wait in C for 10 seconds, and lose what it took, while its heap is full."""

    paced = True

    @coroutine
    def drain(self):
        """As Connection's; an answer that has more to come first waits until it is one of the LARGE."""
        if self.framing and self.keep is not None:
            while self not in sending:
                if len(sending) < LARGE:
                    sending.append(self)
                else:
                    yield from asyncio.sleep_ms(20)
        yield from Connection.drain(self)
        if self.framing and self.framing < 0:  # a stream may go on for ever: its place is for a piece
            self.leave_sending()

    def leave_sending(self):
        if self in sending:
            sending.remove(self)

    def done(self):
        """Forget the request and its answer."""
        self.leave_sending()
        Connection.done(self)

    def close(self):
        """Close the stream, and free the slot."""
        self.leave_sending()
        Connection.close(self)


def adapt(app_class):
    """Return the class of apps of this platform."""
    app_class.connection = LwipConnection
    app_class.max_connections = 4  # the stock firmware has five, of which one is to say 503
    return app_class
