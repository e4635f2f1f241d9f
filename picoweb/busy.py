"""What a newcomer meets while all connections are in requests."""
from .errors import Refusal
from .faults import count


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
            count(app, "refused")
            raise Refusal(503, "all %d connections are in use" % app.max_connections)
        req.conn.app = app
        return app.find(req)
