"""Records: btreedb's calls, and the options of scan()."""

import ast
import subprocess

import pytest

from conftest import HERE, PRESENT
from support.table import cases

RUNTIMES = [name for name in ("mp64", "mp32", "cpython") if name in PRESENT]
CASES = [
    ("a record is created and read", "create", ["2026-11-28 05:20:00", True, "one", ["2026-11-28 05:20:00"]]),
    ("two of one second are both kept", "default_keys_that_are_taken",
     ["2026-11-28 05:20:00.001", "2026-11-28 05:20:00.002", ["one", "two", "three"]]),
    ("a key that is given replaces", "a_given_key_replaces", ["2"]),
    ("a record is changed", "update", ["three", "two"]),
    ("a missing record is a KeyError", "missing", ["KeyError", "KeyError"]),
    ("it is there after the next opening", "another_opening", 3),
    ("a scan has prefix and pages in both directions", "scan",
     ["b0 b1 b2 b3 b4", "b4 b3 b2 b1 b0", "a0 a1 a2", "b4 b3 b2", "a4 b0", "b0 a4 a3", "a3 a4", "b0", "", "", "", "b1", "b0"]),
    ("a field that the schema got since has its default", "a_schema_that_has_grown", [[], ["x"]]),
]
KINDS = [(runtime, "log") for runtime in RUNTIMES] + [("cpython", "btree")]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return a function to the {case: result} of a runtime and kind, which runs the cases in one process, in their order."""
    known = {}

    def of(runtime, kind):
        if (runtime, kind) not in known:
            environment = PRESENT[runtime].environment()
            command = [*PRESENT[runtime].with_heap("1M").command, str(HERE / "apps" / "records_cases.py"), kind]
            done = subprocess.run([*command, *[row[1] for row in CASES]], cwd=tmp_path_factory.mktemp(runtime),
                                  env=environment, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
            known[runtime, kind] = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        return known[runtime, kind]

    return of


@pytest.mark.parametrize("runtime,kind", KINDS)
@pytest.mark.parametrize("case,expected", cases(CASES))
def test_records(results, runtime, kind, case, expected):
    assert ast.literal_eval(results(runtime, kind)[case]) == expected
