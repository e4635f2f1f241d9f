"""What every test shares: the runtimes found, the servers on them, and the log of a server that a failed test spoke to."""

import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import hypothesis
import pytest
import pytest_timeout  # noqa: F401 - a server that hangs must not hang the run

from support.client import Connection

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ON_BOARD = sorted(path for path in (ROOT / "picoweb").rglob("*.py")
                  if ROOT / "picoweb" / "host" not in path.parents and path.name != "__main__.py")
START_S = 15
OTHER_SERVERS = ("uvicorn", "hypercorn", "waitress")  # through ASGI, and WSGI
BEHIND = b"GET /behind HTTP/1.1\r\nHost: x\r\n\r\n"  # which no test app has a route for
UNCAUGHT = "Task exception w"  # "wasn't retrieved" of MicroPython, "was never retrieved" of CPython
HEAP = {"mp64": "512K", "mp32": "512K"}  # room to compile a test app; the heap reports are about less


@dataclass(frozen=True)
class Runtime:
    """An interpreter and how it is told to run an app's file."""

    name: str
    command: tuple
    path_variable: str
    path_extra: tuple = ()

    @property
    def is_micropython(self):
        return self.name.startswith("mp")

    def with_heap(self, size):
        """The same interpreter with another heap; CPython's has no limit."""
        return replace(self, command=(*self.command[:2], "heapsize=" + size)) if self.is_micropython else self

    def environment(self):
        libraries = os.environ.get("PICOWEB_LIB") or str(ROOT / ".venv" / "micropython-lib")
        path = os.pathsep.join([str(ROOT), libraries, *self.path_extra])
        return {**os.environ, self.path_variable: path, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def micropython(name, executable):
    command = (str(executable), "-X", "heapsize=" + HEAP[name])
    return Runtime(name, command, "MICROPYPATH", (".frozen",))


def find_mp64():
    """The first of: what PICOWEB_MICROPYTHON names, what dev.py installed, what stands on PATH."""
    named = os.environ.get("PICOWEB_MICROPYTHON")
    installed = ROOT / ".venv" / "bin" / "micropython"
    return named or (installed if installed.exists() else shutil.which("micropython"))


def find_runtimes():
    """Answers {name: Runtime} of those present and {name: what is missing} of the others."""
    present, missing = {}, {}
    mp64 = find_mp64()
    if mp64 and shutil.which(mp64):
        present["mp64"] = micropython("mp64", mp64)
    else:
        missing["mp64"] = "no micropython: run tools/dev.py test, or set PICOWEB_MICROPYTHON"
    shared = Path(os.environ.get("PICOWEB_RUNTIMES") or ROOT.parent / "shared" / "runtimes")
    mp32 = shared / "mp32" / "micropython"
    if mp32.exists():
        present["mp32"] = micropython("mp32", mp32)
    else:
        missing["mp32"] = "no mp32/micropython in %s: set PICOWEB_RUNTIMES" % os.path.relpath(shared, ROOT)
    present["cpython"] = Runtime("cpython", (sys.executable, "-m", "picoweb.host"), "PYTHONPATH")
    for server in OTHER_SERVERS[:2]:
        present[server] = Runtime(server, (sys.executable, str(HERE / "support" / "asgi_server.py"), server), "PYTHONPATH")
    return present, missing


# The servers are the session's: an example changes nothing that the next one would see.
hypothesis.settings.register_profile(
    "same", max_examples=200, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(hypothesis.HealthCheck))
hypothesis.settings.register_profile(
    "explore", hypothesis.settings.get_profile("same"), max_examples=3000, derandomize=False)
hypothesis.settings.load_profile("same")

PRESENT, MISSING = find_runtimes()
# One of WSGI, for the tests that name it.
WSGI = Runtime("waitress", (sys.executable, str(HERE / "support" / "asgi_server.py"), "waitress"), "PYTHONPATH")
OPENSSL = shutil.which("openssl")


def runtimes_report():
    lines = ["picoweb runtime %s: %s" % (name, " ".join(r.command)) for name, r in PRESENT.items()]
    return lines + ["picoweb runtime %s: NOT TESTED, %s" % pair for pair in MISSING.items()]


def pytest_report_header(config):
    return runtimes_report()


def pytest_terminal_summary(terminalreporter):
    untested = ["on %s: %s" % pair for pair in MISSING.items()]
    if not OPENSSL:
        untested.append("TLS: no openssl to make a certificate with")
    for what in untested:
        terminalreporter.write_line("NOT TESTED " + what, yellow=True, bold=True)


def pytest_sessionstart(session):
    if "mp64" in MISSING:
        pytest.exit("MicroPython is always tested: " + MISSING["mp64"], returncode=3)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run what takes minutes, too")


def pytest_configure(config):
    config.addinivalue_line("markers", "wire: what picoweb's own server does; another server has its own way")
    config.addinivalue_line("markers", "long: what takes minutes; run with --long only")


def concerns(item):
    """Whether a test is one for the runtime it would run on."""
    runtime = getattr(item, "callspec", None) and item.callspec.params.get("runtime")
    return runtime not in OTHER_SERVERS or not item.get_closest_marker("wire")


def pytest_collection_modifyitems(config, items):
    def runs(item):
        return concerns(item) and (config.option.long or not item.get_closest_marker("long"))

    config.hook.pytest_deselected(items=[item for item in items if not runs(item)])
    items[:] = [item for item in items if runs(item)]
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(60))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server in getattr(item, "servers_used", ()):
            report.sections.append(("log of %s" % server, server.log_since_mark()))
    return report


def place(path):
    """Return the name of a file of picoweb/ there: "sse.py", "testing/wire.py"."""
    return path.relative_to(ROOT / "picoweb").as_posix()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def closing(data):
    """The same request with `Connection: close` as its last field; unchanged where no empty line ends its head."""
    start = len(data) - len(data.lstrip(b"\r\n"))
    head, empty_line, body = data[start:].partition(b"\r\n\r\n")
    return data[:start] + head + b"\r\nConnection: close" + empty_line + body if empty_line else data


def end_process(process):
    """Has a process end, by itself where it does."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass
class Server:
    """One process that runs an app, and its log."""

    runtime: Runtime
    app: str
    args: tuple
    folder: Path
    port: int = field(default_factory=free_port)
    files: int = 0  # that the process may have open; 0 is the machine's limit
    mark: int = 0
    checked: int = 0

    def __str__(self):
        return " ".join((self.app, *self.args, "on", self.runtime.name))

    def start(self):
        self.log_file = self.folder / ("%s-%d.log" % (self.app.replace("/", "-"), self.port))
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [*self.runtime.command, self.app, str(self.port), *self.args],
                cwd=self.folder, env=self.runtime.environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                preexec_fn=self.limit_files if self.files else None)
        self.wait_until_it_answers()
        return self

    def wait_until_it_answers(self):
        deadline = time.monotonic() + START_S
        while not self.answers():
            if not self.alive or time.monotonic() > deadline:
                self.end()
                pytest.fail("%s did not start:\n%s" % (self, self.log()), pytrace=False)
            time.sleep(0.02)

    def limit_files(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    @property
    def alive(self):
        return self.process.poll() is None

    def end(self):
        end_process(self.process)

    def connect(self, timeout=10):
        return Connection(self.port, timeout, self.runtime.name not in OTHER_SERVERS)

    def ask(self, data, method="GET"):
        """Send these bytes on a connection of their own; answer the first response."""
        with self.connect() as c:
            c.send(data)
            return c.response(method)

    def get(self, path, fields="", version="1.1"):
        """An ordinary GET; `fields` are whole header lines."""
        head = "GET %s HTTP/%s\r\nHost: x\r\nConnection: close\r\n%s\r\n" % (path, version, fields)
        return self.ask(head.encode())

    def both_ways(self, data, method="GET", kept=True):
        """Ask one case persistent and with `Connection: close`, another request behind it; answer both responses.

        What is behind it is served where the connection is `kept` open and the client did not ask for its end. `kept`
        is None where that is the server's choice; it always is another server's.
        """
        if self.runtime.name in OTHER_SERVERS:
            return [self.ask(data, method), self.ask(closing(data), method)]
        # A refused client that has sent no more than its request is let go at once.
        behind = b"" if kept is False else BEHIND
        return [self.one_way(data, method, kept), self.one_way(closing(data), method, False, behind)]

    def one_way(self, data, method, kept, behind=BEHIND):
        with self.connect() as c:
            c.send(data + behind)
            answer = c.response(method)
            if kept is None:
                kept = not (answer.says_close or c.ended)
            if kept:
                assert not answer.says_close, "%r ends the connection" % data
                assert c.response().status == 404, "the answer of %r" % behind
                return answer
            if behind and not c.ended:
                try:
                    c.half_close()  # else it is waited for what more such a client sends
                except OSError:
                    pass  # it has gone already
            assert c.closes(), "sent after the answer of %r" % data
        return answer

    def leaves_at_each_byte_of(self, request):
        """Clients that leave within a request, whose last byte is not sent; another client notices nothing."""
        with self.connect() as other:
            for at in range(len(request)):
                with self.connect() as c:
                    c.send(request[:at])
                    if at % 3 == 0:
                        c.reset()
                other.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert other.response().text == "hello"

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def log(self):
        return self.log_file.read_text("utf-8", "replace")

    def log_since_mark(self):
        return self.log_file.read_bytes()[self.mark:].decode("utf-8", "replace")

    def check(self):
        """What must hold after every test: the server lives, and no task of it has died of what nobody caught."""
        assert self.alive, "%s has ended:\n%s" % (self, self.log())
        log = self.log()
        # asyncio tells of such a task when it is collected: it may be that of a test before.
        lost = log.find(UNCAUGHT, self.checked)
        self.checked = len(log)
        assert lost < 0, "%s: %s" % (self, log[lost:lost + 1500])

    def marked(self):
        self.mark = self.log_file.stat().st_size
        return self

    def logged(self, pattern, timeout_s=3, count=1):
        """The lines logged since the mark that match; waits for that many of them."""
        deadline = time.monotonic() + timeout_s
        while True:
            lines = [line for line in self.log_since_mark().splitlines() if re.search(pattern, line)]
            if len(lines) >= count or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)


@pytest.fixture(scope="session", params=sorted(PRESENT, reverse=True))
def runtime(request):
    """Every interpreter present, in turn."""
    return PRESENT.get(request.param, WSGI)


@pytest.fixture(scope="session")
def folder(runtime, tmp_path_factory):
    """A copy of the apps for this runtime: utemplate writes what it compiles beside the templates."""
    made = tmp_path_factory.mktemp(runtime.name) / "apps"
    shutil.copytree(HERE / "apps", made, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    (made.parent / "outside.txt").write_text("secret")
    (made / "static" / "leak.txt").symlink_to(made.parent / "outside.txt")
    (made / "static" / "leak").symlink_to(made.parent)
    (made / "static" / "big.bin").write_bytes(bytes(range(256)) * 400)
    for name, text in {"a b": "a space\n", "\xe9t\xe9": "summer\n", "a..b": "two dots\n", "empty": ""}.items():
        (made / "static" / (name + ".txt")).write_text(text)
    for name in (".env", ".0.part", "boot.py", "main.py", "wifi.json", "page_html.py", "page_tpl.py"):
        (made / "static" / name).write_text("secret")
    os.mkfifo(made / "static" / "pipe.txt")
    return made


@pytest.fixture(scope="session")
def servers(runtime, folder):
    started = {}
    yield started
    for server in started.values():
        server.end()


@pytest.fixture
def serve(request, runtime, folder, servers):
    """`serve("app.py", *args)` answers a running Server, the same one for the whole session while it lives."""
    used = request.node.servers_used = []

    def get(app, *args):
        server = servers.get((app, args))
        if server is None or not server.alive:
            server = servers[app, args] = Server(runtime, app, args, folder).start()
        if server not in used:
            used.append(server.marked())
        return server

    yield get
    for server in used:
        server.check()


@pytest.fixture
def start(request, runtime, folder):
    """`start("app.py", *args)` answers a Server of this test alone, which the test may end."""
    started = request.node.servers_used = getattr(request.node, "servers_used", [])

    def get(app, *args, heap=None, files=0):
        server = Server(runtime.with_heap(heap) if heap else runtime, app, args, folder, files=files)
        started.append(server.start())
        return server

    yield get
    try:
        for server in started:
            if server.alive:
                server.check()
    finally:
        for server in started:
            server.end()
