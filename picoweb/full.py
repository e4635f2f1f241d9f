"""What happens when the table of connections is full."""
from .stream import late
from .faults import cancel, count


def make_room(app):
    """The connection that has waited longest for a head goes; where there is none, the newest is told 503."""
    oldest = None
    for conn in app.connections[:-1]:
        if conn.req is None and conn.keep:
            since = conn.since if conn.buf else conn.deadline - app.idle_timeout
            if oldest is None or since < oldest_since:
                oldest = conn
                oldest_since = since
    newest = app.connections[-1]
    if oldest is None:
        newest.app = late("busy").Full(app)
        return
    oldest.keep = False
    count(app, "evicted")
    if app.log and app.debug >= 1:
        app.log.debug("evicted a connection for a newcomer")
    cancel(oldest)
