"""picoweb frozen into a MicroPython by manifest.py: nothing is on the path but what is in the firmware."""

import gzip
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import HERE, ON_BOARD, ROOT, Server, place
from core import test_webapp
from features import test_multipart, test_sse, test_upload, test_websocket
from support.firmware import firmware, frozen, skipping  # noqa: F401 (a fixture)
from support.table import cases

pytestmark = pytest.mark.timeout(600)  # the build takes a minute, and others may be before us

MODULES = {place(path).removesuffix(".py") for path in ON_BOARD}
ELSEWHERE = {"pycopy", "runtime"}  # for interpreters without MicroPython's asyncio
HEAP = "16K"  # in which hello must run; tools/heap.py finds how much it needs
RUN = "import sys, %s as m; m.app.run(port=int(sys.argv[-1]))"


# The runtime of this file, in place of conftest's


@pytest.fixture(scope="module")
def runtime(firmware):  # noqa: F811
    return firmware


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The apps, without templates, static files or anything of picoweb."""
    made = tmp_path_factory.mktemp("frozen") / "apps"
    made.mkdir()
    for path in (HERE / "apps").glob("*.py"):
        shutil.copy(path, made)
    with_sha1 = "import own_sha1\n" + (made / "websocket.py").read_text()
    (made / "websocket.py").write_text(with_sha1)
    return made


@pytest.fixture(scope="module")
def servers(runtime, folder):
    started = {}
    yield started
    for server in started.values():
        server.end()


@pytest.fixture
def run(runtime, tmp_path):
    """`run("-c", "...")` answers what that prints in an empty folder."""
    def output(*args):
        done = subprocess.run([*runtime.command, *args], cwd=tmp_path, env=runtime.environment(), timeout=30,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return output


@pytest.fixture
def serve_module(request, runtime, tmp_path):
    """`serve_module("hello", heap="64K")` answers a Server of a frozen module's app, in an empty folder."""
    started = request.node.servers_used = []

    def serve(name, heap=None):
        base = runtime.with_heap(heap) if heap else runtime
        started.append(Server(replace(base, command=(*base.command, "-c", RUN % name)), name, (), tmp_path))
        return started[-1].start()

    yield serve
    for server in started:
        server.end()


# What the firmware is


def test_it_is_the_variant_UNIX_PICOWEB(run):
    assert run("-c", "import sys; print(sys.implementation._build)") == "UNIX_PICOWEB\n"


def test_it_has_the_words_of_a_board(run):
    skipping(frozen.word_bits, 32)
    assert run("-c", "import sys; print(sys.maxsize)") == "%d\n" % (2 ** 31 - 1)


def test_every_module_is_frozen_and_nothing_of_the_host(run):
    frozen_names = {word for word in run("-c", "help('modules')").split() if word.startswith("picoweb/")}
    assert frozen_names == {"picoweb/" + name for name in MODULES - ELSEWHERE}


def test_every_module_can_be_imported(run):
    paths = (Path("picoweb", name) for name in MODULES - ELSEWHERE)
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    assert run("-c", "import own_sha1\nfor name in %r: __import__(name)\nprint('all')" % names) == "all\n"


def test_the_manifest_gives_no_module_a_version(run):
    """metadata() of an included manifest would: an entry of the heap for each module of the firmware."""
    versions = "import sys, picoweb, asyncio\nprint([name for name, m in sys.modules.items() if hasattr(m, '__version__')])"
    assert run("-c", versions) == "['asyncio']\n"


def test_the_builder_gives_help():
    done = subprocess.run([sys.executable, ROOT / "tools" / "frozen.py", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--manifest" in done.stdout


# What it serves


def test_hello_is_served_with_nothing_on_the_path(serve_module, tmp_path):
    server = serve_module("hello")
    assert server.get("/").text == "<h1>Hello from picoweb</h1>"
    assert not [path for path in os.listdir(tmp_path) if not path.endswith(".log")]


def test_hello_is_served_in_a_small_heap(serve_module):
    skipping(frozen.word_bits, 32)
    server = serve_module("hello", heap=HEAP)
    for _ in range(6):
        with server.connect() as client:
            for _ in range(10):
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n" % (b"x" * 400))
                assert client.response().status == 200
    assert "MemoryError" not in server.log()


def test_the_app_of_the_boards_is_served(serve_module):
    server = serve_module("app")
    page = server.get("/", "Accept-Encoding: gzip\r\n")
    assert b"Hello from picoweb" in gzip.decompress(page.body)
    for name in (b"style.css", b"script.js"):
        assert name in gzip.decompress(page.body)
        assert server.get("/" + name.decode(), "Accept-Encoding: gzip\r\n").status == 200
    assert server.get("/board").text.startswith('{"')


def test_static_files_are_served_from_the_firmware(serve_module):
    server = serve_module("frozen_app")
    answer = server.get("/files/", "Accept-Encoding: gzip\r\n")
    assert gzip.decompress(answer.body) == b"<p>frozen" * 200
    again = server.get("/files/", "If-None-Match: %s\r\n" % answer.get("ETag").decode())
    assert again.status == 304


def test_templates_are_rendered_from_the_firmware(serve_module, tmp_path):
    server = serve_module("frozen_app")
    assert server.get("/list").text == "<h1>Colours</h1><li>red<li>blue"
    assert server.get("/list-str").text == "<h1>Colours</h1><li>red"
    assert not (tmp_path / "templates").exists()


# Tests of other files that a server passes with all of picoweb frozen
PASSED = [
    ("values of a path", "webapp.py", test_webapp.test_every_kind_of_handler_takes_values),
    ("headers", "webapp.py", test_webapp.test_add_header_and_status),
    ("errors", "webapp.py", test_webapp.test_a_handler_that_does_nothing_is_answered),
    ("middleware", "middleware.py", test_webapp.test_a_body_behind_middleware_is_read),
    ("a mounted app", "webapp.py", test_webapp.test_a_pattern_in_a_mounted_app_matches_without_the_prefix),
    ("a form with files", "multipart.py", test_multipart.test_what_a_browser_library_sends_is_read),
    ("any boundary", "multipart.py", test_multipart.test_a_boundary_may_be_split_anywhere),
    ("an upload in parts", "upload.py", test_upload.test_a_file_may_come_in_parts),
    ("server-sent events", "sse.py", test_sse.test_a_handler_sends_all_kinds_of_events_and_ends),
    ("a WebSocket", "websocket.py", test_websocket.test_the_websockets_library_is_understood),
    ("a WebSocket with values", "websocket.py", test_websocket.test_a_route_gets_its_values_and_the_headers),
]


@pytest.mark.parametrize("app,check", cases(PASSED))
def test_frozen_picoweb_serves(serve, app, check):
    check(serve(app))
