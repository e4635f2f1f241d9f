"""An ordered key-value store in one file, in plain Python: what was flushed is there after any loss of power.

The file is a log: a head, then a record for each change, the newest last. In RAM is an index of four bytes a key: where
its record is, in the order of the keys, which are read from the file to be compared.
"""
import ubinascii
import uio
import uos
import ustruct
from array import array

HEAD = b"picolog1"  # then four bytes by which the checksums of each file differ
FIRST = 12  # where the first record begins
MARK = 0xA7  # a record: MARK, key's length, value's (2, little-endian), key, value, CRC-32 (4)
GONE = 0xFFFF  # the value's length in the record of a key that was deleted
MAX_KEY = 255  # bytes
MAX_VALUE = 8192  # bytes
BLOCK = 128  # offsets in a block of the index, four bytes each
SPARE = 4096  # bytes of outdated records that are kept, beside as many as there are current ones
FULL = (27, 28, 122)  # EFBIG, ENOSPC, EDQUOT


class StoreError(OSError):
    """What is wrong with a store's file, or with its disk: (errno, text)."""


def to_bytes(data):
    """Return the bytes of a key or value, which may be given as str."""
    return data.encode() if isinstance(data, str) else bytes(data)


class Log:
    """An open file of this kind; StoreError EIO if a record is damaged, which `repair` leaves out."""

    def __init__(self, path, repair=False):
        self.path = path
        self.spare = SPARE
        self.changed = 0  # counts what moves places of the index
        self.load(repair)

    def load(self, repair=False):
        """Open the file, and index it up to what is torn; it is made if it is missing."""
        self.f = f = self.reopen()
        self.blocks = []
        self.live = 0  # bytes of current records
        self.end = FIRST
        head = f.read(FIRST)
        if len(head) < FIRST and HEAD.startswith(head[:8]):
            self.salt = self.begin(f)
            f.flush()
            return
        if head[:8] != HEAD:
            raise StoreError(22, self.path + " is no log")
        self.salt = ustruct.unpack("<I", head[8:])[0]
        size = f.seek(0, 2)
        while self.end < size:
            at = self.end
            try:
                key, value = self.read(at, size)
            except StoreError:
                at = self.resume(at + 1, size)
                if at is None:  # it is torn: the next record is written over it
                    return
                if not repair:
                    raise
                self.end = at
                continue
            self.end = at + 8 + len(key) + len(value or b"")
            place = self.find(key)
            self.note(place, self.length(place), None if value is None else at, self.end)

    def reopen(self):
        """Return the file, open for reading and writing."""
        new = self.path + ".new"
        try:
            f = uio.open(self.path, "r+b")
        except OSError as e:
            if e.args[0] != 2:
                raise
            try:  # FAT has removed the old file but not renamed the new one
                uos.rename(new, self.path)
            except OSError:
                return uio.open(self.path, "w+b")
            return uio.open(self.path, "r+b")
        try:
            uos.remove(new)
        except OSError:
            pass
        return f

    def begin(self, f):
        """Write the head of an empty file, and return the number that its checksums begin with."""
        salt = ustruct.unpack("<I", uos.urandom(4))[0] & 0x1FFFFFFF
        f.seek(0)
        f.write(HEAD + ustruct.pack("<I", salt))
        return salt

    def resume(self, at, size):
        """Return where the next whole record begins, None if there is none."""
        mark = bytes((MARK,))
        while at < size:
            self.f.seek(at)
            found = self.f.read(256).find(mark)
            if found < 0:
                at += 256
                continue
            at += found
            try:
                self.read(at, size)
                return at
            except StoreError:
                at += 1

    def read(self, at, size=None):
        """Return key and value of the record there, the value None if the key was deleted."""
        f = self.f
        f.seek(at)
        head = f.read(4)
        if len(head) == 4 and head[0] == MARK:
            n = head[2] | head[3] << 8
            gone = n == GONE
            if gone:
                n = 0
            if n <= MAX_VALUE and (size is None or at + 8 + head[1] + n <= size):
                key = f.read(head[1])
                value = f.read(n)
                if f.read(4) == check(self.salt ^ at, head, key, value):
                    return key, None if gone else value
        raise StoreError(5, "%s: the record at byte %d is damaged" % (self.path, at))

    def compare(self, at, key):
        """Return below 0 if the key of the record there comes before `key`, 0 if it is the same, else above 0."""
        self.f.seek(at)
        data = self.f.read(4 + len(key))
        own = data[4:4 + data[1]]
        if own == key:
            return data[1] - len(key)
        return -1 if own < key else 1

    def find(self, key):
        """Return block and place of a key in the index, and whether it is there, or else would be."""
        blocks = self.blocks
        b = 0
        high = len(blocks)
        if not high:
            return 0, 0, False
        order = self.compare(blocks[-1][-1], key)  # most new keys are greater than all others
        if order <= 0:
            return high - 1, len(blocks[-1]) - (not order), not order
        while high - b > 1:
            middle = (b + high) // 2
            if self.compare(blocks[middle][0], key) > 0:
                high = middle
            else:
                b = middle
        block = blocks[b]
        low = 0
        high = len(block)
        while low < high:
            middle = (low + high) // 2
            order = self.compare(block[middle], key)
            if not order:
                return b, middle, True
            if order < 0:
                low = middle + 1
            else:
                high = middle
        return b, low, False

    def length(self, place):
        """Return the bytes of the record there, 0 if the key was not found."""
        b, i, found = place
        if not found:
            return 0
        self.f.seek(self.blocks[b][i])
        head = self.f.read(4)
        return 8 + head[1] + (head[2] | head[3] << 8)

    def note(self, place, length, at, end):
        """Put the offset of a new record into the index, in place of an old one of that length; None removes the key."""
        b, i, found = place
        blocks = self.blocks
        self.live -= length
        if at is not None:
            self.live += end - at
            if found:
                blocks[b][i] = at
                return
            if not blocks:
                blocks.append(array("I"))
            if len(blocks[b]) == BLOCK:
                half = BLOCK if i == BLOCK else BLOCK // 2
                blocks.insert(b + 1, blocks[b][half:])
                blocks[b] = blocks[b][:half]
                if i >= half:
                    b += 1
                    i -= half
            blocks[b][i:i] = array("I", (at,))
        elif found:
            blocks[b][i:i + 1] = array("I")
            if not blocks[b]:
                del blocks[b]
        self.changed += 1

    def get(self, key, default=None):
        """Return the value of a key, or `default`; StoreError EIO if its record is damaged."""
        b, i, found = self.find(to_bytes(key))
        return self.read(self.blocks[b][i])[1] if found else default

    def put(self, key, value):
        """Store a value; ValueError if it or the key is too long, StoreError ENOSPC if the disk is full."""
        key = to_bytes(key)
        value = to_bytes(value)
        for data, most in ((key, MAX_KEY), (value, MAX_VALUE)):
            if len(data) > most:
                raise ValueError("%d bytes, the limit is %d" % (len(data), most))
        self.append(key, self.find(key), value, len(value))

    def __delitem__(self, key):
        key = to_bytes(key)
        place = self.find(key)
        if not place[2]:
            raise KeyError(key)
        self.append(key, place, b"", GONE)

    def append(self, key, place, value, n):
        at = self.end
        length = self.length(place)
        try:
            self.f.seek(at)
            self.end = write(self.f, self.salt, at, key, value, n)
        except OSError as e:
            self.fail(e)
        self.note(place, length, None if n == GONE else at, self.end)

    def fail(self, e):
        """Go back to what is in the file, and raise what happened."""
        self.f.close()
        self.load()
        raise StoreError(e.args[0], self.path + (": the disk is full" if e.args[0] in FULL else ": the disk fails"))

    def flush(self):
        """Bring all changes to the disk: after this a loss of power takes nothing away."""
        try:
            self.f.flush()
        except OSError as e:
            self.fail(e)
        if self.end - FIRST - self.live > self.live + self.spare:
            try:
                self.compact()
            except OSError:
                self.spare += self.end  # later

    def compact(self):
        """Write the file anew, without outdated records; StoreError ENOSPC if there is no room for both."""
        new = self.path + ".new"
        blocks = []
        end = FIRST
        try:
            with uio.open(new, "wb") as f:
                salt = self.begin(f)
                for key, at in self.range(None, None, 0):
                    if not blocks or len(blocks[-1]) == BLOCK:
                        blocks.append(array("I"))
                    blocks[-1].append(end)
                    key, value = self.read(at)
                    end = write(f, salt, end, key, value, len(value))
        except OSError as e:
            uos.remove(new)
            if isinstance(e, StoreError):
                raise
            raise StoreError(e.args[0], new + ": the disk is full")
        self.f.close()
        try:
            uos.rename(new, self.path)
        except OSError:  # FAT, in some firmware
            uos.remove(self.path)
        self.f = self.reopen()
        self.salt = salt
        self.blocks = blocks
        self.end = end
        self.live = end - FIRST
        self.spare = SPARE
        self.changed += 1

    def close(self):
        self.f.close()

    def range(self, start, end, flags):
        """Yield key and offset from `start` on, up to `end`; changes in between are seen."""
        descending = flags & 2
        b = i = 0
        if start is not None:
            b, i, _ = self.find(to_bytes(start))
        elif descending:
            b = len(self.blocks)
            i = -1
        if end is not None:
            end = to_bytes(end)
        f = self.f
        while True:
            blocks = self.blocks
            if i < 0:
                b -= 1
                if b < 0:
                    return
                i = len(blocks[b]) - 1
            elif b < len(blocks) and i == len(blocks[b]):
                b += 1
                i = 0
            if b == len(blocks):
                return
            at = blocks[b][i]
            self.f.seek(at + 1)
            key = self.f.read(self.f.read(3)[0])
            if end is not None and (key == end and not flags & 1 or (key < end if descending else key > end)):
                return
            changed = self.changed
            yield key, at
            found = True
            if changed != self.changed:
                b, i, found = self.find(key)
            i += -1 if descending else found

    def keys(self, start=None, end=None, flags=0):
        """Yield the keys from `start` on and before `end`: with INCL `end` too, with DESC backwards."""
        for key, _ in self.range(start, end, flags):
            yield key

    def values(self, start=None, end=None, flags=0):
        """Yield the values of these keys."""
        for _, at in self.range(start, end, flags):
            yield self.read(at)[1]

    def items(self, start=None, end=None, flags=0):
        """Yield these keys with their values."""
        for _, at in self.range(start, end, flags):
            yield self.read(at)


def check(seed, head, key, value):
    """Return the last four bytes of a record."""
    crc32 = ubinascii.crc32
    return ustruct.pack("<I", crc32(value, crc32(key, crc32(head, seed))))


def write(f, salt, at, key, value, n):
    """Write a record, which begins at that byte, and return where it ends."""
    head = bytes((MARK, len(key), n & 255, n >> 8))
    f.write(head + key)
    f.write(value)
    f.write(check(salt ^ at, head, key, value))
    return at + 8 + len(key) + len(value)
