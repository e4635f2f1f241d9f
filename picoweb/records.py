"""Records with a declared schema in a store, by btreedb's calls: `import picoweb.records as btreedb`."""
import ujson
import utime
from ucollections import namedtuple

from . import store


class DB:
    """A store under its name; options are those of store.open()."""

    def __init__(self, name, **options):
        self.name = name
        self.db = None
        self.options = options

    def connect(self):
        """Open it, if it is not open."""
        if not self.db:
            self.db = store.open(self.name, **self.options)

    def close(self):
        """Flush and close it."""
        self.db.close()
        self.db = None


class Model:
    """A kind of record: a subclass has `__db__`, `__table__` and `__schema__`, an ordered dict of name to (type, default).

    The first field is the key. A default may be a function.
    """

    @classmethod
    def create_table(cls, fail_silently=False):
        """Make `Row`, the named tuple that records are read as."""
        cls.Row = namedtuple(cls.__table__, tuple(cls.__schema__.keys()))

    @classmethod
    def create(cls, **fields):
        """Store a record and return its key: one that is given replaces, a default one that is taken gets a number."""
        names = list(cls.__schema__.keys())
        row = [fields[name] if name in fields else default_of(cls.__schema__[name]) for name in names]
        db = cls.__db__.db
        key = row[0]
        n = 0
        while names[0] not in fields and row[0] in db:
            n += 1
            row[0] = "%s.%03d" % (key, n)
        db[row[0]] = ujson.dumps(row)
        return row[0]

    @classmethod
    def row(cls, text):
        """Return the Row of a record's JSON; fields that the schema got since have their defaults."""
        row = ujson.loads(text)
        for field in list(cls.__schema__.values())[len(row):]:
            row.append(default_of(field))
        return cls.Row(*row)

    @classmethod
    def update(cls, where, **fields):
        """Change fields of the record whose key is `{"key field": key}`; KeyError if there is none."""
        names = list(cls.__schema__.keys())
        assert list(where) == names[:1]
        key = where[names[0]]
        row = cls.row(cls.__db__.db[key])
        cls.__db__.db[key] = ujson.dumps([fields.get(name, value) for name, value in zip(names, row)])

    @classmethod
    def get_id(cls, key):
        """Return [the record of a key]; KeyError if there is none."""
        return [cls.row(cls.__db__.db[key])]

    @classmethod
    def scan(cls, prefix="", after=None, limit=None, flags=0):
        """Yield records in the order of their keys, with store.DESC backwards.

        `prefix`: those whose keys begin so; `after`: what follows this key; `limit`: at most so many.
        """
        db = cls.__db__.db
        first = store.to_bytes(prefix)
        bound = first + b"\xff"  # comes after all UTF-8 that begins so
        if after is not None:
            after = store.to_bytes(after)
        if flags & store.DESC:
            bound = after or bound
            start = None
            for start in db.keys(bound):
                break
            items = db.items(start, first or None, store.DESC | store.INCL)
        else:
            items = db.items(after or first or None, bound)
        for key, value in items:
            if key == after or key >= bound:
                continue
            if limit is not None:
                limit -= 1
                if limit < 0:
                    return
            yield cls.row(value)


def default_of(field):
    """Return the default of a schema's (type, default)."""
    return field[1]() if callable(field[1]) else field[1]


def now():
    """Return the time, as a key that sorts by it."""
    return "%d-%02d-%02d %02d:%02d:%02d" % utime.localtime()[:6]
