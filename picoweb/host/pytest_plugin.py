"""pytest's fixtures `client` (an app in memory) and `board` (an app in a MicroPython process), and `async def` tests."""

import asyncio
import inspect
import socket
import subprocess
import time

import pytest

import picoweb.host  # noqa: F401 (its import makes the board's modules known)

from .cli.interpreter import HEAP, Failure, Target, command, find, heap_bytes, probe
from .cli.serve import answers

START_S = 15  # that an app gets to listen
STOP_S = 5  # that it gets to end
DYING_S = 0.05  # from the last that a client hears of a process to its end
POLL_S = 0.02
OTHERS = ("asyncio", "anyio", "trio")  # marks of plugins that run coroutines themselves


@pytest.fixture
def client():
    """`client(app)` is a picoweb.testing.TestClient: `answer = await client(app).get("/")`."""
    from picoweb.testing import TestClient

    return TestClient


@pytest.fixture
def board(request, tmp_path_factory):
    """`board("app.py", heap="64K")` serves an app in a MicroPython process: `board("app.py").get("/")`."""
    boards = []

    def start(app, heap=HEAP):
        try:
            board = Board(find_app(app, folders(request)), heap, tmp_path_factory.mktemp("board") / "output")
            board.start()
        except Failure as failure:
            pytest.fail("board: " + str(failure).replace("--heap ", "heap="), pytrace=False)
        boards.append(board)
        return board

    yield start
    died = [board.told() for board in boards if board.end()]
    if died:
        pytest.fail("\n".join(died), pytrace=False)


def folders(request):
    """Where a test's app is looked for: in its own folder, then upwards to pytest's rootdir."""
    root = request.config.rootpath
    here = request.path.parent
    return [here, *(folder for folder in here.parents if folder.is_relative_to(root))]


def find_app(text, places):
    """The Target of `app.py`, `app.py:attribute`, `package.module` or `package.module:attribute`."""
    name, _, attribute = text.partition(":")
    for folder in places:
        path = folder / name
        if not name.endswith(".py"):
            target = Target(folder, name, attribute or "app")
        elif attribute:
            target = Target(path.parent, path.stem, attribute)
        else:
            target = Target(path.parent, path.name)
        if target.file:
            return target
    raise Failure("%s: no such app in %s" % (text, " or ".join(map(str, places))))


class Board:
    """An app in a process of its own; what it lacks is its httpx.Client's: get(), post(), stream()."""

    def __init__(self, target, heap, output):
        try:
            import httpx
        except ImportError:
            raise Failure('it needs httpx; type: pip install "picoweb[test]"') from None
        self.target = target
        self.heap = heap
        self.file = output
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        self.client = httpx.Client(base_url=self.url)

    def __getattr__(self, name):
        return getattr(self.client, name)

    @property
    def output(self):
        """What the app has printed."""
        return self.file.read_text("utf-8", "replace")

    def start(self):
        """Returns when the app listens; Failure where it does not."""
        heap_bytes(self.heap)
        interpreter = probe(find("micropython"))
        argv, environment = command(interpreter, self.target, "127.0.0.1", self.port, heap=self.heap)
        with open(self.file, "wb") as output:
            self.process = subprocess.Popen(
                argv, cwd=self.target.folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_S
        while not answers(("127.0.0.1", self.port)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                told = self.told()
                self.end()
                raise Failure(told)
            time.sleep(POLL_S)

    def end(self):
        """Ends the process; the result is whether it had died before."""
        self.client.close()
        if self.has_ended(DYING_S):
            return self.process.returncode != 0
        self.process.terminate()
        if not self.has_ended(STOP_S):
            self.process.kill()
            self.process.wait()
        print("%s printed:\n%s" % (self.target, self.output))  # pytest shows it where the test failed
        return False

    def has_ended(self, timeout):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def told(self):
        """What has become of the process."""
        status = self.process.poll()
        state = "does not listen" if status is None else "has ended with status %d" % status
        return "%s with a %s heap %s:\n%s" % (self.target, self.heap, state, self.output)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# async def tests


def pytest_pyfunc_call(pyfuncitem):
    """Runs a coroutine function that uses these fixtures and that no other plugin is asked to run."""
    if not is_ours(pyfuncitem):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def is_ours(item):
    if not inspect.iscoroutinefunction(item.obj) or any(map(item.get_closest_marker, OTHERS)):
        return False
    # A test's own `client` may be made of this one; another plugin's is none of ours.
    found = item._fixtureinfo.name2fixturedefs
    return any(fixture.func.__module__ == __name__ for name in ("client", "board") for fixture in found.get(name, ()))
