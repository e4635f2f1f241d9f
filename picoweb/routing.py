"""Finds the handler of a request: patterns, methods, mounted apps, middleware."""
import ure

from .errors import HTTPException
from .utils import unquote_plus

patterns = {}  # those in use, by their text


def find(app, req):
    """The handler of a request as a function of (req, resp); HTTPException 400, 404 or 405."""
    if "%" in req.path:
        req.path = decode(req)
    if req.path == "*":
        return lambda req, resp: ("", 204)
    return find_in(app, req)


def find_in(app, req):
    req.app = app
    if app.middleware:
        from .middleware import chain

        return lambda req, resp: chain(app, req, resp)
    return find_route(app, req)


def decode(req):
    path = req.path.replace("+", "%2B")
    decoded = unquote_plus(path)
    if decoded == path or "\0" in decoded:
        req.conn.keep = False
        raise HTTPException(400, "a malformed %-escape in the path")
    return decoded


def find_route(app, req):
    path = req.path
    for prefix, sub in app.mounts:
        if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
            req.path = path[len(prefix) :] or "/"
            sub.init_once()
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
        raise HTTPException(404, "no route for this path")
    allow = {"Allow": ", ".join(allowed + [m for m in ("OPTIONS",) if m not in allowed])}
    if req.method == "OPTIONS":
        return lambda req, resp: ("", 204, allow)
    raise HTTPException(405, "not for " + req.method, allow)


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
    if "<" not in url:
        return None
    if url not in patterns:
        patterns[url] = parse(url)
    return take(patterns[url], 0, path)


def parse(url):
    """A pattern as literals with (type, name) between them; ValueError where it is malformed."""
    literal, *rest = url.split("<")
    parts = [literal]
    for part in rest:
        inside, closed, literal = part.partition(">")
        kind, colon, name = inside.partition(":")
        if not colon:
            kind, name = "str", kind
        elif kind == "re":
            # The expression may hold colons, the name cannot.
            at = name.rfind(":")
            kind, name = ure.compile("^(" + name[:at] + ")$"), name[at + 1 :]
        elif kind not in TYPES:
            raise ValueError("no type %r in the pattern %r" % (kind, url))
        if not closed or not name:
            raise ValueError("the pattern %r is malformed" % url)
        parts.append((kind, name))
        parts.append(literal)
    return parts


def take(parts, at, path):
    """Matches parts[at:] with all of `path`; the longest value first."""
    if not path.startswith(parts[at]):
        return None
    path = path[len(parts[at]) :]
    if at + 1 == len(parts):
        return None if path else {}
    (kind, name), following = parts[at + 1 : at + 3]
    longest = len(path)
    if kind != "path" and "/" in path:
        longest = path.find("/")
    for end in range(longest, 0, -1):
        if path.startswith(following, end):
            value = convert(kind, path[:end])
            values = None if value is None else take(parts, at + 2, path[end:])
            if values is not None:
                values[name] = value
                return values
    return None


def integer(text):
    return int(text) if text.isdigit() else None


def number(text):
    whole, dot, part = text.partition(".")
    return float(text) if whole.isdigit() and part.isdigit() else integer(text)


TYPES = {
    "str": lambda text: text,
    "int": integer,
    "float": number,
    "path": lambda text: text,
}


def convert(kind, text):
    if isinstance(kind, str):
        return TYPES[kind](text)
    return text if kind.match(text) else None
