"""An app's routes as a table, those of mounted apps with their prefix; and what is wrong with them."""

from picoweb import checks, development

from .bundle import features
from .interpreter import Failure


def rows(app, prefix=""):
    """(method, path, handler, module) of each route, in the order they are tried; a mounted app's come after."""
    for url, handler, *extra in app.url_map:
        extra = extra[0] if extra and extra[0] else {}
        yield method(extra), path(url, prefix, extra), *name(app, extra.get("handler") or handler)
    for mounted_at, sub in app.mounts:
        yield from rows(sub, prefix + mounted_at)


def warnings(app):
    """A line for each route that never runs, as an earlier one has its path and method; Failure if one is malformed."""
    try:
        check(app)
    except ValueError as error:
        raise Failure(error) from None
    return development.repeated(app)


def check(app):
    checks.prepare(app)
    for _, sub in app.mounts:
        check(sub)


def method(extra):
    if extra.get("handler"):
        return "WS"
    methods = [method.upper() for method in extra.get("methods") or ()]
    if "GET" in methods and "HEAD" in methods:
        methods.remove("HEAD")  # which comes with it
    return ", ".join(methods) or "any"


def path(url, prefix, extra):
    """The path as it is written in the app; what has match(path) is shown by its pattern."""
    if isinstance(url, str):
        return prefix + url + ("<path>" if extra.get("prefix") else "")
    if hasattr(url, "named"):  # "/users/<int:id>"
        return prefix + url.url
    pattern = getattr(url, "pattern", None) or repr(url)
    return f"{prefix} match {pattern}".lstrip()


def name(app, handler):
    """The handler's name and module; a str is the name of a method of the app."""
    if isinstance(handler, str):
        own = getattr(type(app), handler, None)
        if handler in features() and (own is None or own.__module__ == "picoweb.subclasses"):
            return handler, "picoweb." + features()[handler]
        handler = own or getattr(app, handler)
    handler = getattr(handler, "func", handler)  # of a partial
    kind = handler if hasattr(handler, "__qualname__") else type(handler)
    return kind.__qualname__, kind.__module__
