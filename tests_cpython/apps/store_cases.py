"""What a store does with what is stored, and with bad input: each case prints its name and its result.

The first argument is the kind of store, the second a free port.
"""

import sys

import uos

import picoweb.store as store
from disks import RAM

KIND = sys.argv[1]
PATH = "cases.db"
FRUIT = ((b"a", b"apple"), (b"c", b"cherry"), (b"b", b"banana"), (b"d", b"date"))


def fresh(path=PATH):
    """Return a new store of that path."""
    for name in (path, path + ".new"):
        try:
            uos.remove(name)
        except OSError:
            pass
    return store.open(path, KIND)


def content(path=PATH):
    with open(path, "rb") as f:
        return f.read()


def rewrite(data, path=PATH):
    with open(path, "wb") as f:
        f.write(data)


def error(f, *args, **options):
    """Return how a call fails: the exception's name and errno."""
    try:
        f(*args, **options)
    except Exception as e:
        return " ".join([type(e).__name__] + [str(arg) for arg in e.args[:1] if isinstance(arg, int)])
    return "none"


def items(path=PATH, **options):
    db = store.open(path, KIND, **options)
    found = list(db.items())
    db.close()
    return found


def case_dict():
    db = fresh()
    db["one"] = "1"
    db.put(b"two", bytearray(b"2"))
    db["one"] = b"one"
    found = [db["one"], db.get("two"), db.get("three"), db.get("three", 3), "two" in db, b"three" in db, list(db), db.kind]
    del db["one"]
    found.append(list(db.items()))
    db.close()
    return found


def case_ranges():
    db = fresh()
    for key, value in FRUIT:
        db[key] = value
    up = db.keys
    ranges = [(), ("b",), ("b", "d"), ("b", "d", store.INCL), ("bb", "cc"), (None, "b"), (None, None, store.DESC),
              ("c", None, store.DESC), ("c", "a", store.DESC), ("c", "a", store.DESC | store.INCL), ("bb", None, store.DESC),
              ("z", None, store.DESC), ("z",), ("d", "b")]
    found = [b"".join(list(up(*chosen))).decode() for chosen in ranges]
    found += [list(db.values("c")), list(db.items(None, "b"))]
    db.close()
    return found


def case_changes_during_an_iteration():
    db = fresh()
    for n in range(10):
        db["%d" % n] = "x"
    found = []
    for key in db.keys():
        found.append(key)
        if key == b"2":
            del db["2"]
            del db["3"]
            db["0a"] = "x"
            db["5a"] = "x"
    db.close()
    return b" ".join(found).decode()


def case_missing():
    db = fresh()
    found = [error(lambda: db["a"]), error(db.__delitem__, "a")]
    db.close()
    return found


def case_other_types():
    db = fresh()
    found = [error(db.put, "a", 5), error(db.put, "a", None), error(db.put, 5, "a"), error(db.put, "a", ["x"])]
    db.close()
    return found + [items()]


def case_limits():
    db = fresh()
    db["a"] = "old"
    found = [error(db.put, "k" * 256, "x"), error(db.put, "a", b"v" * 8193), error(db.__delitem__, "k" * 256)]
    db["k" * 255] = b"v" * 8192
    db[""] = ""
    db.close()
    db = store.open(PATH)
    found += [db["a"], len(db["k" * 255]), db[""], len(list(db))]
    db.close()
    return found


def case_two_opens():
    db = fresh()
    db["a"] = "x"
    found = [error(store.open, PATH), error(store.open, uos.getcwd() + "/" + PATH), db["a"]]
    db.close()
    db.close()
    return found + [items()]


def case_closed():
    db = fresh()
    db["a"] = "x"
    db.close()
    found = [error(f, *args) != "none" for f, args in ((db.get, "a"), (db.put, ("a", "y")), (db.flush, ()))]
    return found + [items()]


def filled():
    """Return the bytes of a log of four records, and where each begins."""
    db = fresh()
    starts = []
    for key, value in FRUIT:
        starts.append(getattr(db, "end", 0))
        db[key] = value
    db.close()
    return content(), starts


def case_other_files():
    found = []
    for data in (b"no store at all, but a text", b"\x00" * 100, b"picolog2" + bytes(4), b"x",
                 b"SQLite format 3" if KIND == "log" else b"picolog1\0\0\0\0"):
        fresh().close()
        rewrite(data)
        found.append([error(store.open, PATH, KIND), content() == data])
    return found


def case_empty_file():
    fresh().close()
    rewrite(b"")
    db = store.open(PATH, KIND)
    db["a"] = "x"
    db.close()
    return items()


def case_torn_head():
    found = []
    for n in range(12):
        data, _ = filled()
        rewrite(data[:n])
        db = store.open(PATH, KIND)
        db["a"] = "x"
        db.close()
        found.append(items())
    return all(one == [(b"a", b"x")] for one in found)


def case_truncated():
    """Cut off anywhere, the log has the records before."""
    data, starts = filled()
    wrong = []
    for n in range(12, len(data)):
        rewrite(data[:n])
        whole = sorted(FRUIT[i] for i in range(4) if (starts + [len(data)])[i + 1] <= n)
        if items() != whole:
            wrong.append(n)
        db = store.open(PATH)
        db["new"] = "x"
        db.close()
        if items() != sorted(whole + [(b"new", b"x")]):
            wrong.append(-n)
    return wrong


def case_torn_tail_of_junk():
    data, starts = filled()
    rewrite(data + b"\xa7\x01\x05\x00junk" + b"\xa7" * 40)
    found = [items()]
    db = store.open(PATH)
    db["e"] = "elderberry"
    db.close()
    return found + [len(items()), items()[-1]]


def case_damage_in_the_middle():
    """Each bit of the second record: the log says so, keeps the file, and reads the rest where it is asked to."""
    data, starts = filled()
    wrong = []
    for at in range(starts[1], starts[2]):
        for bit in (1, 128):
            new = bytearray(data)
            new[at] ^= bit
            rewrite(new)
            if error(store.open, PATH) != "StoreError 5" or content() != bytes(new):
                wrong.append(at)
            if items(repair=True) != sorted(FRUIT[:1] + FRUIT[2:]):
                wrong.append(-at)
    return wrong


def case_damage_while_open():
    data, starts = filled()
    db = store.open(PATH)
    with open(PATH, "r+b") as f:
        f.seek(starts[1] + 6)
        f.write(b"X")
    found = [error(lambda: db["c"]), db["a"], db["d"]]
    db["c"] = "new"
    found.append(db["c"])
    db.close()
    return found


def case_crafted_value():
    """A value that looks like a record is none, wherever it is torn."""
    data, starts = filled()
    wrong = []
    db = store.open(PATH)
    db["evil"] = data[starts[0]:] * 3
    db.close()
    longer = content()
    for n in range(len(data), len(longer), 7):
        rewrite(longer[:n])
        if items() != sorted(FRUIT):
            wrong.append(n)
    return wrong


def case_compaction():
    db = fresh()
    sizes = []
    for n in range(400):
        db["state"] = "%0100d" % n
        db["key %d" % (n % 5)] = "x"
        if n % 3 == 0:
            del db["key %d" % (n % 5)]
        sizes.append(len(content()))
    before = list(db.items())
    db.compact()
    after = list(db.items())
    size = len(content())
    db.close()
    return [max(sizes) < 5000, size < 250, before == after == items(), PATH + ".new" in uos.listdir()]


def case_left_over_new_file():
    """The power failed during compaction, or between FAT's removal of the old file and the renaming of the new one."""
    data, starts = filled()
    rewrite(data[:starts[2]], PATH + ".new")
    found = [len(items())]
    db = store.open(PATH)
    db.compact()
    db.close()
    found.append(items() == sorted(FRUIT))
    rewrite(content(), PATH + ".new")
    uos.remove(PATH)
    return found + [items() == sorted(FRUIT)]


def case_full_disk():
    """On a disk of each file system that gets full: what was acknowledged is there, and there is room after deletions."""
    found = []
    for name in ("VfsLfs2", "VfsFat"):
        kind = getattr(uos, name)
        device = RAM(64, 512)
        kind.mkfs(device)
        uos.mount(kind(device), "/full")
        path = "/full/notes.db"
        db = store.open(path, KIND)
        stored = {}
        failed = set()
        n = 0
        while n < 1000:
            key = b"%d" % n
            try:
                db[key] = b"x" * 50
                stored[key] = b"x" * 50
            except OSError as e:
                failed.add(" ".join([type(e).__name__, str(e.args[0])]))
                if len(failed) and n % 2:
                    break
            n += 1
        compacted = error(db.compact)
        same = [dict(db.items()) == stored]
        db.close()
        same.append(dict(items(path)) == stored)
        same.append("notes.db.new" in uos.listdir("/full"))
        found.append([name, sorted(failed), compacted, same, len(stored) > 100])
        uos.umount("/full")
    return found


def case_failing_disk():
    """Each write or erasure in turn fails, and the next ones do not: what was acknowledged is there, in RAM and on disk."""
    wrong = []
    for name in ("VfsLfs2", "VfsFat"):
        kind = getattr(uos, name)
        for fails_at in range(0, 120, 3):
            device = Failing(100, 512)
            kind.mkfs(device)
            uos.mount(kind(device), "/fails")
            db = store.open("/fails/notes.db", KIND)
            device.left = fails_at
            stored = {}
            possible = {}
            for n in range(60):
                key = b"%d" % (n % 7)
                possible.setdefault(key, set()).add(b"%d" % n)
                try:
                    db[key] = b"%d" % n
                    stored[key] = b"%d" % n
                    possible[key] = set()
                except OSError:
                    pass
            live = dict(db.items())
            db.close()
            later = dict(items("/fails/notes.db"))
            for found in (live, later):
                for key in set(list(found) + list(stored)):
                    if found.get(key) != stored.get(key) and found.get(key) not in possible[key]:
                        wrong.append((name, fails_at, key, found.get(key), stored.get(key)))
            uos.umount("/fails")
    return wrong[:5]


class Failing(RAM):
    """A disk of which one change fails, after `left` others."""

    left = -1

    def writeblocks(self, n, buf, off=0):
        self.left -= 1
        if self.left == 0:
            return -5
        super().writeblocks(n, buf, off)


def disk(name):
    """Return the path of a store on a littlefs of that name, where there is one: it writes only what was flushed."""
    if not hasattr(uos, "VfsLfs2"):
        return PATH
    device = RAM(64, 512)
    uos.VfsLfs2.mkfs(device)
    uos.mount(uos.VfsLfs2(device), "/" + name)
    return "/%s/notes.db" % name


def case_policies():
    """Whether another opening of the file sees a change: at once, and after flush(); with each policy."""
    path = disk("policies")
    found = []
    for flush in (0, None):
        fresh(path).close()
        db = store.open(path, KIND, flush)
        size = len(content(path))
        db["a"] = "x" * 100
        found.append(len(content(path)) > size)
        db.flush()
        found.append(len(content(path)) > size)
        db["b"] = "y"
        db.close()
        found.append(len(items(path)))
    return found


def case_service():
    """An app flushes each so many seconds, and closes the store when it stops."""
    import picoweb
    from picoweb.http import asyncio

    path = disk("service")
    app = picoweb.WebApp(None, serve_static=False)
    fresh(path).close()
    db = store.open(path, KIND, 0.02, app)

    async def main():
        await app.start("127.0.0.1", int(sys.argv[2]))
        await asyncio.sleep(0)
        size = len(content(path))
        db["a"] = "x" * 100
        found = [len(content(path)) > size]
        for _ in range(250):
            if len(content(path)) > size:
                break
            await asyncio.sleep(0.02)
        found.append(len(content(path)) > size)
        db["b"] = "y"
        await app.stop()
        found.append(len(items(path)))
        return found

    return asyncio.get_event_loop().run_until_complete(main())


chosen = sys.argv[3:]
for case in chosen:
    print(case, repr(globals()["case_" + case]()))
