"""Serves an app from a process of its own: says where, passes on what it prints, explains, ends and restarts it."""

import ast
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from .interpreter import Failure, syntax_error

INTERRUPTED = 130  # a shell's exit status for Ctrl-C
CHANGED = -1  # in place of a status: the app's files have changed
LOOK_S = 0.01  # between two looks for the app's port
POLL_S = 0.05  # the same, of an app that takes its time
QUIET_S = 1  # from the app's first output, which the announcement is to come before
STOP_S = 5  # that an app gets to end by itself
TRACE_STARTS = (b"Traceback (most recent call last)", b'  File "')  # the second: CPython's of a syntax error
BAD_HOST = "addrinfo|gaierror|EADDRNOTAVAIL|cannot assign requested address|OSError: ((\\[Errno )?-\\d|99$|49$)"


def handle_signals():
    """Has Ctrl-C and a request to end come as exceptions, so that the app's process ends too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job starts with it ignored
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, frame: sys.exit(128 + number))


def say(program, *words):
    print(f"{program}:", *words, file=sys.stderr, flush=True)


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

    def __init__(self, target, command, environment, on, program="picoweb", changes=None, **given):
        self.target = target
        self.command = command
        self.environment = environment
        self.on = on
        self.program = program
        self.changes = changes
        self.arguments = {**run_arguments(target), **{k: ast.Constant(v) for k, v in given.items() if v is not None}}
        self.ready = self.explained = self.stopping = self.has_changed = False
        self.selector = selectors.DefaultSelector()

    def run(self):
        """Serves until the app ends, Ctrl-C, or a change; answers the exit status, or CHANGED."""
        if not Path("/proc/self/net").is_dir() and answers(self.address()):
            raise Failure(self.port_in_use())
        # In a session of its own a terminal's Ctrl-C does not reach the app: it is told once, by stop().
        self.child = subprocess.Popen(
            self.command, cwd=self.target.folder, env=self.environment, bufsize=0, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        # Tracebacks come on either stream: builds of MicroPython differ.
        for source, target in ((self.child.stdout, sys.stdout), (self.child.stderr, sys.stderr)):
            self.selector.register(source, selectors.EVENT_READ, Output(source, target, self.explains))
        if self.changes:
            self.selector.register(self.changes, selectors.EVENT_READ)
        try:
            self.hold()
            self.watch()
            return self.stop(CHANGED) if self.has_changed else self.result(self.child.wait())
        except KeyboardInterrupt:
            return self.stop(INTERRUPTED)
        finally:
            if self.child.poll() is None:
                self.child.terminate()
            self.selector.close()
            self.child.stdout.close()
            self.child.stderr.close()

    def hold(self):
        """Waits with what the app prints first until it listens, but not long: the first line is to say where."""
        deadline = None
        while not self.ready and self.child.poll() is None:
            come = {key.fileobj for key, _ in self.selector.select(LOOK_S)}
            if self.changes in come or deadline and time.monotonic() > deadline:
                return
            if come:
                deadline = deadline or time.monotonic() + QUIET_S
                time.sleep(LOOK_S)
            self.ready = self.announce()

    def watch(self, deadline=None):
        """Passes on what the app prints until it ends, or until the deadline or a change."""
        while self.is_open() and not (deadline and time.monotonic() > deadline):
            events = self.selector.select(POLL_S if deadline or not self.ready else None)
            self.ready = self.ready or self.announce()
            for key, _ in events:
                if key.fileobj is self.changes:
                    self.has_changed = True
                    return
                if not key.data.pump():
                    self.selector.unregister(key.fileobj)

    def is_open(self):
        """Whether the app can print more."""
        return any(key.data for key in self.selector.get_map().values())

    def announce(self):
        address = listening(self.child.pid, self.address())
        if address:
            host, port = address
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
            scheme = "https" if "ssl" in self.arguments else "http"
            url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
            print(f"Serving {self.target} at {url} on {self.on}", flush=True)
        return bool(address)

    def address(self):
        """The (host, port) that the app is to listen at, or None where that is not plain to see."""
        try:
            return tuple(ast.literal_eval(self.arguments[name]) for name in ("host", "port"))
        except ValueError:
            return None

    def explains(self, trace):
        """Says in one line what a traceback says, where one line tells it all; answers whether it did."""
        error = trace.splitlines()[-1]
        if self.stopping:
            return error.startswith("KeyboardInterrupt")  # which is no news
        self.ready = self.ready or self.announce()
        explanation = None if self.ready else syntax_error(trace, self.target.folder) or self.explanation(error)
        if explanation:
            say(self.program, explanation)
            self.explained = True
        return bool(explanation)

    def explanation(self, error):
        """Why an app could not start, where that needs no traceback."""
        host, port = self.address() or ("its host", "its port")
        if re.search("EADDRINUSE|address already in use", error, re.IGNORECASE):
            return self.port_in_use()
        if re.search("EACCES|permission denied", error, re.IGNORECASE) and str(port).isdigit() and int(port) < 1024:
            return f"port {port} is for the administrator only; another one is taken with --port 8081"
        if re.search(BAD_HOST, error, re.IGNORECASE):
            return f"{host} is no address of this machine; --host 127.0.0.1 is, and --host 0.0.0.0 is all of its own"
        if error.startswith("MemoryError"):
            return f"{self.target} needs more heap than this to start; see --heap"
        return None

    def port_in_use(self):
        address = self.address()
        where = "%s:%s" % address if address else f"the port of {self.target}"
        return f"{where} is in use by another program; another port is taken with --port N"

    def result(self, status):
        if status < 0:
            say(self.program, f"{self.target} was ended by {signal.Signals(-status).name}")
            return 128 - status
        if not self.ready and not self.explained and status == 0:
            say(self.program, f"{self.target} ended without serving; does it call app.run()?")
        return status or int(not self.ready)

    def stop(self, status):
        """Ends the app, after Ctrl-C or a change."""
        self.stopping = True
        if self.changes:
            self.selector.unregister(self.changes)
        self.child.send_signal(signal.SIGINT)
        try:
            self.watch(time.monotonic() + STOP_S)
        except KeyboardInterrupt:
            status = INTERRUPTED  # once more: the user will not wait
        if self.is_open():
            self.child.kill()
            say(self.program, f"{self.target} did not end by itself and was killed")
        self.child.wait()
        return status


# Where an app listens


def listening(pid, address):
    """The (host, port) a process listens at, or None: from /proc, and where there is none by trying `address`."""
    if not Path("/proc/self/net").is_dir():
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


def run_arguments(target):
    """The arguments of the app's call of run() or start() by name, as syntax trees."""
    found = {"host": ast.Constant("127.0.0.1"), "port": ast.Constant(8081)}
    try:
        tree = ast.parse(target.file.read_bytes()) if target.file else ast.Module([], [])
    except (SyntaxError, ValueError):
        return found
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and is_run(call):
            found.update(zip(("host", "port"), call.args))
            found.update((word.arg, word.value) for word in call.keywords)
            break
    return found


def is_run(call):
    # A thread has a start() too, without arguments.
    return call.func.attr == "run" or call.func.attr == "start" and len(call.args) > 1
