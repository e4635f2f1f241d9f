"""What the measuring tools share: the interpreters, the frameworks they compare, and a server process to measure.

Everything they need from the package index is put into `.venv` by `tools/dev.py tools`.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
SERVERS = ROOT / "tools" / "servers"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PEERS = VENV / "peers"
RUNTIMES = Path(os.environ.get("PICOWEB_RUNTIMES") or ROOT.parent / "shared" / "runtimes")

# What each server of tools/servers serves with: files of the framework, and of the server itself.
FRAMEWORKS = ("picoweb", "microdot", "original", "bare")
# The servers that say hello, by their names in the tables.
HELLOS = {
    "picoweb": "picoweb_hello.py",
    "microdot": "microdot_hello.py",
    "original": "original_hello.py",
    "bare": "bare_hello.py",
    "bare readline": "bare_readline_hello.py",
}

BROWSER = {
    "Connection": "keep-alive",
    "Cache-Control": "max-age=0",
    "sec-ch-ua": '"Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}


class Failure(SystemExit):
    """Ends a tool with one line that says why."""


def browser_request(path="/", host="127.0.0.1:8081"):
    """A GET as Chrome sends it: 15 header fields, about 640 bytes."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": host, **BROWSER}.items())
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode()


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
    """The files a framework's hello is made of: {path on the board: source}."""
    if framework == "picoweb":
        paths = (path.relative_to(ROOT) for path in sorted((ROOT / "picoweb").rglob("*.py")))
        return {path.as_posix(): ROOT / path for path in paths if path.parts[1] != "host"}
    if framework == "microdot":
        folder = microdot_folder()
        return {f"microdot/{name}.py": folder / f"{name}.py" for name in ("__init__", "microdot")}
    if framework == "original":
        files = {f"picoweb/{name}.py": original_folder() / f"{name}.py" for name in ("__init__", "utils")}
        return files | {"pkg_resources.py": SERVERS / "pkg_resources.py"}
    return {}


def stage(framework, folder, *scripts, compiled=True):
    """Lay a framework and scripts of tools/servers in a folder, as a board would have them."""
    files = framework_files(framework) | {name: SERVERS / name for name in scripts}
    for name, source in files.items():
        target = Path(folder) / name
        if compiled:
            mpy_cross(source, target.with_suffix(".mpy"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def probe(framework):
    """The server of tools/servers that tells its heap; one serves picoweb and the original, whose API it has."""
    return f"{'picoweb' if framework == 'original' else framework}_probe.py"


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
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=self.errors, stderr=self.errors, stdin=subprocess.DEVNULL
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
        self.errors.seek(0)
        return self.errors.read()

    def __enter__(self):
        if not self.started:
            self.__exit__()
            raise Failure(f"the server did not start: {self.output()[-400:]}")
        return self

    def __exit__(self, *_):
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Server(Process):
    """A server of tools/servers on a MicroPython."""

    def __init__(self, interpreter, folder, script, *args, heap=None, wait_s=5):
        port = free_port()
        command = [str(interpreter)]
        if heap:
            command += ["-X", f"heapsize={heap}"]
        command += ["-m", Path(script).stem, str(port), *map(str, args)]
        cwd = folder if Path(folder).is_dir() else "/"  # -m looks in the current folder first
        super().__init__(command, cwd, environment(folder), port, wait_s)


def table(headings, rows):
    """A reStructuredText simple table."""
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


median = statistics.median
