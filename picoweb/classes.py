"""A class whose methods are its pages: `/greet/Alice` calls greet("Alice")."""
import sys

from .http import asyncio, coroutine, load, refuse
from .json_body import json
from .request import read_form_data
from .utils import parse_qs, unquote

SESSION = object()  # the default of a parameter whose value is the session's
REQUIRED = object()
ANY = ("*",)  # of an undeclared coroutine, which counts itself
declared = {}  # of functions: the names of their parameters, and the defaults


def args(*names, **defaults):
    """Decorator: name a page's parameters in their order, and the defaults; "*" is for more segments, "**" a dict of the rest."""

    for name in defaults:
        if name not in names:
            names += (name,)

    def declare(func):
        declared[func] = names, defaults
        return func

    return declare


class Resource:
    """Base of such a class; `request` is the request that this task answers, None if there is none."""

    _conn = None  # of some request
    _read = staticmethod(read_form_data)  # fills req.form; that of picoweb.classes_files takes files, too

    @property
    def request(self):
        for conn in self._conn.app.connections:
            if conn.task is asyncio.core.cur_task:
                return conn.req


class Pages:
    """The url of the one route of a resource: it finds (function, names, defaults) of a page, and the segments for it."""

    def __init__(self, resource):
        self.resource = resource
        self.table = {}
        self.add(type(resource))

    def add(self, cls):
        """Find the pages of a class, its bases' first; what clients send is looked up in this table alone."""
        for base in reversed(getattr(cls, "__bases__", ())):
            self.add(base)
        own = cls.__dict__
        for name in own:
            self.table.pop(name, None)
            kind = type(own[name]).__name__
            if name[:1] != "_" and kind in ("function", "generator", "closure"):
                known = declared.get(own[name], (ANY if kind == "generator" else (), ANY))
                self.table[name] = (getattr(self.resource, name),) + known

    def match(self, path):
        """Return (page, segments) of a path as sent, None if it is none of these pages."""
        segments = list(map(unquote, path.split("/")[1:]))
        if not segments[-1]:
            segments.pop()
        name = segments[0] if segments else "index"
        page = self.table.get(name)
        if page:
            segments = segments[1:]
        else:
            page = self.table.get("index", (None, ANY))
            if page[1] is ANY:
                return None
        names = page[1]
        if "*" in names or len(segments) <= len(names) - ("**" in names):
            return page, segments

    def serve(self, req, resp):
        """Answer with a page."""
        self.resource._conn = req.conn
        page, values = req.url_match
        names = page[1]
        if "**" in names or names is not ANY and len(values) < len(names):
            return self.call(req, page, values)
        try:
            return page[0](*values)
        except TypeError as e:
            if names is not ANY:
                raise
            refuse(str(e))

    @coroutine
    def call(self, req, page, values):
        """Call a page with what the path has said, then the query, the body, or the session; Refusal 400 if a value is missing."""
        func, names, defaults = page
        found = {}
        form = {}
        if req.method in ("POST", "PUT", "PATCH"):
            if "application/json" in req.conn.body_type:
                value = yield from json(req)
                if isinstance(value, dict):
                    found.update(value)
            else:
                yield from self.resource._read(req)
                form = req.form
        for form in form, parse_qs(req.qs):
            for name in form:
                value = form[name]
                value = value[0] if isinstance(value, list) else value
                found[name] = "" if value is True else value
        for name in names[len(values) :]:
            if name[:1] != "*":
                value = defaults.get(name, REQUIRED)
                if value is SESSION:
                    value = req.session.get(name, REQUIRED)
                else:
                    value = found.pop(name, value)
                if value is REQUIRED:
                    refuse("Missing required parameter '%s'" % name)
                values.append(value)
        if "**" in names:
            values.append(found)
        result = func(*values)
        if hasattr(result, "send"):
            result = yield from result
        return result


def pages(resource):
    """Return the routes of a Resource, for WebApp(name, pages(Root()))."""
    url = Pages(resource)
    if " ws_" in " " + " ".join(url.table):
        url = load("classes_websocket").Both(url)
    return [(url, url.serve)]


if sys.implementation.name == "cpython":
    from .host.classes import Pages, Resource
