"""What a handler asks of a JSON body, a form or the query."""

from collections.abc import Callable, Mapping
from typing import Any

Kind = Callable[[Any], Any] | tuple[Callable[[Any], Any], Any]

def convert(kind: Callable[[Any], Any], value: Any) -> Any:
    """Return `value` if it is a `kind`, or what another function makes of it; ValueError if it is none."""

class Validated:
    """A handler that is called with the values of its `fields`; those of the path come first."""

    fields: dict[str, Kind]

    def __init__(self, handler: Callable[..., Any], fields: dict[str, Kind], form: bool, query: bool) -> None: ...

def validate(
    fields: Mapping[str, Kind] | Callable[..., Any] | None = None, form: bool = False, query: bool = False, **more: Kind
) -> Any:
    """Decorator of a handler, below its route. A field is a type or function, or (type, default).

    Bare, on CPython, it takes the handler's annotations.
    """
