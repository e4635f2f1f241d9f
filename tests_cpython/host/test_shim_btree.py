"""MicroPython's btree on CPython.

No MicroPython among the runtimes has btree, so the expected values are those of its documentation and source.
"""

import errno
import io
import sys

import pytest

import picoweb.host.shim.btree as btree
from conftest import PRESENT
from support.scripts import finish
from support.table import cases

FRUIT = {b"apple": b"1", b"banana": b"2", b"cherry": b"3", b"date": b"4"}


@pytest.fixture(params=["file", "memory"])
def stream(request, tmp_path):
    """A stream that a board's btree takes: a file, or io.BytesIO."""
    made = open(tmp_path / "db", "w+b") if request.param == "file" else io.BytesIO()
    with made:
        yield made


@pytest.fixture
def db(stream):
    made = btree.open(stream)
    for key in reversed(FRUIT):
        made[key] = FRUIT[key]
    yield made
    made.close()


def test_a_value_is_found_by_its_key(db):
    assert db[b"banana"] == b"2"
    assert db.get(b"cherry") == b"3"


def test_a_key_that_is_not_there(db):
    assert db.get(b"fig") is None
    assert db.get(b"fig", b"none") == b"none"
    assert b"fig" not in db
    for action in (db.__getitem__, db.__delitem__):
        with pytest.raises(KeyError):
            action(b"fig")


def test_a_value_is_replaced(db):
    db[b"apple"] = b"one"
    assert db.put(b"banana", b"two") == 0
    assert list(db.values()) == [b"one", b"two", b"3", b"4"]


def test_a_key_is_deleted(db):
    del db[b"banana"]
    assert b"banana" not in db
    assert list(db) == [b"apple", b"cherry", b"date"]


@pytest.mark.parametrize("key,value", [
    ("k", "v"), ("k", b"v"), (b"k", "v"), (bytearray(b"k"), bytearray(b"v")),
    (memoryview(b"xkx")[1:2], memoryview(b"v")),
])
def test_str_and_all_that_holds_bytes_are_taken(db, key, value):
    db[key] = value
    assert key in db and db[key] == db.get(b"k") == b"v"


@pytest.mark.parametrize("key,value", [(5, b"v"), (b"k", 5), (None, b"v"), (b"k", None), (b"k", [1])])
def test_what_holds_no_bytes_is_refused(db, key, value):
    with pytest.raises(TypeError):
        db[key] = value


def test_empty_keys_and_values_and_any_byte_are_kept(db):
    db[b""] = b""
    db[b"\0\xff"] = bytes(range(256)) * 40
    assert db[b""] == b""
    assert list(db.keys(None, b"apple")) == [b"", b"\0\xff"]
    assert db[b"\0\xff"] == bytes(range(256)) * 40


def test_keys_are_in_the_order_of_their_bytes(stream):
    db = btree.open(stream)
    for key in ("\u20ac", "b", "a\0", "B", "", "aa", "10", "a", "9", "\xe9"):
        db[key] = "x"
    assert [key.decode() for key in db] == ["", "10", "9", "B", "a", "a\0", "aa", "b", "\xe9", "\u20ac"]


A, B, C, D = FRUIT
RANGES = [
    ("everything", (), [A, B, C, D]),
    ("everything, with None", (None, None), [A, B, C, D]),
    ("from a key", (B,), [B, C, D]),
    ("from what is no key", (b"az",), [B, C, D]),
    ("up to a key", (None, C), [A, B]),
    ("up to a key and with it", (None, C, btree.INCL), [A, B, C]),
    ("up to what is no key", (None, b"cz", btree.INCL), [A, B, C]),
    ("between two", (B, D), [B, C]),
    ("between two and with the last", (B, D, btree.INCL), [B, C, D]),
    ("given as str", ("banana", "date"), [B, C]),
    ("one, up to itself", (B, B), []),
    ("one, up to and with itself", (B, B, btree.INCL), [B]),
    ("an end before the start", (C, A), []),
    ("a start past the end", (b"z",), []),
    ("backwards", (None, None, btree.DESC), [D, C, B, A]),
    ("backwards from a key", (C, None, btree.DESC), [C, B, A]),
    ("backwards to a key", (None, B, btree.DESC), [D, C]),
    ("backwards to a key and with it", (None, B, btree.DESC | btree.INCL), [D, C, B]),
    ("backwards between two", (C, A, btree.DESC), [C, B]),
    ("backwards between two and with the last", (C, A, btree.DESC | btree.INCL), [C, B, A]),
    ("backwards from what is no key, as boards do it", (b"bz", None, btree.DESC), [C, B, A]),
    ("backwards from past the end, as boards do it", (b"z", None, btree.DESC), []),
]


@pytest.mark.parametrize("args,keys", cases(RANGES))
def test_a_range_has_its_keys_values_and_items(db, args, keys):
    assert list(db.keys(*args)) == keys
    assert list(db.values(*args)) == [FRUIT[key] for key in keys]
    assert list(db.items(*args)) == [(key, FRUIT[key]) for key in keys]


def test_a_database_may_change_while_it_is_gone_through(db):
    seen = []
    for key in db:
        seen.append(key)
        del db[key]
        if key == b"banana":
            db[b"blueberry"] = b"new"
    assert seen == [b"apple", b"banana", b"blueberry", b"cherry", b"date"]
    assert list(db) == []


def test_two_iterations_do_not_disturb_each_other(db):
    assert [(a, b) for a in db.keys(None, C) for b in db.keys(C)] == [(A, C), (A, D), (B, C), (B, D)]


def test_seq_steps(db):
    assert [db.seq(1, b"b"), db.seq(7), db.seq(7), db.seq(7), db.seq(9), db.seq(3), db.seq(6)] == [
        (B, b"2"), (C, b"3"), (D, b"4"), None, (C, b"3"), (A, b"1"), (D, b"4")]
    with pytest.raises(OSError) as e:
        db.seq(b"apple")
    assert e.value.errno == errno.EINVAL


def test_a_database_has_no_arithmetic(db):
    with pytest.raises(TypeError):
        db + b"x"


def test_what_it_shows_of_itself(db):
    assert repr(db).startswith("<btree 0x")
    db.close()
    assert repr(db) == "<btree 0x0>"


# What is kept

def test_what_was_flushed_is_in_the_stream_and_found_again(db, stream):
    assert db.flush() == 0
    stream.seek(0)
    copy = io.BytesIO(stream.read())
    assert dict(btree.open(copy).items()) == FRUIT


def test_what_was_closed_is_found_again_and_can_be_changed(db, stream):
    assert db.close() == 0
    again = btree.open(stream)
    assert dict(again.items()) == FRUIT
    del again[A]
    again[b"fig"] = b"5"
    again.close()
    third = btree.open(stream)
    assert list(third) == [B, C, D, b"fig"]


def test_a_database_that_shrinks_is_found_again(stream):
    db = btree.open(stream)
    for i in range(2000):
        db[b"%d" % i] = b"x" * 50
    db.flush()
    for i in range(1, 2000):
        del db[b"%d" % i]
    db.close()
    assert list(btree.open(stream)) == [b"0"]


def test_an_empty_database_is_found_again(stream):
    btree.open(stream).close()
    assert list(btree.open(stream)) == []


WRITER = """
import picoweb.host, btree, os, sys
try:
    f = open("db", "r+b")
except OSError:
    f = open("db", "w+b")
db = btree.open(f)
db[sys.argv[1]] = b"value"
db.flush()
os._exit(0)  # no close() and no clean end
"""


def run(tmp_path, *args):
    finish([sys.executable, *args], PRESENT["cpython"].environment(), tmp_path)


def test_another_process_finds_what_was_flushed(tmp_path):
    for key in ("b", "a", "c"):
        run(tmp_path, "-c", WRITER, key)
    with open(tmp_path / "db", "r+b") as f:
        db = btree.open(f)
        assert dict(db.items()) == {b"a": b"value", b"b": b"value", b"c": b"value"}
        run(tmp_path, "-c", WRITER, "d")
        assert list(db.keys(b"c")) == [b"c", b"d"]
        db.close()


def test_nothing_else_is_left_beside_the_file(tmp_path):
    run(tmp_path, "-c", WRITER, "a")
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


def test_a_stream_opened_for_reading_is_read_and_not_written(tmp_path):
    with open(tmp_path / "db", "w+b") as f:
        db = btree.open(f)
        db[b"a"] = b"1"
        db.close()
    before = (tmp_path / "db").read_bytes()
    with open(tmp_path / "db", "rb") as f:
        db = btree.open(f)
        assert db[b"a"] == b"1"
        db[b"b"] = b"2"
        with pytest.raises(OSError):
            db.flush()
    assert (tmp_path / "db").read_bytes() == before


def test_a_file_that_was_removed_is_still_the_stream(tmp_path):
    with open(tmp_path / "db", "w+b") as f:
        (tmp_path / "db").unlink()
        db = btree.open(f)
        db[b"a"] = b"1"
        db.close()
        assert list(btree.open(f)) == [b"a"]
    assert list(tmp_path.iterdir()) == []


# Bad input

def test_a_closed_database_refuses_everything_but_close(db):
    db.close()
    for action in (
        lambda: db[b"apple"], lambda: db.__setitem__(b"a", b"b"), lambda: db.__delitem__(b"apple"), lambda: b"a" in db,
        lambda: db.get(b"apple"), lambda: db.put(b"a", b"b"), db.flush, lambda: list(db), lambda: list(db.items()),
        lambda: db.seq(3),
    ):
        with pytest.raises(ValueError, match="database closed"):
            action()
    assert db.close() == 0


@pytest.mark.parametrize("options", [
    {"pagesize": 511}, {"pagesize": 513}, {"pagesize": 65538}, {"pagesize": -512},
    {"minkeypage": 1}, {"minkeypage": -1},
])
def test_a_size_that_no_board_takes_is_refused(stream, options):
    with pytest.raises(OSError) as e:
        btree.open(stream, **options)
    assert e.value.errno == errno.EINVAL


def test_the_sizes_that_boards_take_are_taken(stream):
    db = btree.open(stream, flags=0, cachesize=1024, pagesize=512, minkeypage=2)
    db[b"a"] = b"1"
    db.close()


def test_options_are_given_by_name(stream):
    with pytest.raises(TypeError):
        btree.open(stream, 0)


def test_what_is_no_stream_is_refused():
    for thing in ("db", None, 5):
        with pytest.raises(OSError, match="a stream is needed"):
            btree.open(thing)


@pytest.mark.parametrize("content", [b"no database", b"\x00\x05\x31\x62" * 1000])
def test_a_file_of_another_format_is_refused_and_left_as_it_is(tmp_path, content):
    (tmp_path / "db").write_bytes(content)
    with open(tmp_path / "db", "r+b") as f, pytest.raises(OSError, match="another format") as e:
        btree.open(f)
    assert e.value.errno == errno.EINVAL
    assert (tmp_path / "db").read_bytes() == content


def test_a_stream_of_another_format_is_refused():
    with pytest.raises(OSError, match="another format"):
        btree.open(io.BytesIO(b"no database"))


def test_a_database_that_nobody_closes_is_no_warning(tmp_path):
    run(tmp_path, "-W", "error", "-c", "import picoweb.host, btree, io, gc\n"
        "db = btree.open(io.BytesIO()); db[b'a'] = b'b'; del db; gc.collect()")
