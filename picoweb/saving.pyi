"""Files that are there whole or not at all: written under another name in their folder, renamed at the end."""

from typing import Self

def safe_name(text: str) -> str:
    """The name of a client's file, fit for any folder: no folders, no leading dot, no odd characters, not too long."""

class NewFile:
    """A file in the making: write(), then save() as `filename`; what is not saved at the end of `with` is gone."""

    path: str  # where its content is
    filename: str
    size: int  # bytes
    headers: dict[bytes, bytes]  # of the form's part that it was

    def __init__(self, folder: str, filename: str) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def write(self, data: bytes) -> None:
        """Adds to it; HTTPException 507 where the disk is full."""

    def close(self) -> None:
        """Ends the writing; the file can be read at `path` until it is saved or dropped."""

    def save(self, folder: str | None = None) -> str:
        """Names it, in its folder or another one of the same file system: a file of that name goes. The path."""

    def drop(self) -> None:
        """Removes it, unless it was saved."""
