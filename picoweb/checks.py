"""What is wrong with an app's routes, told when they are made and at the start; no client needs it, and it is let go of."""
import sys

from .http import load


def route(app, url, func, extra):
    """Return what url_map has for a route: its pattern is made, its methods are complete; ValueError if it is malformed."""
    path = url
    why = None
    if not isinstance(path, str):
        if not hasattr(path, "match"):
            why = "neither a path nor what has match()"
    elif path[:1] != "/" and path != "*":
        why = 'a path that does not begin with "/"'
    elif "<" in path:
        try:
            url = load("patterns").Pattern(path)
        except ValueError:
            why = "a malformed pattern"
    if not (hasattr(app, func) if isinstance(func, str) else callable(func)):
        why = "a handler that is not callable"
    methods = extra.get("methods")
    if isinstance(methods, str):
        why = "methods that are a str, not a list"
    elif methods:
        methods = extra["methods"] = [method.upper() for method in methods]
        if "GET" in methods and "HEAD" not in methods:
            methods.append("HEAD")
    if why:
        raise ValueError("%s: %s (handler %s)" % (why, path, name(func, extra)))
    return url, func, extra


def name(func, extra):
    """Return what a handler is called."""
    func = extra.get("handler", func)  # a WebSocket's
    return getattr(func, "__name__", func)


def prepare(app):
    """Check all routes; ValueError if one is malformed. With debug >= 1 have the log tell of other mistakes."""
    for at, entry in enumerate(app.url_map):
        parts = len(entry) if isinstance(entry, (tuple, list)) else 0
        if parts not in (2, 3) or parts == 3 and not isinstance(entry[2], dict):
            raise ValueError("not (url, handler) or (url, handler, options): %r" % (entry,))
        made = route(app, entry[0], entry[1], entry[2] if parts == 3 else {})
        if made[0] is not entry[0]:
            app.url_map[at] = made
    if app.debug > 0:
        load("development").start(app)
    sys.modules.pop(__name__, None)
    if hasattr(sys.modules["picoweb"], "checks"):
        del sys.modules["picoweb"].checks
