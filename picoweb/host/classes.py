"""Pages of a class on CPython: their parameters are the signature's, and `request` is known in all tasks of a request."""

import inspect
from contextvars import ContextVar

import picoweb.classes as board

current = ContextVar("connection", default=None)


class Resource(board.Resource):
    """Base of a class whose methods are its pages."""

    @property
    def _conn(self):
        return current.get()

    @_conn.setter
    def _conn(self, conn):
        current.set(conn)

    @property
    def request(self):
        """The request that this task answers, None if there is none."""
        conn = current.get()
        return conn and conn.req


class Pages(board.Pages):
    """The url of the one route of a resource."""

    def __init__(self, resource):
        super().__init__(resource)
        for name, (func, names, defaults) in self.table.items():
            if not names or names is board.ANY:
                self.table[name] = signature(func)


def signature(func):
    """Return (function, names, defaults) of a method, all of whose parameters may be given in order."""
    names, alone, defaults, more, private = [], [], {}, False, False
    for name, parameter in inspect.signature(func).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names.append("*")
        elif parameter.kind is parameter.VAR_KEYWORD:
            more = True
        elif name[:1] == "_":  # keeps its default, whatever a client says
            private = True
            if parameter.default is parameter.empty:
                raise ValueError("%s of %s begins with _ and has no default" % (name, func.__qualname__))
        elif parameter.kind is parameter.KEYWORD_ONLY:
            alone.append(name)
        elif private:
            raise ValueError("%s of %s comes after a parameter that begins with _" % (name, func.__qualname__))
        else:
            names.append(name)
        if parameter.default is not parameter.empty:
            defaults[name] = parameter.default
    if not alone and not more:
        return func, tuple(names), defaults
    if "*" in names:
        raise ValueError("%s takes *args and parameters by name" % func.__qualname__)

    def call(*values):
        named = dict(zip(alone, values[len(names) :]))
        return func(*values[: len(names)], **named, **(values[-1] if more else {}))

    return call, (*names, *alone, *["**"] * more), defaults
