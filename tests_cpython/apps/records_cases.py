"""What records do: by btreedb's calls, and by the options of scan(). Each case prints its name and its result."""

import sys

import ujson
from ucollections import OrderedDict

import picoweb.records as btreedb
import picoweb.store as btree

KIND = sys.argv[1]
db = btreedb.DB("notes.db", kind=KIND)


class Note(btreedb.Model):
    __db__ = db
    __table__ = "note"
    __schema__ = OrderedDict([
        ("timestamp", ("TIMESTAMP", lambda: "2026-11-28 05:20:00")),
        ("archived", ("INT", 0)),
        ("content", ("TEXT", "")),
    ])

    @classmethod
    def public(cls):
        for value in cls.__db__.db.values(None, None, btree.DESC):
            row = cls.Row(*ujson.loads(value))
            if not row.archived:
                yield row


class Tagged(btreedb.Model):
    """Note with a field more."""

    __db__ = db
    __table__ = "tagged"
    __schema__ = OrderedDict([
        ("timestamp", ("TIMESTAMP", btreedb.now)),
        ("archived", ("INT", 0)),
        ("content", ("TEXT", "")),
        ("tags", ("LIST", list)),
    ])


def keys(*args, **options):
    return [row.timestamp for row in Note.scan(*args, **options)]


def case_create():
    key = Note.create(content="one")
    return [key, list(Note.get_id(key)) == [(key, 0, "one")], Note.get_id(key)[0].content, keys()]


def case_default_keys_that_are_taken():
    return [Note.create(content="two"), Note.create(content="three"), [row.content for row in Note.scan()]]


def case_a_given_key_replaces():
    Note.create(timestamp="a", content="1")
    Note.create(timestamp="a", content="2")
    found = [Note.get_id("a")[0].content]
    del db.db["a"]
    return found


def case_update():
    Note.update({"timestamp": "2026-11-28 05:20:00"}, archived=1)
    return [row.content for row in Note.public()]


def case_missing():
    found = []
    for f in (lambda: Note.get_id("x"), lambda: Note.update({"timestamp": "x"}, archived=1)):
        try:
            f()
        except KeyError:
            found.append("KeyError")
    return found


def case_another_opening():
    db.close()
    db.connect()
    db.connect()
    return len(keys())


def case_scan():
    for key in keys():
        del db.db[key]
    for n in range(5):
        Note.create(timestamp="a%d" % n)
        Note.create(timestamp="b%d" % n)
    D = btree.DESC
    found = [keys("b"), keys("b", flags=D), keys(limit=3), keys(limit=3, flags=D), keys(after="a3", limit=2),
             keys(after="b1", limit=3, flags=D), keys("a", after="a2"), keys("b", after="b1", flags=D),
             keys("c"), keys("c", flags=D), keys(limit=0), keys(after="b0x", limit=1), keys(after="b0x", limit=1, flags=D)]
    return [" ".join(chosen) for chosen in found]


def case_a_schema_that_has_grown():
    Tagged.create_table()
    Tagged.update({"timestamp": "a1"}, tags=["x"])
    return [row.tags for row in Tagged.scan(limit=2)]


db.connect()
Note.create_table(True)
for name in sys.argv[2:]:
    print(name, repr(globals()["case_" + name]()))
db.close()
