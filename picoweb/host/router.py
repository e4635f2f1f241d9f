"""The routes of an app on CPython: plain paths in a dict, patterns as expressions of `re`; the same routes are found."""

import re

from picoweb.patterns import Pattern

KINDS = {"": "([^/]+)", "int": "([0-9]+)", "float": r"([0-9]+(?:\.[0-9]+)?)", "path": "(.+)"}  # greedy: the longest first
NUMBERS = {"int": int, "float": float}


class Compiled:
    """A Pattern as an expression."""

    def __init__(self, pattern):
        literal, *rest = pattern.parts
        expression = re.escape(literal)
        self.names = []
        self.numbers = []
        for (kind, name), literal in zip(rest[::2], rest[1::2]):
            expression += KINDS[kind] + re.escape(literal)
            self.names.append(name)
            if kind in NUMBERS:
                self.numbers.append((name, NUMBERS[kind]))
        self.fullmatch = re.compile(expression, re.DOTALL).fullmatch

    def match(self, path):
        """As Pattern.match(), of a decoded path; nor does an integer match that CPython refuses to make, for its length."""
        found = self.fullmatch(path)
        if not found:
            return None
        values = dict(zip(self.names, found.groups()))
        try:
            for name, number in self.numbers:
                values[name] = number(values[name])
        except ValueError:
            return None
        return values


def compiled(url):
    """Return what matches decoded paths as this url does; None for what is to be asked itself."""
    if type(url) is Pattern and all(kind in KINDS for kind, _ in url.parts[1::2]):
        return Compiled(url)
    return None


class Router:
    """The routes of a url_map as it was: what it does not find is the app's to look for, one by one."""

    def __init__(self, url_map):
        self.url_map = list(url_map)
        routes = [(route, route[2] if len(route) > 2 else {}, compiled(route[0])) for route in url_map]
        self.others = [
            (route, extra, pattern) for route, extra, pattern in routes
            if not isinstance(route[0], str) or "prefix" in extra
        ]
        self.exact = {
            route[0]: list(first(routes, route[0])) for route, extra, _ in routes
            if isinstance(route[0], str) and "prefix" not in extra
        }

    def find(self, path, req):
        """Return (route, its options, its match) for a decoded path, None if there is none; True if only the app can tell."""
        routes = self.exact.get(path)
        if routes is not None:
            for route, extra in routes:
                methods = extra.get("methods")
                if not methods or req.method in methods:
                    return route, extra, True
            return True
        for route, extra, pattern in self.others:
            if pattern:
                found = pattern.match(path)
            elif isinstance(route[0], str):
                found = path.startswith(route[0])
            else:
                found = route[0].match(req.path)
            if found:
                methods = extra.get("methods")
                return (route, extra, found) if not methods or req.method in methods else True
        return None if path != "*" else True


def first(routes, path):
    """Yield (route, options) of those for a plain path, up to one whose match needs a request."""
    for route, extra, pattern in routes:
        url = route[0]
        if isinstance(url, str):
            if url == path or "prefix" in extra and path.startswith(url):
                yield route, extra
        elif not pattern or pattern.match(path):
            return
