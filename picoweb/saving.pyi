"""Files that are there whole or not at all: written under another name in their folder, renamed at the end."""

from typing import Self

from picoweb.request import Headers

def safe_name(text: str) -> str:
    """Return the name of a client's file, fit for any folder: no folders, no leading dot, no odd characters, short."""

class NewFile:
    """A file in the making: write(), then save() as `filename`; what is not saved at the end of `with` is gone."""

    path: str  # where its content is
    filename: str
    size: int  # bytes
    headers: Headers  # of the form's part that it was

    def __init__(self, folder: str, filename: str) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def write(self, data: bytes) -> None:
        """Add to it; HTTPException 507 if the disk is full."""

    def close(self) -> None:
        """End the writing; the file can be read at `path` until it is saved or dropped."""

    def save(self, folder: str | None = None) -> str:
        """Name it, in its folder or another one of the same file system, in place of a file of that name; return the path."""

    def drop(self) -> None:
        """Remove it, unless it was saved."""
