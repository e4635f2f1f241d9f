"""Apps on Pycopy's API: the cases of the other runtimes again.

Pycopy is in no registry. What runs here is a stand-in of its `uasyncio`, made by its documented API, on unix MicroPython
without the modules that Pycopy lacks; it proves that the core asks for nothing beyond. Pycopy itself is tried by hand.
"""

import ast
import subprocess
import time
from dataclasses import replace

import pytest

from conftest import HERE, ON_BOARD, PRESENT, ROOT, Runtime, place
from core.test_compatibility import *  # noqa: F401,F403
from core.test_faults import *  # noqa: F401,F403
from core.test_files import *  # noqa: F401,F403
from core.test_load import *  # noqa: F401,F403
from core.test_logging import *  # noqa: F401,F403
from core.test_request_body import *  # noqa: F401,F403
from core.test_request_head import *  # noqa: F401,F403
from core.test_response import *  # noqa: F401,F403
from core.test_webapp import *  # noqa: F401,F403
from support.waiting import answered

STAND_IN = HERE / "support" / "pycopy"
SOURCES = pytest.mark.parametrize("path", ON_BOARD, ids=place)

# Pycopy's accept loop ends with its listening socket, and whoever waits there is lost; what is kept is told below.
del test_the_server_outlives_a_machine_without_file_descriptors  # noqa: F821


class StandIn(Runtime):
    def with_heap(self, size):
        """Tests name what 32-bit words need."""
        return replace(self, command=(*self.command[:2], "heapsize=%dK" % (2 * int(size[:-1])), *self.command[3:]))


PRESENT["pycopy"] = StandIn(
    "pycopy", (*PRESENT["mp64"].command, str(STAND_IN / "run.py")), "MICROPYPATH", (str(STAND_IN),))
pytestmark = [
    pytest.mark.parametrize("runtime", ["pycopy"], indirect=True),
    pytest.mark.usefixtures("runtime", "loops"),
]


@pytest.fixture
def web(serve):
    """As test_request_head has it, whose cases look at what debug 1 logs."""
    return serve("web.py", "1")


@pytest.fixture(scope="module")
def loops(folder):
    """There is no uasyncio.run(): the apps that call it are changed to ask the loop."""
    for path in folder.glob("*.py"):
        text = path.read_text()
        if "asyncio.run(" in text:
            path.write_text(text.replace("asyncio.run(", "asyncio.get_event_loop().run_until_complete("))


# The stand-in

DOCUMENTED = {
    "get_event_loop", "sleep", "sleep_ms", "wait_for", "wait_for_ms", "cancel", "open_connection", "start_server",
    "CancelledError", "TimeoutError", "StreamReader", "StreamWriter", "IORead", "IOWrite",
}
OF_THE_LOOP = {
    "create_task", "call_soon", "call_later", "call_later_ms", "run_forever", "run_until_complete", "stop",
}
OF_A_STREAM = {"read", "readline", "readexactly", "awrite", "awritestr", "awriteiter", "aclose", "get_extra_info"}


def names(body):
    """What a module or a class defines for others."""
    found = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    found |= {target.id for node in body if isinstance(node, ast.Assign) for target in node.targets
              if isinstance(target, ast.Name)}
    return {name for name in found if name[0] != "_"}


def test_the_stand_in_has_the_documented_names_and_no_other():
    body = ast.parse((STAND_IN / "uasyncio.py").read_text()).body
    classes = {node.name: node.body for node in body if isinstance(node, ast.ClassDef)}
    assert names(body) == DOCUMENTED
    assert names(classes["_Loop"]) == OF_THE_LOOP
    assert names(classes["StreamReader"]) == OF_A_STREAM


# The modules of the board

IMPORTED = {
    "gc", "micropython", "sys", "uasyncio", "ubinascii", "ucollections", "uhashlib", "uio", "ujson", "ulogging", "uos",
    "ure", "uselect", "usocket", "utemplate.source", "utime",
}
ELSEWHERE = {  # what is not imported on Pycopy
    "array": "for the index of a store",
    "btree": "where there is one",
    "asyncio.core": "stream.py asks for MicroPython's",
    "logging": "where there is no ulogging",
    "machine": "where there is one: why the board has started",
    "network": "of boards with Wi-Fi",
    "socket": "by the accept loop for MicroPython's asyncio",
    "traceback": "on CPython",
}


def imports(tree):
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return {name for name in found if name.split(".")[0] != "picoweb"}


@SOURCES
def test_a_module_imports_what_Pycopy_has(path):
    assert imports(ast.parse(path.read_bytes())) <= IMPORTED | set(ELSEWHERE)


def is_refused(node):
    """Return whether Pycopy's compiler refuses a node: tried with pycopy-cross."""
    if isinstance(node, ast.Call):
        stars = [isinstance(arg, ast.Starred) for arg in node.args]
        return True in stars and not stars[-1] or stars.count(True) > 1
    if isinstance(node, (ast.List, ast.Set)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return any(isinstance(item, ast.Starred) for item in node.elts)
    if isinstance(node, ast.Dict):
        return None in node.keys
    if isinstance(node, ast.arguments):
        return bool(node.posonlyargs)
    return isinstance(node, (ast.JoinedStr, ast.Match))


@SOURCES
def test_a_module_has_nothing_that_Pycopys_compiler_refuses(path):
    assert not [node.lineno for node in ast.walk(ast.parse(path.read_bytes())) if is_refused(node)]


@SOURCES
def test_a_module_takes_of_asyncio_what_pycopy_py_gives(path):
    used = {node.attr for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "asyncio"}
    body = ast.parse((ROOT / "picoweb" / "pycopy.py").read_bytes()).body
    given = names(body) | {alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert used <= given | {"StreamReader", "core", "run"}  # of MicroPython's accept loop, and of the test client that is asked in a def


@SOURCES
def test_a_module_loads(runtime, tmp_path, path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    (tmp_path / "app.py").write_text("print(__import__(%r, None, None, ('*',)).__name__)\n" % name)
    done = subprocess.run([*runtime.command, "app.py"], cwd=tmp_path, env=runtime.environment(), timeout=10,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.stdout.split() == [name], done.stderr


# What the bridge adds

def test_the_oldest_idle_connection_makes_room_where_the_app_calls_start_server_itself(serve):
    server = serve("own_serve.py")
    idle = [server.connect() for _ in range(20)]
    try:
        assert server.get("/").text == "served by the app"
        assert idle[0].closes()
    finally:
        for c in idle:
            c.sock.close()


def test_a_large_answer_to_a_client_that_reads_late_comes_whole(serve):
    server = serve("compatibility.py")
    with server.connect() as c:
        c.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
        time.sleep(0.5)
        assert server.get("/added").text == "added"
        for _ in range(60):
            assert c.response().body == bytes(range(256)) * 400


def test_the_server_outlives_an_accept_that_fails(start):
    server = start("web.py", files=14)
    with server.connect() as early:
        others = []
        while not server.logged("accept", 0.05):
            try:
                others.append(server.connect())
            except ConnectionError:
                pass  # it does not listen for a moment
        for c in others:
            c.sock.close()
        assert answered(lambda: server.get("/")).text == "hello"
        early.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert early.response().text == "hello"
