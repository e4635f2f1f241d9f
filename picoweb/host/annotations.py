"""What `@validate` takes from a handler's signature on CPython: types, defaults, Optional, list[int], dataclasses, pydantic."""

import dataclasses
import inspect
import types
import typing

from picoweb.validate import convert


def fields(handler):
    """Return {name: type or function, or (type, default)} of the parameters after req and resp."""
    hints = typing.get_type_hints(handler)
    found = {}
    for name, parameter in list(inspect.signature(handler).parameters.items())[2:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        kind, is_optional = of_hint(hints.get(name, typing.Any))
        default = parameter.default
        if default is parameter.empty and is_optional:
            default = None
        found[name] = kind if default is parameter.empty else (kind, default)
    return found


def of_hint(hint):
    """Return what converts to a hint, and whether None is one of its values."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        others = [argument for argument in arguments if argument is not type(None)]
        if len(others) == 1:
            return of_hint(others[0])[0], len(others) < len(arguments)
        return one_of(hint, [of_hint(other)[0] for other in others]), len(others) < len(arguments)
    if origin is list and arguments:
        return list_of(hint, of_hint(arguments[0])[0]), False
    if origin in (list, dict):
        return origin, False
    if hint is typing.Any:
        return anything, False
    if dataclasses.is_dataclass(hint):
        return of_dataclass(hint), False
    if hasattr(hint, "model_validate"):
        return of_model(hint), False
    return hint, False


def anything(value):
    return value


def named(hint, function):
    function.__name__ = getattr(hint, "__name__", None) if isinstance(hint, type) else str(hint)
    return function


def one_of(hint, kinds):
    def choose(value):
        for kind in kinds:
            try:
                return convert(kind, value)
            except ValueError:
                pass
        raise TypeError

    return named(hint, choose)


def list_of(hint, kind):
    def make(value):
        return [convert(kind, item) for item in convert(list, value)]

    return named(str(hint), make)


def of_dataclass(cls):
    hints = typing.get_type_hints(cls)

    def make(value):
        given = convert(dict, value)
        values = {}
        for field in dataclasses.fields(cls):
            has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
            kind, is_optional = of_hint(hints[field.name])
            if given.get(field.name) is not None:
                try:
                    values[field.name] = convert(kind, given[field.name])
                except ValueError as e:
                    raise ValueError("%s: %s" % (field.name, e)) from None
            elif is_optional and not has_default:
                values[field.name] = None
            elif not has_default:
                raise ValueError(field.name + ": required field missing")
        return cls(**values)

    return named(cls, make)


def of_model(cls):
    return named(cls, lambda value: cls.model_validate(value, strict=True))
