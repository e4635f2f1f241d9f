"""What happens when the table of connections is full."""
from .stream import late
from .timeout import cancel


class Full:
    """Stands for an app whose other connections are all in requests: answers 503 while that is so."""

    def __init__(self, app):
        self.app = app
        self.fields = app.fields

    def __getattr__(self, name):
        return getattr(self.app, name)

    def find(self, req):
        app = self.app
        if len(app.connections) > app.max_connections:
            raise late("errors").Refusal(503, "all %d connections are in use" % app.max_connections)
        req.conn.app = app
        return app.find(req)


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
        newest.app = Full(app)
        return
    oldest.keep = False
    if app.log and app.debug >= 1:
        app.log.debug("evicted a connection for a newcomer")
    cancel(oldest)
