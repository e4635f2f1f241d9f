"""MicroPython's `btree` on CPython: an ordered, persistent database of bytes, kept as an sqlite3 database.

The database of a file is that file; the one of any other stream (`io.BytesIO`) is in memory and copied into the
stream by `flush()` and `close()`. A board's own files have another format: it and this module cannot read each other's.
"""

import os
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from errno import EINVAL, EIO
from pathlib import Path

__all__ = ["DESC", "INCL", "open"]

INCL = 1  # the end of a range belongs to it
DESC = 2  # a range runs backwards

_CURSOR, _FIRST, _LAST, _NEXT, _PREV = 1, 3, 6, 7, 9  # what seq() does
_PAGES = range(512, 65537, 2)  # bytes


def open(stream, *, flags=0, cachesize=0, pagesize=0, minkeypage=0):
    """The database in `stream`, which is open for reading and writing bytes; sizes are checked and otherwise unused."""
    if pagesize and pagesize not in _PAGES:
        raise OSError(EINVAL, f"pagesize is {pagesize}, it must be even and from 512 to 65536")
    if minkeypage == 1 or minkeypage < 0:
        raise OSError(EINVAL, f"minkeypage is {minkeypage}, it must be at least 2")
    return BTree(stream)


class BTree:
    """An open database: a dict of bytes to bytes, in the order of the keys; keys and values may be given as `str`."""

    def __init__(self, stream):
        if not (hasattr(stream, "read") and hasattr(stream, "write") and hasattr(stream, "seek")):
            raise OSError(EINVAL, f"a stream is needed (open(name, 'r+b')), {type(stream).__name__} is none")
        path = _path_of(stream)
        self._stream = None if path else stream
        self._at = None  # the key that seq() is at
        with _errors():
            # Autocommit: another process may use the file between any two changes.
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            if self._stream:
                self._load()
            # The system, not each change, decides when to write to the disk.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("CREATE TABLE IF NOT EXISTS btree (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        self._saved = self._db.total_changes

    def __repr__(self):
        return "<btree %#x>" % (id(self._db) if self._db else 0)

    def __del__(self):
        if getattr(self, "_db", None):
            self._db.close()

    def flush(self):
        """Bring all changes into the stream; 0."""
        self._open()
        if self._stream and self._saved != self._db.total_changes:
            self._store()
            self._saved = self._db.total_changes
        return 0

    def close(self):
        """Flush, and end the use of the database, but not the stream; 0."""
        if self._db:
            self.flush()
            self._db.close()
            self._db = None
        return 0

    def get(self, key, default=None, /):
        """The value of `key`, or `default`."""
        row = self._row("SELECT value FROM btree WHERE key = ?", _bytes(key))
        return row[0] if row else default

    def put(self, key, value, flags=0, /):
        """`db[key] = value` as a function; 0."""
        self._row("REPLACE INTO btree VALUES (?, ?)", _bytes(key), _bytes(value))
        return 0

    def __getitem__(self, key):
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key, value):
        self.put(key, value)

    def __delitem__(self, key):
        if key not in self:
            raise KeyError(key)
        self._row("DELETE FROM btree WHERE key = ?", _bytes(key))

    def __contains__(self, key):
        return self.get(key) is not None

    def __iter__(self):
        return self.keys()

    def keys(self, start_key=None, end_key=None, flags=0, /):
        """The keys from `start_key` on and before `end_key`; None is the first, and none."""
        return (key for key, _ in self.items(start_key, end_key, flags))

    def values(self, start_key=None, end_key=None, flags=0, /):
        """The values of these keys."""
        return (value for _, value in self.items(start_key, end_key, flags))

    def items(self, start_key=None, end_key=None, flags=0, /):
        """The pairs of key and value; what changes during an iteration is seen by it."""
        self._open()
        return self._range(start_key, end_key, bool(flags & INCL), bool(flags & DESC))

    def seq(self, flags, key=None, /):
        """Step to a pair, None at the end. `flags`: 1 `key` or the next, 3 first, 6 last, 7 next, 9 previous."""
        if flags == _CURSOR:
            found = self._seek(">=", _bytes(key))
        elif flags == _FIRST or flags == _NEXT and self._at is None:
            found = self._seek(">=", b"")
        elif flags == _LAST or flags == _PREV and self._at is None:
            found = self._last()
        elif flags in (_NEXT, _PREV):
            found = self._seek(">" if flags == _NEXT else "<", self._at)
        else:
            raise OSError(EINVAL, "seq() takes 1, 3, 6, 7 or 9")
        if found:
            self._at = found[0]
        return found

    def _range(self, start, end, inclusive, descending):
        end = None if end is None else _bytes(end)
        if start is not None:
            # On a board a range that runs backwards, too, begins at the first key that is not before `start`.
            found = self._seek(">=", _bytes(start))
        else:
            found = self._last() if descending else self._seek(">=", b"")
        while found:
            key = found[0]
            beyond = end is not None and (key < end if descending else key > end)
            if beyond or key == end and not inclusive:
                return
            yield found
            found = self._seek("<" if descending else ">", key)

    def _seek(self, relation, key):
        order = "DESC" if relation == "<" else "ASC"
        return self._row(f"SELECT key, value FROM btree WHERE key {relation} ? ORDER BY key {order} LIMIT 1", key)

    def _last(self):
        return self._row("SELECT key, value FROM btree ORDER BY key DESC LIMIT 1")

    def _row(self, sql, *values):
        self._open()
        with _errors():
            return self._db.execute(sql, values).fetchone()

    def _open(self):
        if not self._db:
            raise ValueError("database closed")

    def _load(self):
        self._stream.seek(0)
        data = self._stream.read()
        if data:
            with _copy() as (path, other):
                path.write_bytes(data)
                other.backup(self._db)

    def _store(self):
        with _copy() as (path, other):
            self._db.backup(other)
            data = path.read_bytes()
        self._stream.seek(0)
        self._stream.write(data)
        for name in ("truncate", "flush"):
            if hasattr(self._stream, name):
                getattr(self._stream, name)()


def _bytes(data):
    return data.encode() if isinstance(data, str) else bytes(memoryview(data))


def _path_of(stream):
    """Where the file of `stream` is; None where it is no file, not there any more, or not to be written."""
    name = getattr(stream, "name", None)
    try:
        writable = isinstance(name, (str, os.PathLike)) and stream.writable()
        if writable and os.path.isfile(name) and os.path.samestat(os.fstat(stream.fileno()), os.stat(name)):
            return os.path.abspath(name)
    except (OSError, AttributeError):
        pass
    return None


@contextmanager
def _copy():
    """A database in a file that is there only for the time of copying."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "btree")
        with closing(sqlite3.connect(path)) as other:
            yield path, other


@contextmanager
def _errors():
    """Turn sqlite3's exceptions into the one that a board raises."""
    try:
        yield
    except sqlite3.OperationalError as e:
        raise OSError(EIO, f"btree: {e}") from e
    except sqlite3.DatabaseError as e:
        raise OSError(EINVAL, f"no database of this module ({e}); a board's file has another format") from e
