"""The request of another server: its parts, forms and JSON, by what CPython has in C, and no more of it than is asked."""

from json import JSONDecoder

from picoweb import http, json_body, request
from picoweb.utils import parse_qs

from .shim import ujson

scan_json = JSONDecoder(parse_constant=ujson.refuse).scan_once


class lazy:
    """A property that is made at its first use, and may be set."""

    def __init__(self, make):
        self.make = make
        self.name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, owner, kind):
        if owner is None:
            return self
        value = owner.__dict__[self.name] = self.make(owner)
        return value


class Headers(request.Headers):
    """As request.Headers, but looked up in the pairs of the other server, whose names are in lower case."""

    def __init__(self, conn):
        super().__init__(conn.header_section())
        self.pairs = conn.pairs

    def get(self, name, default=None):
        name = name.lower()
        values = [value for key, value in self.pairs if key == name]
        if len(values) < 2:
            return values[0] if values else default
        return (b"; " if name == b"cookie" else b", ").join(values)


class Request(http.HTTPRequest):
    """A request whose parts the other server has told apart; what is refused is the core's to tell."""

    def __init__(self, conn, method, path):
        self.conn = conn
        self.app = conn.app
        self.method = method
        self.path = path

    @lazy
    def qs(self):
        return self.conn.query

    @lazy
    def target(self):
        query = self.conn.query
        return self.conn.path + (query and "?" + query)

    @lazy
    def reader(self):
        return self.conn

    @lazy
    def headers(self):
        request.headers(self)  # AttributeError where they are skipped or left
        return Headers(self.conn)

    async def read_form_data(self):
        """As request.read_form_data()."""
        conn = self.conn
        kind = conn.body_type
        if conn.total is not None and "json" not in kind and "multipart/" not in kind:
            body = await conn.read_whole()
            try:
                self.form = parse_qs(body.decode())
                return
            except UnicodeError:
                conn.unread(body)
        await request.read_form_data(self)

    async def json(self):
        """As json_body.json()."""
        if "json_value" not in self.__dict__:
            body = await self.conn.read_whole()
            try:
                text = body.decode()
                self.json_value, end = scan_json(text, 0)
                if end == len(text):
                    return self.json_value
            except (ValueError, StopIteration, RecursionError):
                pass
            self.__dict__.pop("json_value", None)
            self.conn.unread(body)
            await json_body.json(self)
        return self.json_value
