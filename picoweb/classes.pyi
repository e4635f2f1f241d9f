"""A class whose methods are its pages: `/greet/Alice` calls greet("Alice")."""

from collections.abc import Callable
from typing import Any, TypeVar

from picoweb.http import Connection, HTTPRequest

_F = TypeVar("_F", bound=Callable[..., Any])

SESSION: Any  # the default of a parameter whose value is the session's, and never the client's

def args(*names: str, **defaults: Any) -> Callable[[_F], _F]:
    """Decorator: name a page's parameters in their order, and the defaults of some.

    "*" takes more segments of the path, "**" is a dict, the last argument, of the fields that no other parameter takes.
    CPython reads a signature where this is left out; on a board a coroutine without it gets the segments of the path, and
    a plain function nothing.
    """

class Resource:
    """Base of such a class. Names that begin with _ and what is no function are no pages."""

    @property
    def request(self) -> HTTPRequest | None:
        """The request that this task answers."""

class Pages:
    """The url of the one route of a resource."""

    resource: Resource
    table: dict[str, tuple[Callable[..., Any], tuple[str, ...], Any]]  # name: (function, names, defaults)

    def __init__(self, resource: Resource) -> None: ...
    def match(self, path: str) -> tuple[Any, list[str]] | None:
        """Return (page, segments) of a path as sent, None if it is none of these pages."""

    def serve(self, req: HTTPRequest, resp: Connection) -> Any:
        """Answer with a page; HTTPException 400 if a value is missing."""

def pages(resource: Resource) -> list[tuple[Any, Callable[..., Any]]]:
    """Return the routes of a Resource, for WebApp(name, pages(Root())) or `app.url_map += pages(Root())`."""
