"""An ordered store of bytes by btree's interface, in one file: a log in plain Python, or the firmware's btree.

The log has a head, then a record for each change, the newest last. Its index in RAM has four bytes for each key: where its
record is, in the order of the keys, which are read from the file to be compared. What was flushed is there after any loss
of power; what is torn at the end is written over.
"""
import uio
import uos
from array import array
from micropython import const
from sys import implementation
from ubinascii import crc32

INCL = 1  # the end of a range belongs to it
DESC = 2  # a range runs backwards
BTREE = b"b1\5\0"  # how a file of the module btree begins
NEW = "log"  # the kind of a new file
if implementation.name == "cpython":
    BTREE = b"SQLi"
    NEW = "btree"
_HEAD = const(b"picolog1")  # then four bytes by which the checksums of each file differ
_FIRST = const(12)  # where the first record begins
_MARK = const(0xA7)  # a record: this, the key's length, the value's (2, little-endian), key, value, CRC-32 (4);
# one less is the mark of a deletion, which has no value
_MAX_KEY = const(255)  # bytes
_MAX_VALUE = const(8192)  # bytes
_BLOCK = const(64)  # offsets in a block of the index
_SPARE = const(4096)  # bytes of outdated records that are kept, beside as many as there are of current ones
opened = []  # paths: a file is opened once


class StoreError(OSError):
    """What is wrong with a store's file, or with its disk: (errno, text)."""


def to_bytes(data):
    """Return the bytes of a key or value, which may be a str."""
    return data.encode() if isinstance(data, str) else b"" + data


def open(path, kind=None, flush=0, app=None, repair=False):
    """Return a Store: of the file's kind, for a new one "log" or "btree", which is sqlite3 and the default on CPython.

    A change is flushed at once, or within `flush` seconds of the app's service; None leaves it to flush() and close().
    StoreError: EBUSY for a file that is open, EINVAL for one of another kind, EIO for a damaged log unless `repair`.
    """
    if path[:1] != "/":
        path = uos.getcwd() + "/" + path
    if path in opened:
        raise StoreError(16, path + " is open")
    head = b""
    try:
        with uio.open(path, "rb") as f:
            head = f.read(8)
    except OSError:
        pass
    found = head and ("btree" if head[:4] == BTREE else "log" if _HEAD.startswith(head) else None)
    kind = kind or found or NEW
    if head and kind != found:
        raise StoreError(22, path + " is no " + kind)
    store = Btree(path) if kind == "btree" else Store(path, repair)
    store.every = flush
    opened.append(path)
    if app:
        app.at_stop(store.close)
        if flush:
            from .http import asyncio

            app.at_start(lambda: asyncio.create_task(store.keep(asyncio.sleep)))
    return store


class Store:
    """A log: a dict of bytes to bytes, in the order of the keys; keys and values may be given as str."""

    kind = "log"
    db = every = None
    changes = 0  # of the index
    spare = _SPARE

    def __init__(self, path, repair=False, mode="r+b"):
        """Open the file, and index it up to what is torn; it is made if it is missing."""
        self.path = path
        try:
            f = uio.open(path, mode)
        except OSError as e:
            if e.args[0] != 2:
                raise
            try:  # compact() had removed the old file, and not renamed the new one yet
                uos.rename(path + ".new", path)
            except OSError:
                mode = "w+b"
            f = uio.open(path, mode)
        self.f = f
        self.index = [array("I")]  # each has _BLOCK offsets but the last, which has fewer
        self.count = 0  # keys
        self.live = 0  # bytes of their records
        head = f.read(_FIRST)
        if len(head) < _FIRST:
            head = _HEAD + uos.urandom(4)
            f.seek(0)
            f.write(head)
            f.flush()
        self.salt = int.from_bytes(head[8:], "little") & 0x1FFFFFFF  # no long int
        self.end = at = _FIRST
        size = f.seek(0, 2)
        while at < size:
            try:
                key, value = self.read(at)
            except StoreError:
                at += 1
                continue
            if at != self.end and not repair:
                self.read(self.end)  # raises; what is damaged at the end is torn: the next record is written over it
            self.end = f.tell()
            self.update(self.find(key), at, value)
            at = self.end

    def read(self, at):
        """Return key and value of the record there, the value None if the key was deleted."""
        f = self.f
        f.seek(at)
        head = f.read(4)
        if len(head) == 4 and head[0] | 1 == _MARK and head[3] <= _MAX_VALUE >> 8:
            key = f.read(head[1])
            value = f.read(head[2] | head[3] << 8)
            if f.read(4) == check(self.salt ^ at, head, key, value):
                return key, value if head[0] == _MARK else None
        raise StoreError(5, "%s: damaged at %d" % (self.path, at))

    def at(self, place):
        """Return where the record of the key at this place of the order begins."""
        return self.index[place // _BLOCK][place % _BLOCK]

    def find(self, key):
        """Return the place of a key in the order, and the bytes of its record, or where it would be, and 0."""
        low = 0
        high = self.count
        place = high - 1  # most new keys are greater than all others
        f = self.f
        n = 4 + len(key)
        while low < high:
            f.seek(self.at(place))
            data = f.read(n)
            own = data[4:4 + data[1]]
            if own < key:
                low = place + 1
            elif own == key and data[1] == len(key):
                return place, n + 4 + (data[2] | data[3] << 8)
            else:
                high = place
            place = (low + high) // 2
        return low, 0

    def update(self, found, at, value):
        """Put the newest record into the index, where find() has said; the value None removes the key."""
        place, length = found
        blocks = self.index
        b = place // _BLOCK
        place %= _BLOCK
        self.changes += 1
        none = array("I")
        new = array("I", () if value is None else (at,))
        self.live += len(new) * (self.end - at) - length
        old = length > 0
        self.count += len(new) - old
        blocks[b][place:place + old] = new
        while b < len(blocks) - 1:  # as many in each as before
            block = blocks[b]
            b += 1
            next = blocks[b]
            if len(block) > _BLOCK:
                next[:0] = block[_BLOCK:]
                block[_BLOCK:] = none
            elif len(block) < _BLOCK:
                block.extend(next[:1])
                next[:1] = none
        if len(blocks[b]) == _BLOCK:
            blocks.append(none)
        elif b and len(blocks[b - 1]) < _BLOCK:
            blocks.pop()

    def get(self, key, default=None):
        """Return the value of a key, or `default`; StoreError EIO if its record is damaged."""
        place, length = self.find(to_bytes(key))
        return self.read(self.at(place))[1] if length else default

    def __getitem__(self, key):
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key):
        return self.get(key) is not None

    def __iter__(self):
        return iter(self.keys())

    def put(self, key, value):
        """Store a value; ValueError if it or the key is too long, StoreError ENOSPC if the disk is full."""
        self.change(to_bytes(key), to_bytes(value))

    __setitem__ = put

    def __delitem__(self, key):
        self.change(to_bytes(key), None)

    def change(self, key, value):
        n = len(value or b"")
        if len(key) > _MAX_KEY or n > _MAX_VALUE:
            raise ValueError("key %d, value %d bytes: limits 255, 8192" % (len(key), n))
        found = self.find(key)
        if value is None and not found[1]:
            raise KeyError(key)
        at = self.end
        self.attempt(self.add, key, value)
        self.update(found, at, value)
        if self.every == 0:
            self.flush()

    def add(self, key, value):
        """Write a record at the end."""
        at = self.end
        data = value or b""
        n = len(data)
        head = bytes((_MARK - (value is None), len(key), n & 255, n >> 8))
        f = self.f
        f.seek(at)
        f.write(head + key)
        f.write(data)
        f.write(check(self.salt ^ at, head, key, data))
        self.end = f.tell()

    def attempt(self, f, *args):
        """Call what writes; if the disk is full or fails, go back to what is in the file."""
        try:
            f(*args)
        except OSError as e:
            self.f.close()
            self.__init__(self.path)
            raise StoreError(e.args[0], self.path + " cannot be written")

    def flush(self):
        """Bring all changes to the disk: after this a loss of power takes nothing away."""
        self.attempt(self.f.flush)
        if self.end > 2 * self.live + self.spare:
            try:
                self.compact()
            except OSError:
                self.spare += self.end  # later

    def compact(self):
        """Write the file anew, without outdated records; OSError ENOSPC if there is no room for both."""
        path = self.path + ".new"
        try:
            new = Store(path, False, "w+b")
            with new.f:
                for key, value in self.items():
                    new.add(key, value)
        except OSError:
            uos.remove(path)
            raise
        self.f.close()
        try:
            uos.rename(path, self.path)
        except OSError:  # the old file is in the way
            uos.remove(self.path)
        self.__init__(self.path)

    async def keep(self, sleep):
        while self.path in opened:
            self.flush()
            await sleep(self.every)

    def close(self):
        """Flush it and close it, if it is open."""
        if self.path in opened:
            self.flush()
            if self.db:
                self.db.close()
            self.f.close()
            opened.remove(self.path)

    def range(self, what, start=None, end=None, flags=0):
        descending = flags & 2 > 0
        if start is not None:
            place = self.find(to_bytes(start))[0]
        else:
            place = descending * (self.count - 1)
        if end is not None:
            end = to_bytes(end)
        while 0 <= place < self.count:
            record = self.read(self.at(place))
            key = record[0]
            if end is not None and (not flags & 1 if key == end else (key > end) ^ descending):
                return
            changes = self.changes
            yield record if what is None else record[what]
            length = 1
            if changes != self.changes:
                place, length = self.find(key)
            if descending:
                place -= 1
            elif length:
                place += 1

    def keys(self, *range):
        """Return the keys from a start on and before an end: with flag INCL the end too, with DESC backwards."""
        return self.range(0, *range)

    def values(self, *range):
        """Return the values of these keys."""
        return self.range(1, *range)

    def items(self, *range):
        """Return these keys with their values; changes in between are seen."""
        return self.range(None, *range)


class Btree(Store):
    """The same with the module btree, in its own file."""

    kind = "btree"

    def __init__(self, path):
        import btree

        self.path = path
        uio.open(path, "ab").close()
        self.f = uio.open(path, "r+b")
        self.db = db = btree.open(self.f)
        self.get = db.get
        self.keys = db.keys
        self.values = db.values
        self.items = db.items
        self.flush = db.flush

    def change(self, key, value):
        if value is None:
            del self.db[key]
        else:
            self.db[key] = value
        if self.every == 0:
            self.flush()


def check(seed, head, key, value):
    """Return the last four bytes of a record."""
    return crc32(value, crc32(key, crc32(head, seed))).to_bytes(4, "little")
