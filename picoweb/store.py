"""An ordered store of bytes by btree's interface, in one file: a log in plain Python, or the firmware's btree."""
import sys
import uio
import uos
import utime

from .logstore import HEAD, Log, StoreError

INCL = 1  # the end of a range belongs to it
DESC = 2  # a range runs backwards
BTREE = b"SQLite format 3" if sys.implementation.name == "cpython" else b"b1\x05\0"  # how files of module btree begin
opened = []  # paths: a file is opened once


def open(path, kind=None, flush=0, app=None, repair=False):
    """Return a Store, of the kind of the file, else of `kind`: "log" (a board's default) or "btree" (CPython's: sqlite3).

    Changes are flushed at once, or after `flush` seconds, or with None by flush() and close() alone; app.stop() closes.
    StoreError: EBUSY for a file that is open, EINVAL for one of another kind, EIO for a damaged one.
    """
    place = path if path[:1] == "/" else uos.getcwd().rstrip("/") + "/" + path
    if place in opened:
        raise StoreError(16, path + " is open")
    kind = kind_of(path, kind)
    f = None
    if kind == "log":
        db = Log(path, repair)
    else:
        import btree

        try:
            f = uio.open(path, "r+b")
        except OSError:
            f = uio.open(path, "w+b")
        db = btree.open(f)
    opened.append(place)
    store = Store(db, kind, flush, f, place)
    if app:
        app.at_stop(store.close)
        if flush:
            app.at_start(store.flush_often)
    return store


def kind_of(path, kind):
    """Return the kind of a file, of a new one `kind` or the default."""
    head = b""
    try:
        with uio.open(path, "rb") as f:
            head = f.read(15)
    except OSError as e:
        if e.args[0] != 2:
            raise
    if not head:
        return kind or ("log" if BTREE[:1] == b"b" else "btree")
    found = "log" if HEAD.startswith(head[:8]) else "btree" if head.startswith(BTREE) else None
    if found is None or kind not in (None, found):
        raise StoreError(22, "%s is no store of kind %s" % (path, kind or "log or btree"))
    return found


class Store:
    """An open store: a dict of bytes to bytes in the order of the keys; keys and values may be given as str.

    What the kind has beside this is there too: get, keys, values, items; compact() of a log.
    """

    def __init__(self, db, kind, every, f, place):
        self.db = db
        self.kind = kind
        self.every = every  # seconds
        self.f = f
        self.place = place
        self.flushed = utime.ticks_ms()

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

    def __setitem__(self, key, value):
        self.put(key, value)

    def __delitem__(self, key):
        del self.db[key]
        self.change()

    def put(self, key, value):
        """Store a value; it is safe from a loss of power once it is flushed."""
        self.db.put(key, value)
        self.change()

    def change(self):
        every = self.every
        if every is not None and utime.ticks_diff(utime.ticks_ms(), self.flushed) >= every * 1000:
            self.flush()

    def flush(self):
        """Bring all changes to the disk."""
        self.db.flush()
        self.flushed = utime.ticks_ms()

    async def flush_often(self):
        """Have what no later change flushes flushed in time."""
        from .http import asyncio

        async def run():
            while self.place in opened:
                await asyncio.sleep_ms(int(self.every * 1000))
                if self.place in opened:
                    self.flush()

        asyncio.create_task(run())

    def close(self):
        """Flush and close it, if it is open."""
        if self.place in opened:
            self.flush()
            self.db.close()
            if self.f:
                self.f.close()
            opened.remove(self.place)
            del self.db
