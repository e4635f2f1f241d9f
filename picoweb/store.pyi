"""An ordered store of bytes by btree's interface, in one file: a log in plain Python, or the firmware's btree."""

from collections.abc import Iterator
from typing import Any

from picoweb import WebApp

INCL: int  # the end of a range belongs to it
DESC: int  # a range runs backwards

Data = bytes | bytearray | str

class StoreError(OSError):
    """What is wrong with a store's file, or with its disk: (errno, text)."""

def to_bytes(data: Data) -> bytes:
    """Return the bytes of a key or value, which may be a str."""

def open(
    path: str, kind: str | None = None, flush: float | None = 0, app: WebApp | None = None, repair: bool = False
) -> Store:
    """Return a Store: of the file's kind, for a new one "log" or "btree", which is sqlite3 and the default on CPython.

    A change is flushed at once, or within `flush` seconds of the app's service; None leaves it to flush() and close().
    StoreError: EBUSY for a file that is open, EINVAL for one of another kind, EIO for a damaged log unless `repair`.
    """

class Store:
    """A dict of bytes to bytes, in the order of the keys; keys and values may be given as str."""

    kind: str  # "log" or "btree"

    def __getitem__(self, key: Data) -> bytes: ...
    def __setitem__(self, key: Data, value: Data) -> None: ...
    def __delitem__(self, key: Data) -> None: ...
    def __contains__(self, key: Data) -> bool: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def get(self, key: Data, default: Any = None) -> Any:
        """Return the value of a key, or `default`; StoreError EIO if its record is damaged."""

    def put(self, key: Data, value: Data) -> None:
        """Store a value; a log: ValueError over 255 bytes of key or 8192 of value, StoreError ENOSPC on a full disk."""

    def keys(self, start: Data | None = None, end: Data | None = None, flags: int = 0) -> Iterator[bytes]:
        """Return the keys from `start` on and before `end`: with INCL `end` too, with DESC backwards."""

    def values(self, start: Data | None = None, end: Data | None = None, flags: int = 0) -> Iterator[bytes]:
        """Return the values of these keys."""

    def items(self, start: Data | None = None, end: Data | None = None, flags: int = 0) -> Iterator[tuple[bytes, bytes]]:
        """Return these keys with their values; changes in between are seen."""

    def flush(self) -> None:
        """Bring all changes to the disk: after this a loss of power takes nothing away."""

    def compact(self) -> None:
        """Write a log's file anew, without outdated records; OSError ENOSPC if there is no room for both."""

    def close(self) -> None:
        """Flush it and close it, if it is open."""
