"""What the measuring tools share: the interpreters, the frameworks they compare, and a server process to measure.

Everything they need from the package index is put into `.venv` by `tools/dev.py tools`.
"""

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
SERVERS = ROOT / "tools" / "servers"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PEERS = VENV / "peers"
RUNTIMES = Path(os.environ.get("PICOWEB_RUNTIMES") or ROOT.parent / "shared" / "runtimes")

EXAMPLES = ROOT / "examples"
WWW = EXAMPLES / "www"  # what the dashboard serves

FRAMEWORKS = ("picoweb", "microdot", "original")
# The line that has an app of each serve; the apps are `app` in modules of examples/ and tools/servers/.
SERVE = {
    "picoweb": "app.run(port=%(port)d, debug=%(debug)d)",
    "microdot": "app.run('127.0.0.1', %(port)d)",
    "original": "app.run(port=%(port)d, debug=%(debug)d)",
    "bare": "app.run(%(port)d)",
}

class Failure(SystemExit):
    """Ends a tool with one line that says why."""


def arguments(parser, *modules):
    """Parse the command line, in `.venv`'s Python, which must have the modules a tool names."""
    args = parser.parse_args()
    if not (BIN / "python").exists():
        raise Failure("no .venv here: run tools/dev.py tools first")
    if Path(sys.prefix) != VENV:
        os.execv(BIN / "python", [str(BIN / "python"), *sys.argv])
    missing = [module for module in modules if not find_spec(module)]
    if missing:
        raise Failure(f"no {', '.join(missing)} in .venv: run tools/dev.py tools first")
    return args


def parser(doc):
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def least_heap(what, serves, low, high, step):
    """Bisect to the least size, in bytes, with which serves(size) twice in a row; Failure if `high` is too little."""
    if not serves(high):
        raise Failure(f"{what} does not serve with {high} bytes of heap")
    while high - low > step:
        middle = (low + high) // 2 // step * step
        if all(serves(middle) for _ in range(2)):
            high = middle
        else:
            low = middle
    return high


def progress(*args, **options):
    """A progress bar, where there is a terminal to see it."""
    from tqdm import tqdm

    return tqdm(*args, leave=False, disable=None, **options)


# Interpreters


def micropython():
    """The 64-bit MicroPython of `.venv`."""
    path = BIN / "micropython"
    if not path.exists():
        raise Failure("no MicroPython in .venv: run tools/dev.py tools first")
    return path


def runtime(name):
    """A file or program under PICOWEB_RUNTIMES."""
    path = RUNTIMES / name
    if not path.exists():
        raise Failure(f"{name} is not in {RUNTIMES}: set PICOWEB_RUNTIMES")
    return path


def micropython32():
    """The 32-bit MicroPython, whose heap is that of a board."""
    return runtime("mp32/micropython")


def without(what, find):
    """What `find` finds, or None after saying that the tool runs without it."""
    try:
        return find()
    except Failure as failure:
        print(f"without {what}: {failure}", file=sys.stderr)
        return None


def mpy_cross(source, target):
    """Compile for a board: no line numbers, no asserts."""
    target.parent.mkdir(parents=True, exist_ok=True)
    run = subprocess.run(
        [sys.executable, "-m", "mpy_cross", "-O3", "-s", source.name, "-o", str(target), str(source)],
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise Failure(f"{source}: {run.stderr.strip().splitlines()[-1]}")


# Frameworks


def microdot_folder():
    """The folder of the `microdot` package in `.venv`."""
    spec = find_spec("microdot")
    if not spec:
        raise Failure("no microdot in .venv: run tools/dev.py tools first")
    return Path(spec.origin).parent


def original_folder():
    """The folder of the original `picoweb` package."""
    folder = PEERS / "original" / "picoweb"
    if not folder.exists():
        raise Failure("the original picoweb is not in .venv: run tools/dev.py tools first")
    return folder


def framework_files(framework):
    """The files that a framework is made of: {path on the board: source}."""
    if framework == "picoweb":
        paths = (path.relative_to(ROOT) for path in sorted((ROOT / "picoweb").rglob("*.py")))
        return {path.as_posix(): ROOT / path for path in paths if path.parts[1] not in ("host", "__main__.py")}
    if framework == "microdot":
        folder = microdot_folder()
        return {f"microdot/{name}.py": folder / f"{name}.py" for name in ("__init__", "microdot")}
    if framework == "original":
        files = {f"picoweb/{name}.py": original_folder() / f"{name}.py" for name in ("__init__", "utils")}
        return files | {"pkg_resources.py": SERVERS / "pkg_resources.py"}
    return {}


def module_of(framework, app):
    """The module of a framework's app: picoweb's dashboard is the example."""
    return "dashboard" if (framework, app) == ("picoweb", "dashboard") else f"{framework}_{app}"


def source_of(module):
    folder = EXAMPLES if (EXAMPLES / f"{module}.py").exists() else SERVERS
    return folder / f"{module}.py"


def stage(framework, folder, *modules, compiled=True):
    """Lay a framework and modules of tools/servers or examples in a folder, as on a board."""
    files = framework_files(framework) | {f"{module}.py": source_of(module) for module in modules}
    for name, source in files.items():
        target = Path(folder) / name
        if compiled:
            mpy_cross(source, target.with_suffix(".mpy"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


# Server processes


def environment(folder):
    """Modules come from a folder, and from what is frozen."""
    return {**os.environ, "MICROPYPATH": f"{folder}:.frozen"}


def free_port():
    """A port below those that Linux gives to clients, one of which might take it before the server does."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return probe.getsockname()[1]


class Process:
    """A server in a process of its own; as a context manager it always ends."""

    def __init__(self, command, folder, environment, port, wait_s=5):
        self.port = port
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=self.log, stderr=self.log, stdin=subprocess.PIPE, text=True
        )
        self.started = self._wait(wait_s)

    def _wait(self, wait_s):
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and self.alive():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            time.sleep(0.01)
        return False

    def alive(self):
        return self.process.poll() is None

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def __enter__(self):
        if not self.started:
            self.__exit__()
            raise Failure(f"the server did not start: {self.output()[-400:]}")
        return self

    def __exit__(self, *_):
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        self.process.stdin.close()
        self.process.wait()


@dataclass(frozen=True)
class State:
    """What a server's process told about itself after a collection."""

    allocated: int  # bytes of heap, the watcher's own not counted
    largest: int  # bytes of the largest free block
    slots: int  # connections in the app's table; 0 where it has none
    modules: tuple


class Server(Process):
    """An app on a MicroPython; its modules lie in a folder or a frozen path.

    The collector is as the framework leaves it (`threshold` None), or has the threshold that picoweb's run() sets (True), or
    none (False). A `watched` one tells its state.
    """

    def __init__(self, interpreter, path, framework, app, *, heap=None, debug=-1, threshold=None,
                 watched=False, extra="", wait_s=5):
        port = free_port()
        lines = [THRESHOLD] * (threshold is True and (framework != "picoweb" or not sets_threshold()))
        lines += [WATCH] * watched + [f"from {module_of(framework, app)} import app"]
        lines += ["app.gc_threshold = 0"] * (framework == "picoweb" and threshold is False) + [extra] * bool(extra)
        lines += ["watch.start(app, cost)"] * watched
        lines.append(SERVE[framework] % {"port": port, "debug": debug})
        command = [str(interpreter), *(["-X", f"heapsize={heap}"] if heap else []), "-c", "\n".join(lines)]
        # Modules are looked for in the current folder first: it has the files that are served, and no module.
        self.served = tempfile.TemporaryDirectory()
        shutil.copytree(WWW, Path(self.served.name, "www"))
        super().__init__(command, self.served.name, environment(path), port, wait_s)

    def __exit__(self, *_):
        super().__exit__()
        self.served.cleanup()

    def state(self, wait_s=5):
        """What the process tells about itself, or None if it does not."""
        at = len(self.output())
        with contextlib.suppress(OSError):
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and self.alive():
            told = re.search(r"watched (\d+) (\d+) (\d+) (.*)\n[^$]*max free sz: (\d+)\n[^$]*end\n", self.output()[at:])
            if told:
                allocated, block, slots, modules, largest = told.groups()
                return State(int(allocated), int(largest) * int(block), int(slots), tuple(modules.split()))
            time.sleep(0.02)
        return None


# As picoweb's run() sets it: an eighth of the heap less 4 K.
THRESHOLD = "import gc\ngc.threshold(max(1024, (gc.mem_alloc() + gc.mem_free()) // 8 - 4096))"
WATCH = "import asyncio, gc\nasyncio.StreamReader\ngc.collect()\ncost = gc.mem_alloc()\nimport watch"


def sets_threshold():
    """Whether this picoweb's run() sets the collector's threshold."""
    return "gc_threshold" in (ROOT / "picoweb" / "__init__.py").read_text()


def table(headings, rows):
    """A reStructuredText simple table."""
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


median = statistics.median
