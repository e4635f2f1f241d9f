"""Generators on CPython as on a board, where a plain one may `yield from` a coroutine.

CPython allows that to code that is marked so, as `types.coroutine` marks it. `adopt` marks an app's generator
functions where they are; `renew` makes a generator that was not marked anew.
"""

import functools
import gc
import inspect
import sys
import sysconfig
import types
from pathlib import Path

__all__ = ["adopt", "renew"]

_MARK = inspect.CO_ITERABLE_COROUTINE
_OTHERS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_LIBRARY = sysconfig.get_path("stdlib")
_INSTALLED = {"site-packages", "dist-packages"}
_PICOWEB = __name__.partition(".")[0]


def adopt(app):
    """Let the generators of an app's handlers, of their modules and of the app's modules those use await coroutines."""
    walk = _Walk()
    apps = [app]
    for app in apps:
        apps += [sub for _, sub in getattr(app, "mounts", ()) if sub not in apps]
        walk.begin(type(app))
        for route in app.url_map:
            walk.begin(route[1])
        for middleware in getattr(app, "middleware", ()):
            walk.begin(middleware)
        for handler in getattr(app, "errorhandlers", {}).values():
            walk.begin(handler)
    walk.go()


def renew(gen):
    """A generator that may `yield from` coroutines: `gen`, or one made anew of its arguments where it is not begun."""
    code = gen.gi_code
    if code.co_flags & _MARK or inspect.getgeneratorstate(gen) != inspect.GEN_CREATED:
        return gen
    frame = gen.gi_frame
    walk = _Walk()
    walk.begin_module(frame.f_globals)
    walk.go()
    cells = [cell for cell in gc.get_referents(gen, frame) if isinstance(cell, types.CellType)]
    closure = tuple(cells[-len(code.co_freevars):]) if code.co_freevars else None
    func = types.FunctionType(_marked(code), frame.f_globals, gen.__name__, None, closure)
    return func(*_positional(frame), **_keywords(frame))


def _positional(frame):
    code, values = frame.f_code, frame.f_locals
    args = [values[name] for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & inspect.CO_VARARGS:
        args += values[code.co_varnames[code.co_argcount + code.co_kwonlyargcount]]
    return args


def _keywords(frame):
    code, values = frame.f_code, frame.f_locals
    end = code.co_argcount + code.co_kwonlyargcount
    args = {name: values[name] for name in code.co_varnames[code.co_argcount : end]}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        args.update(values[code.co_varnames[end + bool(code.co_flags & inspect.CO_VARARGS)]])
    return args


class _Walk:
    """Goes from objects to all functions of the app that they lead to, and marks the generators."""

    def __init__(self):
        self.things = []
        self.modules = []  # as the dicts of their names
        self.begun = []  # those that it begins in are the app's wherever they lie
        self.seen = {}  # by id; holds what it has seen, so that no id is used again

    def begin(self, thing):
        """Take a handler, and the module that it is of."""
        self.begin_module(_module_of(thing))
        self.things.append(thing)

    def begin_module(self, module):
        self.begun.append(module)
        self.modules.append(module)

    def go(self):
        while self.things or self.modules:
            if self.modules:
                self.look_at_module(self.modules.pop())
            else:
                self.look(self.things.pop())

    def is_new(self, thing):
        known = id(thing) in self.seen
        self.seen[id(thing)] = thing
        return not known

    def is_own(self, module):
        """Whether a module is the app's: one it begins in, or one that is not CPython's, picoweb's or installed."""
        if _is_foreign(module):
            return False
        return any(module is begun for begun in self.begun) or not _parts(module) & _INSTALLED

    def look_at_module(self, module):
        if not (self.is_new(module) and self.is_own(module)):
            return
        for value in list(module.values()):
            if issubclass(type(value), types.ModuleType):
                self.modules.append(vars(value))
            else:
                self.things.append(value)

    def look(self, thing):
        if not self.is_new(thing):
            return
        kind = type(thing)  # and no isinstance(): a proxy in a module would answer for what it stands for
        if kind is types.FunctionType:
            self.look_at_function(thing)
        elif issubclass(kind, type):
            self.look_at_class(thing)
        elif kind is types.MethodType:
            self.things += [thing.__func__, type(thing.__self__)]
        elif kind is functools.partial:
            self.things += [thing.func, *thing.args, *thing.keywords.values()]
        elif kind in (staticmethod, classmethod):
            self.things.append(thing.__func__)
        elif kind is property:
            self.things += [thing.fget, thing.fset]
        else:
            self.things.append(kind)

    def look_at_function(self, func):
        if not self.is_own(func.__globals__):
            return
        func.__code__ = _marked(func.__code__)
        self.modules.append(func.__globals__)
        # What a decorator wraps is in the wrapper's closure.
        for cell in func.__closure__ or ():
            try:
                self.things.append(cell.cell_contents)
            except ValueError:  # still empty
                pass

    def look_at_class(self, cls):
        for base in cls.__mro__:
            if self.is_own(_module_of(base)):
                self.modules.append(_module_of(base))
                self.things += vars(base).values()


def _module_of(thing):
    """The names of the module that a function, a class, or what leads to one, is of."""
    kind = type(thing)
    if kind is types.FunctionType:
        return thing.__globals__
    if kind is types.MethodType:
        return _module_of(thing.__func__)
    if kind is functools.partial:
        return _module_of(thing.func)
    cls = thing if issubclass(kind, type) else kind
    # One that nobody can import has no name: it is the app's, as a script's is.
    return getattr(sys.modules.get(cls.__module__), "__dict__", {})


def _is_foreign(namespace):
    """Whether a module is CPython's or picoweb's."""
    top = str(namespace.get("__name__")).partition(".")[0]
    if not namespace.get("__file__"):
        return top in sys.stdlib_module_names
    library = namespace["__file__"].startswith(_LIBRARY) and not _parts(namespace) & _INSTALLED
    return top == _PICOWEB or library


def _parts(namespace):
    return set(Path(namespace.get("__file__") or "").parts)


def _marked(code):
    """`code` and the code within it, marked where it is a plain generator's."""
    constants = tuple(_marked(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    flags = code.co_flags
    if flags & inspect.CO_GENERATOR and not flags & _OTHERS:
        flags |= _MARK
    if flags == code.co_flags and all(a is b for a, b in zip(constants, code.co_consts)):
        return code
    return code.replace(co_flags=flags, co_consts=constants)
