"""What a handler asks of a JSON body, a form or the query: `@validate(name=str, page=(int, 1))`; 422 tells all that is wrong."""
from .http import coroutine, load, refuse
from .utils import parse_qs


def read_text(kind, value):
    """Return what a form's or query's text stands for, where it stands for a `kind`; else the text."""
    if kind is list and not isinstance(value, list):
        return [value]
    if isinstance(value, str):
        if kind is bool:
            return {"true": True, "false": False}.get(value, value)
        if kind in (int, float) and len(value) < 20 and not value.strip("+-.eE0123456789"):
            try:
                return kind(value)
            except ValueError:
                pass
    return value


def convert(kind, value):
    """Return `value` if it is a `kind`, or what another function makes of it; ValueError if it is none."""
    is_bool = value is True or value is False
    try:
        if kind in (int, float):
            if not is_bool and isinstance(value, (int, float)):
                number = kind(value)
                if number * 0 == 0 and (kind is float or number == value):
                    return number
        elif kind in (str, bool, list, dict):
            if is_bool if kind is bool else isinstance(value, kind):
                return value
        else:
            return kind(value)
    except (TypeError, AttributeError, OverflowError):
        pass
    raise ValueError("Expected %s, got %s" % (kind.__name__, "bool" if is_bool else type(value).__name__))


class Validated:
    """A handler that is called with the values of its `fields`; those of the path come first."""

    def __init__(self, handler, fields, form, query):
        self.__name__ = handler.__name__
        self.handler = handler
        self.fields = fields
        self.form = form
        self.query = query

    @coroutine
    def read(self, req):
        """Return the dict of what the client has sent; HTTPException 400 or 415 if it is none."""
        if self.query:
            return parse_qs(req.qs)
        kind = req.conn.body_type.partition(";")[0].strip()
        if self.form:
            if kind == "application/x-www-form-urlencoded":
                yield from req.read_form_data()
            if hasattr(req, "form"):
                return req.form
        elif kind == "application/json" or kind[-5:] == "+json":
            given = yield from req.json()
            if not isinstance(given, dict):
                refuse("no object")
            return given
        if (yield from req.conn.read(1)):
            refuse("content type", 415)
        return {}

    @coroutine
    def __call__(self, req, resp, **values):
        given = yield from self.read(req)
        errors = {}
        for name, kind in self.fields.items():
            if name in values:
                continue
            value = given.get(name)
            if isinstance(kind, tuple):
                kind, values[name] = kind
            elif value is None:
                errors[name] = "required field missing"
            if value is not None:
                try:
                    values[name] = convert(kind, read_text(kind, value) if self.form or self.query else value)
                except ValueError as e:
                    errors[name] = str(e)
        if errors:
            return {"errors": errors}, 422
        result = self.handler(req, resp, **values)
        if hasattr(result, "send"):
            result = yield from result
        return result


def validate(fields=None, form=False, query=False, **more):
    """Decorator of a handler, below its route. A field is a type or function, or (type, default).

    Bare, on CPython, it takes the handler's annotations.
    """
    if callable(fields):
        return Validated(fields, load("host.annotations").fields(fields), form, query)
    more.update(fields or {})
    return lambda handler: Validated(handler, more, form, query)
