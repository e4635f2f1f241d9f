"""The power fails at every write or erasure of a block: what a store on that file system has then.

Arguments: the file system, the steps of the script, a number that makes it another one, and every which cut is tried; of
a step that writes the file anew all are.
"""

import sys

import uos

import picoweb.store as store
from disks import RAM

BLOCKS, SIZE = 256, 512
PATH = "/disk/notes.db"


class Recorder(RAM):
    """A disk that notes what changes it, and how many steps of the script were done before."""

    def __init__(self, blocks, size):
        super().__init__(blocks, size)
        self.changes = []
        self.done = 0

    def writeblocks(self, n, buf, off=0):
        at = n * self.size + off
        self.changes.append((self.done, at, bytes(buf)))
        self.data[at:at + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 6:
            self.writeblocks(arg, b"\xff" * self.size)
        return super().ioctl(op, arg)


def numbers(seed):
    """Yield numbers that are the same in each run."""
    while True:
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield seed >> 12


def script(steps, seed):
    """Yield (key, value), the value None for a deletion."""
    random = numbers(seed)
    for n in range(steps):
        key = b"key %d" % (next(random) % 30)
        kind = next(random) % 20
        if kind < 3:
            yield key, None
        else:
            yield key, (b"%d of %d " % (n, next(random))) * (1 + next(random) % (40 if kind == 3 else 8))


def change(db, key, value):
    if value is not None:
        db[key] = value
    elif key in db:
        del db[key]


def change_model(model, key, value):
    if value is not None:
        model[key] = value
    else:
        model.pop(key, None)


def mount(kind, device):
    uos.mount(kind(device), "/disk")


def found(kind, data):
    """Return what a store has after the power came back, and whether it can be used then."""
    device = RAM(BLOCKS, SIZE)
    device.data[:] = data
    mount(kind, device)
    try:
        db = store.open(PATH)
        items = dict(db.items())
        db["new"] = "since"
        db.close()
        db = store.open(PATH)
        items_now = dict(db.items())
        db.close()
    finally:
        uos.umount("/disk")
    usable = items_now.pop(b"new", None) == b"since" and items_now == items
    return items, usable


def main(name, steps, seed, every):
    kind = getattr(uos, name)
    disk = Recorder(BLOCKS, SIZE)
    kind.mkfs(disk)
    mount(kind, disk)
    disk.changes = []
    before = bytes(disk.data)
    db = store.open(PATH)
    compacting = set()
    ends = db.end
    for key, value in script(steps, seed):
        change(db, key, value)
        if db.end < ends:
            compacting.add(disk.done)
        disk.done += 1
        ends = db.end
    db.close()
    uos.umount("/disk")

    data = bytearray(before)
    model = {}
    later = script(steps, seed)
    pending = next(later)
    done = tried = lost = 0
    for n, (acknowledged, at, new) in enumerate(disk.changes):
        while done < acknowledged:
            change_model(model, *pending)
            pending = next(later, (b"", None))
            done += 1
        for part in (0, len(new) // 2) if name == "VfsLfs2" else (0,):
            # littlefs survives a block that is half written; FAT takes a sector to be written whole or not at all.
            data_now = bytearray(data)
            data_now[at:at + part] = new[:part]
            if n % every == 0 or acknowledged in compacting:
                tried += 1
                try:
                    items, usable = found(kind, data_now)
                except Exception as e:
                    items, usable = repr(e), False
                also = dict(model)
                change_model(also, *pending)
                if not usable or items not in (model, also):
                    lost += 1
                    if lost < 5:
                        print("cut", n, "part", part, "of step", done, items if isinstance(items, str) else len(items), usable)
        data[at:at + len(new)] = new
    print("%s: %d block operations, %d compactions, %d cuts tried, %d lost" % (name, len(disk.changes), len(compacting), tried, lost))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
