"""Finds the handler of a request: patterns, methods, mounted apps, middleware."""
from .errors import Refusal
from .stream import late
from .utils import unquote_plus


def attach(app):
    """Every request of the app is to come here: a route alone does not decide it."""
    app.find = lambda req: find(app, req)


def find(app, req):
    """The handler of a request as a function of (req, resp); Refusal 400, 404 or 405."""
    if "%" in req.path:
        req.path = decode(req)
    if req.path == "*":
        return lambda req, resp: ("", 204)
    return find_in(app, req)


def find_in(app, req):
    req.app = app
    if app.middleware:
        return lambda req, resp: late("middleware").chain(app, req, resp)
    return find_route(app, req)


def decode(req):
    path = req.path.replace("+", "%2B")
    decoded = unquote_plus(path)
    if decoded == path or "\0" in decoded:
        req.conn.keep = False
        raise Refusal(400, "a malformed %-escape in the path")
    return decoded


def find_route(app, req):
    if app.mounts:
        sub = late("mounts").find(app, req)
        if sub:
            return find_in(sub, req)
    allowed = []
    for route in app.url_map:
        values = match(req, route[0], route[2:])
        if values is None:
            continue
        extra = route[2] if route[2:] else {}
        methods = extra.get("methods")
        if methods:
            methods = [method.upper() for method in methods]
            if "GET" in methods:
                methods.append("HEAD")
            if req.method not in methods:
                allowed += [method for method in methods if method not in allowed]
                continue
        if extra:
            req.extra = extra
        handler = route[1]
        if isinstance(handler, str):
            handler = getattr(app, handler)
        if values:
            return lambda req, resp: handler(req, resp, **values)
        return handler
    if not allowed:
        raise Refusal(404, "no route for this path")
    allow = {"Allow": ", ".join(allowed + [m for m in ("OPTIONS",) if m not in allowed])}
    if req.method == "OPTIONS":
        return lambda req, resp: ("", 204, allow)
    raise Refusal(405, "not for " + req.method, allow)


def match(req, url, extra):
    """The values that a route's pattern takes from the path, {} for none; None where it does not match."""
    path = req.path
    if not isinstance(url, str):
        found = url.match(path)
        if found:
            req.url_match = found
            return {}
        return None
    if url == path:
        return {}
    if extra and extra[0].get("prefix"):
        return {} if path.startswith(url) else None
    return late("patterns").match(url, path) if "<" in url else None
