"""Bound functions on CPython: their parameters are the signature's."""

import inspect


def signature(func, args, defaults):
    """Return (function, names, defaults) of a function, all of whose parameters may be given in order."""
    if args:
        return func, args, defaults
    found = inspect.getfullargspec(func)
    defaults = dict(zip(reversed(found.args), reversed(found.defaults or ())))
    if not found.varkw:
        return func, (*found.args, *["*"] * bool(found.varargs)), defaults

    def call(*values):
        return func(*values[:-1], **values[-1])

    return call, (*found.args, "**"), defaults
