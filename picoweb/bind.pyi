"""Functions bound to a path, which return (status, value, …): `@bind("/<int:b>/<a>")`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

routes: list[tuple[Any, ...]]  # of all bound functions, for WebApp(name, routes)

class EndpointAlreadyDefined(ValueError):
    """A second function for a pattern and a method."""

def bind(
    path: str,
    methods: Iterable[str] = ("GET",),
    args: tuple[str, ...] = (),
    defaults: Mapping[str, Any] = {},
    path_first: bool = False,
) -> Callable[[_F], _F]:
    """Decorator of a function, or coroutine function, whose parameters are values of the path and the query, or None.

    `args` names them; CPython reads the signature where it is left out. "*" as the last one gets the values of the query and
    the path that no other takes, then the method, the header fields (a dict, names in lower case) and the body (str or
    None); "**" is a dict of the same, as the last argument.
    A field of the query comes before the path's value of that name, unless `path_first`.
    EndpointAlreadyDefined for a pattern that is bound to the method; ValueError for a malformed one.
    """
