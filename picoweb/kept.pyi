"""A connection that a handler has taken over, for WebSockets and event streams: a client that leaves is noticed."""

from typing import Any

from picoweb.http import Connection

class Kept:
    """Stands for a connection in app.connections, and looks at its client each second."""

    conn: Connection
    task: Any  # the handler's, which is cancelled if the client is lost
    deadline: int  # app.tick at which the sweep calls expire()
    ended: bool  # the client sends no more, or is lost

    def expire(self) -> None:
        """Look at the client; called each second."""

    def end(self) -> None:
        """End at once or soon: the app stops."""

    def free(self) -> None:
        """Close the connection, and give its slot back."""
