"""An ordered store of bytes by btree's interface, in one file: a log in plain Python, or the firmware's btree."""
import sys
import uio
import uos

from .logstore import Log, StoreError, to_bytes

INCL = 1  # the end of a range belongs to it
DESC = 2  # a range runs backwards
ON_HOST = sys.implementation.name == "cpython"
BTREE = b"SQLite" if ON_HOST else b"b1\5\0"  # how a file of the module btree begins
opened = []  # paths: a file is opened once


def open(path, kind=None, flush=0, app=None, repair=False):
    """Return a Store: of the file's kind, for a new one "log" or "btree", which is sqlite3 and the default on CPython.

    A change is flushed at once, or within `flush` seconds of the app's service; None leaves it to flush() and close().
    StoreError: EBUSY for a file that is open, EINVAL for one of another kind, EIO for a damaged log unless `repair`.
    """
    if path[:1] != "/":
        path = uos.getcwd() + "/" + path
    if path in opened:
        raise StoreError(16, path + " is open")
    f = None
    if not kind:
        head = b""
        try:
            with uio.open(path, "rb") as f:
                head = f.read(6)
        except OSError:
            pass
        kind = "btree" if head[:4] == BTREE[:4] or ON_HOST and not head else "log"
    if kind == "log":
        db = Log(path, repair)
    else:
        import btree

        uio.open(path, "ab").close()
        f = uio.open(path, "r+b")
        db = btree.open(f)
    opened.append(path)
    store = Store(db, kind, flush, f, path)
    if app:
        app.at_stop(store.close)
        if flush:
            app.at_start(store.flush_often)
    return store


class Store:
    """A dict of bytes to bytes, in the order of the keys; keys and values may be given as str.

    It has the methods of its kind: get, keys, values, items; compact() of a log.
    """

    def __init__(self, db, kind, every, f, path):
        self.db = db
        self.kind = kind
        self.every = every
        self.f = f
        self.path = path

    def __getattr__(self, name):
        if name == "db":
            raise ValueError("the store is closed")
        return getattr(self.db, name)

    def __getitem__(self, key):
        value = self.db.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key):
        return self.db.get(key) is not None

    def __iter__(self):
        return self.db.keys()

    def __delitem__(self, key):
        del self.db[key]
        if self.every == 0:
            self.db.flush()

    def put(self, key, value):
        """Store a value."""
        self.db.put(key, to_bytes(value))
        if self.every == 0:
            self.db.flush()

    __setitem__ = put

    def flush_often(self):
        from .http import asyncio

        async def run():
            while self.path in opened:
                self.db.flush()
                await asyncio.sleep(self.every)

        asyncio.create_task(run())

    def close(self):
        """Flush it and close it, if it is open."""
        if self.path in opened:
            self.db.flush()
            self.db.close()
            if self.f:
                self.f.close()
            opened.remove(self.path)
            del self.db
