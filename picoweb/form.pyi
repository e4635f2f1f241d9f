"""Forms with files, whole: a handler finds the fields in req.form and the files in req.files."""

from collections.abc import Callable
from typing import TypeVar

from picoweb import Handler
from picoweb.multipart import Multipart

_H = TypeVar("_H", bound=Handler)

def with_form(folder: str | None = None, form: type[Multipart] = ...) -> Callable[[_H], _H]:
    """Decorate a handler, which has req.form and req.files; a file that it does not save is gone when it ends.

    req.form maps a name to a str, req.files to a picoweb.saving.NewFile, each to a list of them if it is repeated.
    Files wait in `folder`; without one they are refused. `form` is Multipart, or a subclass with other limits.
    """
