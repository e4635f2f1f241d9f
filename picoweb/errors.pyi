"""Answers of an app's own to exceptions."""

from collections.abc import Callable
from typing import Any, TypeVar

from picoweb import ErrorHandler, WebApp

_E = TypeVar("_E", bound=ErrorHandler)

def errorhandler(app: WebApp, kind: int | type[Exception]) -> Callable[[_E], _E]:
    """Decorator of h(req, resp, e), the answer to a status or a class of exceptions; 500 is for all without one.

    The answer keeps the headers of the exception (Allow, WWW-Authenticate) that it does not set itself.
    """
