"""Answers of an app's own to exceptions."""
from .http import HTTPException, coroutine


def errorhandler(app, kind):
    """Decorator of h(req, resp, e), the answer to a status (int) or a class of exceptions; 500 is for all without one."""
    if "errorhandlers" not in app.__dict__:
        app.errorhandlers = {}
        app.explain = lambda req, resp, e: explain(app, req, resp, e)

    def add(handler):
        app.errorhandlers[kind] = handler
        return handler

    return add


def find(handlers, e):
    """Return the handler of an exception: of its status, of the nearest of its classes, of 500; None if there is none."""
    found = isinstance(e, HTTPException)
    if found and e.status in handlers:
        return handlers[e.status]
    nearest = None if found else 500
    for kind in handlers:
        if isinstance(kind, type) and isinstance(e, kind) and (nearest in (None, 500) or issubclass(kind, nearest)):
            nearest = kind
    return handlers.get(nearest)


@coroutine
def explain(app, req, resp, e):
    """As WebApp.explain(), but asks the app's handlers, and those of the apps it is mounted on."""
    handler = req and find(app.errorhandlers, e)
    if not handler:
        above = getattr(app, "above", None)
        return (yield from (above.explain(req, resp, e) if above else type(app).explain(app, req, resp, e)))
    headers = getattr(e, "headers", None)
    hooks = resp.hooks
    if headers:
        resp.at_head(lambda resp: keep(resp, headers))
    try:
        result = handler(req, resp, e)
        return (yield from resp.run(result)) if hasattr(result, "send") else result
    except Exception:
        resp.hooks = hooks
        raise


def keep(resp, headers):
    """Add what an exception had of headers (Allow, WWW-Authenticate), but what the answer sets itself."""
    if isinstance(headers, bytes):
        headers = headers.decode()
    if isinstance(headers, str):
        headers = [line.split(":", 1) for line in headers.split("\r\n") if line]
    own = "\n%s" % resp.extra.lower()
    for name, value in headers.items() if hasattr(headers, "items") else headers:
        key = (name.decode() if isinstance(name, bytes) else name).lower()
        if "\n%s:" % key not in own and key not in ("content-type", "content-length"):
            resp.add_header(name, value.strip() if isinstance(value, str) else value)
