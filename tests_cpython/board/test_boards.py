"""boards/: what can be checked of firmware that is not built here; UNIX_PICOWEB is built by test_frozen.py."""

import ast
import gzip
import importlib.util
import json
import os
import re
import runpy
import subprocess
import sys

import httpx
import pytest

from picoweb.host.cli.interpreter import tool
from picoweb.host.vboard import VirtualBoard

from conftest import HERE, ON_BOARD, PRESENT, ROOT, Server, free_port, place
from support.firmware import frozen, skipping
from support.table import cases
from support.waiting import until

pytestmark = pytest.mark.timeout(600)  # the first test may wait for a build, or unpack MicroPython's source

BOARDS = ROOT / "boards"
PORTS = {
    "ESP32_PICOWEB": ("esp32", "ESP32_GENERIC"),
    "ESP32_C3_PICOWEB": ("esp32", "ESP32_GENERIC_C3"),
    "RPI_PICO_W_PICOWEB": ("rp2", "RPI_PICO_W"),
    "RPI_PICO2_W_PICOWEB": ("rp2", "RPI_PICO2_W"),
}
OURS = {"app.py", "boot.py", "main.py", "pages.py"}
# Without one of the last five the port's own would be left out, and lwIP's much smaller one be taken.
LWIP = {"MEMP_NUM_TCP_PCB": "(12)", "MEM_SIZE": "(16000)", "TCP_MSS": "(800)", "TCP_WND": "(6400)", "TCP_SND_BUF": "(3200)",
        "MEMP_NUM_TCP_SEG": "(32)"}
MODULES = {place(path).removesuffix(".py") for path in ON_BOARD}
ELSEWHERE = {"pycopy", "runtime"}
TESTING = {name for name in MODULES if name.startswith("testing/")}
board = pytest.mark.parametrize("board", PORTS)


@pytest.fixture(scope="module")
def source():
    return skipping(frozen.source)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A micropython-lib whose packages are empty: the archive of MicroPython's source has none."""
    folder = tmp_path_factory.mktemp("micropython-lib")
    frozen.stub_library(folder)
    return folder


@pytest.fixture
def freeze(source, library):
    """`freeze(manifest, port, board)` answers the names that MicroPython's own reader finds to freeze."""
    spec = importlib.util.spec_from_file_location("manifestfile", source / "tools" / "manifestfile.py")
    manifestfile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(manifestfile)

    def read(manifest, port="unix", board="UNIX_PICOWEB"):
        places = {"MPY_DIR": source, "MPY_LIB_DIR": library, "PORT_DIR": source / "ports" / port,
                  "BOARD_DIR": BOARDS / board}
        reader = manifestfile.ManifestFile(manifestfile.MODE_FREEZE, {name: str(path) for name, path in places.items()})
        reader.execute(str(manifest))
        return [file.target_path for file in reader.files()]

    return read


# Manifests


def of_picoweb(names):
    return {name[len("picoweb/"):-len(".py")] for name in names if name.startswith("picoweb/")}


@board
def test_a_board_freezes_picoweb_what_starts_it_and_what_its_port_freezes(freeze, board):
    names = freeze(BOARDS / board / "manifest.py", PORTS[board][0], board)
    assert OURS <= set(names)
    assert of_picoweb(names) == MODULES - ELSEWHERE - TESTING
    assert {"asyncio/core.py", "_boot.py"} <= set(names)
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith("picoweb/host/")]


def test_the_variant_for_a_host_freezes_the_app_but_nothing_that_needs_a_radio_to_start(freeze):
    names = freeze(BOARDS / "UNIX_PICOWEB" / "manifest.py")
    assert {"app.py", "pages.py", "asyncio/core.py"} < set(names)
    assert not {"boot.py", "main.py"} & set(names)
    assert of_picoweb(names) == MODULES - ELSEWHERE


def included(without, tmp_path):
    """A manifest elsewhere that includes picoweb's."""
    path = tmp_path / "manifest.py"
    path.write_text("include(%r, without=%r)\n" % (str(ROOT / "manifest.py"), without))
    return path


LEFT_OUT = [
    ("nothing", (), set()),
    ("the test client", ("testing",), TESTING),
    ("one part by its name alone", "sse", {"hub", "sse"}),
    ("several parts, and what only they share", ("portal", "multipart", "upload"),
     {"classes_files", "credentials", "dns", "form", "multipart", "portal", "portal_page", "saving", "upload"}),
    ("one that shares a module with others, which is kept", ("upload",), {"upload"}),
    ("nothing that another part needs", ("wifi",), set()),
]


@pytest.mark.parametrize("without,missing", cases(LEFT_OUT))
def test_a_manifest_leaves_out(freeze, tmp_path, without, missing):
    assert of_picoweb(freeze(included(without, tmp_path))) == MODULES - ELSEWHERE - missing


def parts():
    """PARTS of manifest.py, which runs in nothing but MicroPython's reader."""
    tree = ast.parse((ROOT / "manifest.py").read_text())
    found = [node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "PARTS"]
    return ast.literal_eval(found[0].value)


def imports(name):
    """Modules of picoweb that a module imports, at once or when they are used."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "picoweb" / (name + ".py")).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("picoweb." + (node.module or "") if node.level else node.module)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("load", "load_module"):
            found |= {"picoweb." + arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return {module[len("picoweb."):] for module in found if module.startswith("picoweb.")} & MODULES


@pytest.mark.parametrize("part", parts())
def test_what_stays_can_do_without(freeze, tmp_path, part):
    kept = of_picoweb(freeze(included((part,), tmp_path)))
    for name in kept - {"http"}:  # it names runtime.py for other interpreters
        assert imports(name) <= kept, name


def test_a_part_that_there_is_not_is_told(freeze, tmp_path):
    with pytest.raises(Exception, match="without 'sockets': there is no such part of picoweb; there are bind, classes, "):
        freeze(included(("sockets",), tmp_path))


@pytest.mark.parametrize("board", ["ESP32_PICOWEB", "RPI_PICO_W_PICOWEB"])
def test_all_that_the_boards_of_a_port_freeze_becomes_C(source, library, tmp_path, board):
    """makemanifest.py, as a port's build runs it; it compiles every file with mpy-cross."""
    port = source / "ports" / PORTS[board][0]
    (tmp_path / "genhdr").mkdir()
    settings = "QCFG(BYTES_IN_LEN, (1))\nQCFG(BYTES_IN_HASH, (1))\n"
    (tmp_path / "genhdr" / "qstrdefs.preprocessed.h").write_text(settings)
    places = {"MPY_DIR": source, "MPY_LIB_DIR": library, "PORT_DIR": port, "BOARD_DIR": BOARDS / board}
    done = subprocess.run(
        [sys.executable, source / "tools" / "makemanifest.py", "-o", tmp_path / "frozen_content.c", "-b", tmp_path,
         *[word for name, path in places.items() for word in ("-v", "%s=%s" % (name, path))],
         BOARDS / board / "manifest.py"],
        env={**os.environ, "MICROPY_MPYCROSS": tool("mpy-cross")}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    made = (tmp_path / "frozen_content.c").read_text()
    for name in ("boot", "main", "app", "pages", "picoweb_portal", "asyncio_core"):
        assert "frozen_module_%s = {" % name in made


# The files that a port's build reads


@board
def test_every_file_that_cmake_is_told_of_is_there(source, board):
    port = source / "ports" / PORTS[board][0]
    variables = {"MICROPY_PORT_DIR": port, "MICROPY_BOARD_DIR": BOARDS / board}
    files = list((BOARDS / board).glob("*.cmake"))
    assert BOARDS / board / "mpconfigboard.cmake" in files
    for file in files:
        text = re.sub(r"#.*", "", file.read_text())
        for name in re.findall(r"[\w${}.-]*/[\w./-]+", text):
            path = port / re.sub(r"\$\{(\w+)\}", lambda match: str(variables[match[1]]), name)
            assert path.is_file(), name
    if (port / "boards" / PORTS[board][1] / "mpconfigvariant.cmake").exists():
        assert (BOARDS / board / "mpconfigvariant.cmake").exists()


@board
def test_the_header_of_a_board_is_that_of_the_port_with_another_name(source, board):
    skipping(frozen.word_bits, 32, 64)
    port, base = PORTS[board]

    def defined(folder):
        done = subprocess.run(["gcc", "-E", "-dM", "-I", folder, "-I", source / "ports" / port, "-x", "c", "-"],
                              input='#include "mpconfigboard.h"\n', capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return dict(re.findall(r"#define (MICROPY_HW_\w+|MEMP?_\w+|TCP_\w+|CYW43_\w+) (.*)", done.stdout))

    ours, theirs = defined(BOARDS / board), defined(source / "ports" / port / "boards" / base)
    assert ours.pop("MICROPY_HW_BOARD_NAME").endswith('with picoweb"')
    theirs.pop("MICROPY_HW_BOARD_NAME")
    assert ours == {**theirs, **(LWIP if port == "rp2" else {})}


@board
def test_a_board_has_the_pins_and_the_description_of_its_ports(source, board):
    port, base = PORTS[board]
    theirs = source / "ports" / port / "boards" / base
    about = json.loads((theirs / "board.json").read_text())
    ours = json.loads((BOARDS / board / "board.json").read_text())
    assert set(ours) == set(about) - {"variants"}
    assert (ours["mcu"], ours["features"]) == (about["mcu"], about["features"])
    pins = theirs / "pins.csv"
    assert not pins.exists() or pins.read_text() == (BOARDS / board / "pins.csv").read_text()


def test_the_pages_are_those_of_www():
    packed = runpy.run_path(str(BOARDS / "pages.py"))["R"]
    unpacked = {name[:-3]: gzip.decompress(data) for name, data in packed.items() if name.endswith(".gz")}
    assert unpacked == {path.name: path.read_bytes() for path in (BOARDS / "www").iterdir()}, \
        "type: python3 tools/pack.py --module pages boards/www boards"


# What a board starts, with a scripted radio in place of its own

START = '''
import sys

port, kind, dns_port, boards, apps = sys.argv[1:]
sys.path[1:1] = [boards, apps]

import picoweb
import picoweb.portal
import picoweb.wifi
from radio import Radio

radio = sys.modules["network"] = Radio(kind, {"home": "secret12", "guests": ""}, speed=20)
picoweb.wifi.WiFi.pause = radio.pause
picoweb.portal.Portal.dns_port = int(dns_port)
start = picoweb.WebApp.start


def start_here(app, host, asked, ssl=None):
    return start(app, "127.0.0.1", {80: int(port)}[asked], ssl)  # 80 may not be had by everyone


picoweb.WebApp.start = start_here
for name in ("boot.py", "main.py"):
    with open(boards + "/" + name) as f:
        exec(f.read(), {"__name__": "__main__"})
'''
OWN_APP = '''
import network
import picoweb

app = picoweb.WebApp(__name__)


@app.route("/")
async def index(req, resp):
    return "%s %d" % (network.settings["hostname"], app.max_connections)
'''
KNOWN = '[["home", "secret12"]]'
RADIOS = {"ESP32": "esp32", "Pico W": "pico"}
WAIT_S = 30


@pytest.fixture(params=[name for name, runtime in PRESENT.items() if runtime.is_micropython])
def power_on(request, tmp_path):
    """`power_on("pico")` answers the Server of a board that has been switched on; its files are those of tmp_path."""
    started = request.node.servers_used = []

    def on(kind):
        (tmp_path / "start.py").write_text(START)
        arguments = (kind, str(free_port()), str(BOARDS), str(HERE / "apps"))
        started.append(Server(PRESENT[request.param], "start.py", arguments, tmp_path))
        return started[-1].start()

    yield on
    for server in started:
        server.end()


def ask(server, method, fields="", body=""):
    """A request as a browser sends it, by the board's address."""
    head = "%s / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n" % (method, fields)
    return server.ask((head + body).encode(), method)


def hello(server):
    """Waits for the app's page."""
    def look():
        try:
            answer = ask(server, "GET", "Accept-Encoding: gzip\r\n")
            return answer.get("Content-Encoding") == b"gzip" and gzip.decompress(answer.body)
        except (OSError, EOFError, AssertionError):
            return None  # the portal has ended, and the app has not begun

    return until(look, timeout_s=WAIT_S) or server.log()


@pytest.mark.parametrize("kind", cases(RADIOS.items()))
def test_a_board_that_knows_a_network_serves_the_app(power_on, tmp_path, kind):
    (tmp_path / "wifi.json").write_text(KNOWN)
    server = power_on(kind)
    assert b"<h1>Hello from picoweb</h1>" in hello(server)
    assert "wifi: joined home" in server.log()
    assert "secret12" not in server.log()


@pytest.mark.parametrize("kind", cases(RADIOS.items()))
def test_a_board_that_knows_no_network_asks_for_one_and_then_serves_the_app(power_on, tmp_path, kind):
    server = power_on(kind)
    assert "<h1>Wi-Fi of" in ask(server, "GET").text
    form = "ssid=home&key=secret12"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    answer = ask(server, "POST", kind + "Content-Length: %d\r\n" % len(form), form)
    assert answer.status == 303
    assert b"<h1>Hello from picoweb</h1>" in hello(server)
    assert json.loads((tmp_path / "wifi.json").read_text()) == [["home", "secret12"]]


def test_an_app_of_the_boards_file_system_takes_the_place_of_the_frozen_one_and_has_its_connections(power_on, tmp_path):
    (tmp_path / "wifi.json").write_text(KNOWN)
    (tmp_path / "app.py").write_text(OWN_APP)
    server = power_on("pico")
    assert server.get("/").text == "picoweb 10"


# The same on the virtual board, whose `network` is its own

HERE_NOT_80 = """
import picoweb
start = picoweb.WebApp.start
picoweb.WebApp.start = lambda app, host, asked, ssl=None: start(app, "127.0.0.1", {80: %d}[asked], ssl)
"""


def test_a_virtual_board_joins_and_serves_the_app(tmp_path):
    port = free_port()
    flash = tmp_path / "flash"
    flash.mkdir()
    for name in OURS:
        (flash / name).write_text((HERE_NOT_80 % port if name == "boot.py" else "") + (BOARDS / name).read_text())
    (flash / "wifi.json").write_text(KNOWN)
    board = VirtualBoard(flash=flash, picoweb=True, on=PRESENT["mp64"].command[0], cache=tmp_path / "cache")
    board.networks = [{"ssid": "home", "key": "secret12", "after_ms": 300}]
    with board:
        board.waits(rb"wifi: joined home 127.0.0.1")
        with httpx.Client(base_url="http://127.0.0.1:%d" % port, transport=httpx.HTTPTransport(retries=8)) as client:
            assert "<h1>Hello from picoweb</h1>" in client.get("/").text
            assert "free" in client.get("/board").json()
