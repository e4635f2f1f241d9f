"""Functions bound to a path, which return (status, value, …): `@bind("/<int:b>/<a>")`."""
import sys

from .http import HTTPException, coroutine, refuse, to_json
from .patterns import Pattern
from .request import Headers, readexactly
from .utils import unquote_plus

routes = []  # of all bound functions, for WebApp(name, routes)
shapes = []


class EndpointAlreadyDefined(ValueError):
    """A second function for a pattern and a method."""


def signature(func, args, defaults):
    """Return (function, names, defaults) of a function."""
    return func, args, defaults


def bind(path, methods=("GET",), args=(), defaults={}, path_first=False):
    """Decorator of a function: `args` names its parameters; "*" gets all else, "**" a dict of it as the last argument.

    A field of the query comes before the path's value of that name, unless `path_first`.
    """
    url, *parts = ("/" + path.strip("/")).split("<")
    inside = []
    for part in parts:
        name, _, literal = part.partition(">")
        kind, _, name = name.rpartition(":")
        inside.append(name)
        url += "<%s%s>%s" % (kind + ":" if kind in ("int", "float") else "", name, literal)
    pattern = Pattern(url)
    for method in methods:
        shape = method, pattern.parts[::2]
        if shape in shapes:
            raise EndpointAlreadyDefined(path)
        shapes.append(shape)

    def add(func):
        routes.append((pattern if parts else url, lambda req, resp, **found: call(req, found, inside, path_first, bound), {"methods": list(methods)}))
        bound = signature(func, args, defaults)
        return func

    return add


@coroutine
def call(req, found, inside, path_first, bound):
    """Return what a function answers to a request; HTTPException 406 if it returns no tuple that begins with a status."""
    func, names, defaults = bound
    fields = []
    inside = [found[name] for name in inside if name not in names]
    for part in req.qs.split("&"):
        name, _, value = map(unquote_plus, part.partition("="))
        if value and not (path_first and name in found):
            fields.append((name, value))
    found.update(fields)
    values = []
    for name in names:
        if name[:1] != "*":
            values.append(found.pop(name, defaults.get(name)))
        else:
            headers = {}
            for field, value in Headers(req.conn.header_section()).items():
                headers[field.decode().lower()] = value.decode()
            body = yield from readexactly(req.conn)
            try:
                body = body.decode() if body else None
            except UnicodeError:
                refuse("not UTF-8")
            context = [("method", req.method), ("headers", headers), ("data", body)]
            if name == "*":
                values += [field[1] for field in fields if field[0] not in names]
                values += inside + [field[1] for field in context]
            else:
                found.update(context)
                values.append(found)
    result = func(*values)
    if hasattr(result, "send"):
        result = yield from result
    if not isinstance(result, tuple) or not result or not isinstance(result[0], int):
        raise HTTPException(406, "no tuple that begins with a status")
    if result[0] > 399:
        raise HTTPException(result[0])
    value = result[1] if len(result) == 2 else result[1:] or None
    return to_json(value), result[0], {"Content-Type": "application/json"}


if sys.implementation.name == "cpython":
    from .host.bind import signature
