"""Scripts of cases for picoweb.testing (apps/testing_*.py): run by the runtimes, and loaded into pytest on CPython."""

import importlib.util
import subprocess
import sys

import picoweb.host  # noqa: F401 (its import makes the board's modules known)

from conftest import HERE, PRESENT

RUNTIMES = [name for name in ("mp64", "mp32", "cpython") if name in PRESENT]


def load(name):
    """A script as a module."""
    if name != "testing_cases" and "testing_cases" not in sys.modules:
        load("testing_cases")
    spec = importlib.util.spec_from_file_location(name, HERE / "apps" / (name + ".py"))
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, runtime, folder):
    """What a script prints on a runtime."""
    runtime = PRESENT[runtime].with_heap("1M")
    done = subprocess.run([*runtime.command, str(HERE / "apps" / (name + ".py"))], cwd=folder, timeout=50,
                          env=runtime.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout
