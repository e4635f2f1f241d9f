"""Finds the handler of a request: patterns, methods, mounted apps, middleware."""
from .stream import late


def find(app, req):
    """The handler of a request as a function of (req, resp); HTTPException 400, 404 or 405."""
    decode(req)
    return find_route(app, req)


def attach(app):
    """Every request of an app with middleware or mounted apps is to come here: a route alone does not decide it."""
    app.find = lambda req: find_in(app, decode(req))


def find_in(app, req):
    req.app = app
    if app.middleware:
        return lambda req, resp: late("middleware").chain(app, req, resp)
    return find_route(app, req)


def decode(req):
    """Decodes the path of a request, and answers it."""
    if "%" in req.path:
        path = req.path.replace("+", "%2B")
        req.path = late("utils").unquote_plus(path)
        if req.path == path or "\0" in req.path:
            req.conn.keep = False
            refuse(400, "a malformed %-escape in the path")
    return req


def refuse(status, why, headers=None):
    raise late("errors").Refusal(status, why, headers)


def find_route(app, req):
    if app.mounts:
        sub = late("mounts").find(app, req)
        if sub:
            return find_in(sub, req)
    if req.path == "*":
        return lambda req, resp: ("", 204)
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
        refuse(404, "no route for this path")
    if "OPTIONS" not in allowed:
        allowed.append("OPTIONS")
    allow = {"Allow": ", ".join(allowed)}
    if req.method == "OPTIONS":
        return lambda req, resp: ("", 204, allow)
    refuse(405, "not for " + req.method, allow)


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
