"""Records with a declared schema in a store, by btreedb's calls: `import picoweb.records as btreedb`."""

from collections.abc import Iterator
from typing import Any

from picoweb.store import Store

class DB:
    """A store under its name; options are those of store.open()."""

    name: str
    db: Store | None

    def __init__(self, name: str, **options: Any) -> None: ...
    def connect(self) -> None:
        """Open it, if it is not open."""

    def close(self) -> None:
        """Flush and close it."""

class Model:
    """A kind of record: a subclass has `__db__`, `__table__` and `__schema__`, an ordered dict of name to (type, default).

    The first field is the key. A default may be a function.
    """

    Row: Any  # the named tuple that records are read as

    @classmethod
    def create_table(cls, fail_silently: bool = False) -> None:
        """Make `Row`, the named tuple that records are read as."""

    @classmethod
    def create(cls, **fields: Any) -> str:
        """Store a record and return its key: one that is given replaces, a default one that is taken gets a number."""

    @classmethod
    def update(cls, where: dict[str, str], **fields: Any) -> None:
        """Change fields of the record whose key is `{"key field": key}`; KeyError if there is none."""

    @classmethod
    def get_id(cls, key: str) -> list[Any]:
        """Return [the record of a key]; KeyError if there is none."""

    @classmethod
    def scan(cls, prefix: str = "", after: str | None = None, limit: int | None = None, flags: int = 0) -> Iterator[Any]:
        """Yield records in the order of their keys, with store.DESC backwards.

        `prefix`: those whose keys begin so; `after`: what follows this key; `limit`: at most so many.
        """

def now() -> str:
    """Return the time, as a key that sorts by it."""
