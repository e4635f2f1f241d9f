"""A log of 1,000 keys with values of 32 bytes: what it costs, printed as a dict.

The argument is a path, or the file system of a disk in memory, "VfsLfs2" or "VfsFat".
"""

import gc
import sys

import uos
import utime

import picoweb.store as store

N = 1000


def key(n):
    return b"key %04d" % (n * 7919 % N)


def timed(f):
    start = utime.ticks_us()
    f()
    return utime.ticks_diff(utime.ticks_us(), start) // N


def bare():
    """Write the bytes of each record with nothing but the file."""
    data = b"x" * (8 + 8 + 32)
    for n in range(N):
        f = open(path + ".bare", "r+b")
        f.seek(n * len(data))
        f.write(data)
        f.flush()
        f.close()


def put_all():
    for n in range(N):
        db.put(key(n), b"v" * 32)


def get_all():
    for n in range(N):
        assert db.get(key(n)) == b"v" * 32


path = sys.argv[1]
if hasattr(uos, path):
    from disks import RAM

    kind = getattr(uos, path)
    disk = RAM(800, 1024 if path == "VfsLfs2" else 512)
    kind.mkfs(disk)
    uos.mount(kind(disk), "/disk")
    path = "/disk/notes.db"
open(path + ".bare", "wb").close()
bare_us = timed(bare)
db = store.open(path, "log")
gc.collect()
before = gc.mem_alloc()
put_us = timed(put_all)
gc.collect()
heap = gc.mem_alloc() - before
again_us = timed(put_all)
get_us = timed(get_all)
reads = [0]
read = store.Store.read


def counted(self, at):
    reads[0] += 1
    return read(self, at)


store.Store.read = counted
get_all()
store.Store.read = read
db.close()
start = utime.ticks_us()
db = store.open(path)
open_us = utime.ticks_diff(utime.ticks_us(), start)
print({"bare_us": bare_us, "put_us": put_us, "again_us": again_us, "get_us": get_us, "open_us": open_us,
       "speed": bare_us / put_us, "bytes_per_key": heap / N, "records_per_get": reads[0] / N, "keys": sum(1 for _ in db)})
db.close()
