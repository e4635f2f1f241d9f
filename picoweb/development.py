"""What run(debug=1) tells the log of an app's mistakes: routes that never run, and coroutines that nobody awaits."""
import picoweb

from .checks import name
from .http import Connection, coroutine

WATCHED = (Connection, "awrite awritestr read"), (picoweb, "start_response jsonify http_error sendstream")


def start(app):
    """Tell of the routes, and from now on at the end of each answer of what its handler did not await."""
    for line in repeated(app):
        app.tell("warning", "%s", line)
    if not hasattr(Connection, "unawaited"):
        Connection.unawaited = []
        for owner, names in WATCHED:
            for called in names.split():
                setattr(owner, called, watched(called, getattr(owner, called)))
        done = Connection.done
        Connection.done = lambda conn: tell(conn) or done(conn)


def repeated(app, prefix=""):
    """Return a line for each route of an app, and of those mounted on it, whose path and method an earlier one has."""
    lines = []
    seen = []
    for route in app.url_map:
        url = getattr(route[0], "url", route[0])
        extra = route[2] if len(route) > 2 else {}
        if extra.get("prefix"):
            url += "<path>"
        methods = extra.get("methods", ())
        for first_url, first_methods, first in seen:
            both = [method for method in methods if method in first_methods and (method != "HEAD" or "GET" not in methods)]
            if url == first_url and (both or not first_methods):
                told = ", ".join(both or methods) or "every method", prefix, url, first, name(route[1], extra)
                lines.append("%s of %s%s goes to %s, never to %s" % told)
                break
        seen.append((url, methods, name(route[1], extra)))
    for mounted_at, sub in app.mounts:
        lines += repeated(sub, prefix + mounted_at)
    return lines


def watched(called, function):
    """Return a coroutine function that counts as unawaited until it runs."""

    @coroutine
    def run(conn, call):
        if called in conn.unawaited:
            conn.unawaited.remove(called)
        return (yield from call)

    def make(conn, *args, **kwargs):
        conn.unawaited = conn.unawaited + [called]
        return run(conn, function(conn, *args, **kwargs))

    return make


def tell(conn):
    """Log what the handler of an answer did not await."""
    for called in conn.unawaited:
        conn.app.tell("warning", "%s: %s() was never awaited", conn.name(), called)
    conn.unawaited = []
