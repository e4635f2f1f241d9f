"""picoweb board deploy and image: an app on the virtual board, all of it or nothing; flash images of it."""

import itertools
import os
import pty
import re
import shutil
import subprocess
import sys

import httpx
import littlefs
import pytest
from mpremote.transport_serial import SerialTransport

from conftest import MISSING, PRESENT, ROOT, free_port
from picoweb.host.cli import deploy as deploy_module
from picoweb.host.cli import image
from picoweb.host.cli.bundle import fits, make_bundle, manifest_of, sources_of
from picoweb.host.cli.deploy import COMMIT, Report, connected, deploy
from picoweb.host.cli.interpreter import Failure, find
from picoweb.host.vboard import VirtualBoard
from support.command import picoweb
from support.firmware import skipping
from support.table import cases

sys.path.insert(0, str(ROOT / "tools"))
import rp2040  # noqa: E402 (one emulator for the tests and for the tool that measures)

CHIP_S = 240  # for what takes 5 s where nothing else runs
UTEMPLATE = ROOT / ".venv" / "micropython-lib" / "utemplate"
MAIN = 'import part\nprint("app", %d, part.VERSION, open("static/page.txt").read().strip(), "runs")\n'
RUNS = rb"app (\d) (\d) (\d) runs"


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def version(folder, number):
    """An app of three files that tells the version of each when it starts."""
    return write(folder, {
        "main.py": MAIN % number, "part.py": "VERSION = %d\n" % number, "static/page.txt": str(number)})


@pytest.fixture
def app(tmp_path):
    return version(tmp_path / "app", 1)


@pytest.fixture
def board():
    with VirtualBoard() as board:
        yield board


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def on_flash(board):
    """{name: bytes} of its files, but for what a deploy keeps for itself."""
    return {name: data for name, data in files_below(board.flash).items() if not name.startswith(".deploy/")}


def version_that_runs(board):
    return [int(number) for number in board.waits(RUNS).groups()]


def restart(board):
    board.unplug()
    board.plug()


# What is sent


def test_a_first_deploy_sends_the_app_and_starts_it(board, app):
    report = deploy(board.port, app)
    assert sorted(report.sent) == ["main.py", "part.mpy", "static/page.txt"]
    assert on_flash(board) == report.sent
    assert version_that_runs(board) == [1, 1, 1]


def test_an_unchanged_app_sends_nothing_and_is_started(board, app):
    deploy(board.port, app)
    version_that_runs(board)
    told = []
    report = deploy(board.port, app, lambda sent, size: told.append(sent))
    assert (report.sent, report.removed, report.kept, told) == ({}, [], 3, [])
    assert version_that_runs(board) == [1, 1, 1]


CHANGES = [
    ("a changed static file goes alone", {"static/page.txt": "2"}, [], ["static/page.txt"], []),
    ("a changed module goes alone", {"part.py": "VERSION = 2\n"}, [], ["part.mpy"], []),
    ("a changed main.py goes alone", {"main.py": MAIN % 2}, [], ["main.py"], []),
    ("a module that only its comments changed stays", {"part.py": "VERSION = 1  # new\n"}, [], [], []),
    ("a static file that is gone goes", {}, ["static/more/x.txt"], [], ["static/more/x.txt"]),
    ("a module that is a package now replaces it", {"part/__init__.py": "VERSION = 3\n"}, ["part.py"],
     ["part/__init__.mpy"], ["part.mpy"]),
]


@pytest.mark.parametrize("changed,gone,sent,removed", cases(CHANGES))
def test_only_what_has_changed_is_sent(board, app, changed, gone, sent, removed):
    write(app, {"static/more/x.txt": "x"})
    deploy(board.port, app)
    write(app, changed)
    for name in gone:
        (app / name).unlink()
    report = deploy(board.port, app)
    assert (sorted(report.sent), report.removed) == (sent, removed)
    assert deploy(board.port, app).sent == {}
    assert set(on_flash(board)) == set(make_bundle(sources_of(app)))
    assert (board.flash / "static" / "more").is_dir() == (not gone or "part.py" in gone)


def test_files_that_no_deploy_put_there_stay(board, app):
    foreign = {"notes.txt": b"mine", "lib/driver.py": b"X = 1\n", "static/upload.bin": b"\0\1", "data/log": b"1"}
    write(board.flash, foreign)
    deploy(board.port, app)
    (app / "static" / "page.txt").unlink()
    write(app, {"main.py": "print('without')"})
    deploy(board.port, app)
    assert on_flash(board) == {**foreign, "main.py": b"print('without')"}


@pytest.mark.parametrize("spoil", cases([
    ("vanished", lambda path: path.unlink()),
    ("was cut short", lambda path: path.write_bytes(path.read_bytes()[:-1])),
]))
def test_a_file_is_sent_again_that(board, app, spoil):
    deploy(board.port, app)
    spoil(board.flash / "part.mpy")
    assert list(deploy(board.port, app).sent) == ["part.mpy"]
    assert list(deploy(board.port, app).sent) == []


def test_what_was_copied_by_hand_does_not_hide_the_app(board, app):
    write(board.flash, {"main.py": "print('old')", "part.py": "VERSION = 0\n"})
    report = deploy(board.port, app)
    assert "main.py, part.py" in report.remarks[0]
    assert version_that_runs(board) == [1, 1, 1]


@pytest.mark.parametrize("there,why", cases([
    ("a folder that is imported instead of a module", "part/old.py",
     "part on the board would be imported in place of part.mpy"),
    ("a folder where a file belongs", "static/page.txt/x", "static/page.txt on the board is a folder"),
    ("a file where a folder belongs", "static", "static on the board is a file"),
]))
def test_the_deploy_refuses_for(board, app, there, why):
    write(board.flash, {there: "x = 1"})
    before = on_flash(board)
    with pytest.raises(Failure, match=re.escape(why) + ".*fs rm -r :"):
        deploy(board.port, app)
    assert on_flash(board) == before


# picoweb itself, templates and native code

def write_pages(folder, main):
    """An app with a template and a static file."""
    shutil.copytree(UTEMPLATE, folder / "lib" / "utemplate")
    return write(folder, {
        "main.py": main,
        "site_app.py": "import picoweb\n\napp = picoweb.WebApp(__name__)\n\n\n@app.route('/')\ndef index(req, resp):\n"
                       "    return app.render_str('page.html', ('one',))\n",
        "templates/page.html": "{% args x %}\n<p>{{x}} {% include 'end.html' %}</p>\n",
        "templates/end.html": "<i>end</i>",
        "static/style.css": "p { color: red }",
        "unused.py": "1/0",
    })


@pytest.fixture
def pages(tmp_path):
    """Such an app, and the port it serves at."""
    port = free_port()
    return write_pages(tmp_path / "pages", "from site_app import app\napp.run(port=%d)\n" % port), port


def fetch(board, port, path="/"):
    """The page once it is served."""
    transport = httpx.HTTPTransport(retries=7)  # which wait 0, 0.5, 1, 2 ... seconds
    with httpx.Client(transport=transport, timeout=20) as client:
        try:
            return client.get("http://127.0.0.1:%d%s" % (port, path)).text
        except httpx.ConnectError:
            raise AssertionError("not served; the board has printed %s" % board.log[-2000:].decode()) from None


def test_an_app_with_templates_is_served_and_a_changed_template_goes_alone(board, pages):
    folder, port = pages
    report = deploy(board.port, folder)
    assert "lib/picoweb/__init__.mpy" in report.sent
    assert "lib/picoweb/websocket.mpy" not in report.sent
    assert "unused.mpy" not in report.sent
    assert not [name for name in report.sent if name.endswith(".html")]
    assert "<p>one <i>end</i></p>" in fetch(board, port)
    assert fetch(board, port, "/static/style.css") == "p { color: red }"
    assert "404" in fetch(board, port, "/none")

    write(folder, {"templates/page.html": "{% args x %}\n<b>{{x}}</b>\n"})
    assert list(deploy(board.port, folder).sent) == ["templates/page_html.mpy"]
    assert "<b>one</b>" in fetch(board, port)
    assert deploy(board.port, folder).sent == {}


def test_a_picoweb_copied_by_hand_is_not_taken_for_the_app_s(board, pages):
    write(board.flash, {"picoweb/__init__.py": "old = 1"})
    with pytest.raises(Failure, match="picoweb on the board would be imported in place of lib/picoweb/"):
        deploy(board.port, pages[0])


def test_a_module_of_the_firmware_is_not_sent(board, app):
    write(app, {"lib/mip.py": "1/0\n", "part.py": "import mip\n\nVERSION = 1\n"})
    report = deploy(board.port, app)
    assert sorted(report.sent) == ["main.py", "part.mpy", "static/page.txt"]
    assert report.remarks == ["mip of the board's firmware is used, and not sent."]
    assert version_that_runs(board) == [1, 1, 1]


def test_native_code_is_compiled_for_the_board(board, app):
    write(app, {"part.py": "import micropython\n\n\n@micropython.native\ndef f(x):\n    return x + 1\n\n\n"
                           "VERSION = f(0)\n"})
    assert "part.mpy" in deploy(board.port, app).sent
    assert version_that_runs(board) == [1, 1, 1]


EMPTY = b"M\x06\x00\x1f\x01\x00\x08a.py\x00\x81\x07\x00\x00"
FOUND = [
    ("a module imported in a function", "def f():\n    import one", {"one.py": ""}, ["one.mpy"]),
    ("a module imported after try", "try:\n    import one\nexcept ImportError:\n    pass", {"one.py": ""}, ["one.mpy"]),
    ("a module by __import__", "__import__('one')", {"one.py": ""}, ["one.mpy"]),
    ("what a module imports", "import one", {"one.py": "import two", "two.py": ""}, ["one.mpy", "two.mpy"]),
    ("a part of a package", "import p.one", {"p/__init__.py": "", "p/one.py": ""}, ["p/__init__.mpy", "p/one.mpy"]),
    ("a part by from", "from p import one", {"p/__init__.py": "", "p/one.py": ""}, ["p/__init__.mpy", "p/one.mpy"]),
    ("a relative import", "import p", {"p/__init__.py": "from .one import x", "p/one.py": "x = 1"},
     ["p/__init__.mpy", "p/one.mpy"]),
    ("one from the folder above", "import p.q.one", {"p/two.py": "", "p/q/one.py": "from ..two import x"},
     ["p/q/one.mpy", "p/two.mpy"]),
    ("a module in lib", "import one", {"lib/one.py": ""}, ["lib/one.mpy"]),
    ("a module that is compiled already", "import one", {"lib/one.mpy": EMPTY}, ["lib/one.mpy"]),
    ("the app's before one in lib", "import one", {"one.py": "", "lib/one.py": ""}, ["one.mpy"]),
    ("static files of a package", "import p", {"p/__init__.py": "", "p/static/a b.txt": "a", "p/static/.git": ""},
     ["p/__init__.mpy", "p/static/a b.txt"]),
    ("no templates where none are used", "", {"templates/a.html": "a"}, []),
    ("no tests and no other files", "", {"tests/test_x.py": "", "notes.txt": "", "other.py": ""}, []),
    ("boot.py too", "", {"boot.py": "import one", "one.py": ""}, ["boot.py", "one.mpy"]),
]


@pytest.mark.parametrize("main,files,found", cases(FOUND))
def test_it_finds(tmp_path, main, files, found):
    write(tmp_path, {"main.py": main, **files})
    assert sorted(make_bundle(sources_of(tmp_path))) == sorted([*found, "main.py"])


LATE = [
    ("no websocket in a page", "picoweb.WebApp('')", "websocket", False),
    ("a module by the name of a method", "picoweb.WebApp('').websocket", "websocket_session", True),
    ("a module by its own name", "picoweb.sse", "hub", True),
    ("a module by import", "import picoweb.upload", "upload", True),
    ("what answers errors always", "picoweb.WebApp('')", "http", True),
    ("no answers to errors in an app that has none", "picoweb.WebApp('')", "errors", False),
    ("what has a name of a request", "def h(req, resp): req.client", "client", True),
    ("the log always", "picoweb.WebApp('')", "log", True),
    ("nothing for other runtimes", "picoweb.WebApp('')", "runtime", False),
    ("no tests' client", "picoweb.WebApp('')", "testing/__init__", False),
    ("a package with what it loads when used", "picoweb.testing", "testing/websocket", True),
]


@pytest.mark.parametrize("main,module,result", cases(LATE))
def test_of_picoweb_it_finds(tmp_path, main, module, result):
    write(tmp_path, {"main.py": "import picoweb\n" + main})
    assert ("lib/picoweb/%s.mpy" % module in make_bundle(sources_of(tmp_path))) == result


# A board that is unplugged

def test_a_board_unplugged_at_any_moment_starts_the_old_app_or_the_new_one(board, app):
    deploy(board.port, app)
    version_that_runs(board)
    version(app, 2)
    seen = []
    for received in itertools.count(40, 450):
        board.unplug(after=received)
        try:
            deploy(board.port, app)
            break
        except Failure as failure:
            assert "does not answer" in str(failure) or "nothing at" in str(failure)
        restart(board)
        seen.append(version_that_runs(board))
        assert seen[-1] in ([1, 1, 1], [2, 2, 2])
    restart(board)
    assert version_that_runs(board) == [2, 2, 2]
    assert set(on_flash(board)) == {"main.py", "part.mpy", "static/page.txt"}
    assert [1, 1, 1] in seen and len(seen) > 5


def test_a_deploy_that_sends_nothing_takes_away_what_one_that_was_cut_off_has_left(board, app):
    deploy(board.port, app)
    write(app, {"static/page.txt": "x" * 20000})
    board.unplug(after=10000)
    with pytest.raises(Failure):
        deploy(board.port, app)
    restart(board)
    assert ".deploy/0" in files_below(board.flash)
    version(app, 1)
    assert not deploy(board.port, app).sent
    assert [name for name in files_below(board.flash) if name.startswith(".deploy/")] == [".deploy/manifest"]


FUSE = """
import os as system
import sys


class Fuse:
    def __getattr__(self, name):
        def call(*arguments):
            global left
            if not left:
                raise SystemExit  # as if the power went
            left -= 1
            return getattr(system, name)(*arguments)
        return call


left = %d
sys.modules["os"] = Fuse()
exec(open("main.py").read())
"""


def test_a_change_that_is_cut_off_at_any_step_is_ended_when_the_board_starts(board, app, tmp_path):
    write(app, {"static/old/x.txt": "x"})
    deploy(board.port, app)
    version(app, 2)
    write(app, {"part/__init__.py": "VERSION = 2\n", "static/new/y.txt": "y"})
    for gone in ("part.py", "static/old/x.txt"):
        (app / gone).unlink()
    with connected(board.port) as there:  # a deploy up to the one rename
        there.bring(sources_of(app), Report(), print)
        there.transport.exec(COMMIT)
        shutil.copytree(board.flash, tmp_path / "begun")
    files = make_bundle(sources_of(app))
    files[".deploy/manifest"] = manifest_of(files).encode()
    micropython = find("micropython")
    for steps in itertools.count():
        flash = shutil.copytree(tmp_path / "begun", tmp_path / ("cut-%d" % steps))
        subprocess.run([micropython, "-c", FUSE % steps], cwd=flash, timeout=20)
        ended = (flash / "main.py").read_bytes() == files["main.py"]
        if not ended:
            subprocess.run([micropython, "main.py"], cwd=flash, timeout=20)
        left = files_below(flash)
        left.pop(".deploy/journal")
        assert left == files
        started = subprocess.run([micropython, "main.py"], cwd=flash, timeout=20, capture_output=True).stdout
        assert started == b"app 2 2 2 runs\n"
        if ended:
            break
    assert steps > 8


def test_a_change_that_was_cut_off_is_ended_by_the_next_deploy(board, app):
    deploy(board.port, app)
    version(app, 2)
    with connected(board.port) as there:
        there.bring(sources_of(app), Report(), print)
        there.transport.exec(COMMIT)
        write(board.flash, {"boot.py": "raise KeyboardInterrupt"})  # Ctrl-C before main.py
    board.waits(b"KeyboardInterrupt")
    assert (board.flash / "main.py").read_text().startswith("# picoweb board deploy")
    report = deploy(board.port, app)
    assert (report.sent, len(report.remarks)) == ({}, 1)
    assert on_flash(board).items() >= make_bundle(sources_of(app)).items()


# A full flash

LITTLEFS = """
import os
import vfs


class Disk:
    def __init__(self, name):
        self.file = open(name, "r+b")

    def readblocks(self, n, buf, off=0):
        self.file.seek(n * 4096 + off)
        self.file.readinto(buf)

    def writeblocks(self, n, buf, off=0):
        self.file.seek(n * 4096 + off)
        self.file.write(buf)

    def ioctl(self, what, arg):
        return {4: %d, 5: 4096, 6: 0}.get(what)


disk = Disk("disk.img")
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(disk), "/")
"""
BLOCKS = 24


@pytest.fixture
def small_board(app):
    """A board whose flash is a littlefs of 24 blocks with the app in it."""
    with VirtualBoard() as board:
        board.unplug()
        data = image.littlefs_image(make_bundle(sources_of(app)), 4096, BLOCKS)
        write(board.flash, {"boot.py": LITTLEFS % BLOCKS, "disk.img": data})
        board.plug()
        yield board


def littlefs_files(board):
    """{name: bytes} of what its littlefs holds."""
    context = littlefs.UserContext(buffer=bytearray((board.flash / "disk.img").read_bytes()))
    fs = littlefs.LittleFS(context=context, block_size=4096, block_count=BLOCKS)
    names = [folder.rstrip("/") + "/" + name for folder, _, files in fs.walk("/") for name in files]
    found = {}
    for name in names:
        with fs.open(name, "rb") as file:
            found[name.lstrip("/")] = file.read()
    return found


def test_a_board_with_an_image_of_the_app_needs_only_what_has_changed(small_board, app):
    assert version_that_runs(small_board) == [1, 1, 1]
    assert deploy(small_board.port, app).sent == {}
    assert version_that_runs(small_board) == [1, 1, 1]
    version(app, 2)
    assert len(deploy(small_board.port, app).sent) == 3
    assert version_that_runs(small_board) == [2, 2, 2]


@pytest.mark.parametrize("files", cases([
    ("one that is too large", {"static/big.bin": bytes(200_000)}),
    ("many that each take a block", {"static/%d.bin" % number: bytes(1500) for number in range(30)}),
]))
def test_files_that_do_not_fit_change_nothing(small_board, app, files):
    assert version_that_runs(small_board) == [1, 1, 1]
    before = littlefs_files(small_board)
    version(write(app, files), 2)
    with pytest.raises(Failure, match=r"no room: about [\d,]+ bytes are needed, [\d,]+ are free"):
        deploy(small_board.port, app)
    assert version_that_runs(small_board) == [1, 1, 1]
    assert littlefs_files(small_board) == before
    shutil.rmtree(app / "static")
    version(app, 2)
    deploy(small_board.port, app)
    assert version_that_runs(small_board) == [2, 2, 2]


# What cannot be done

WRONG = [
    ("a syntax error in main.py", {"main.py": "def f(:\n"}, r"main\.py:1: SyntaxError"),
    ("a syntax error in a module", {"part.py": "x = 1\ny = = 2\n"}, r"part\.py:2: SyntaxError"),
    ("what only CPython takes", {"part.py": "match 1:\n    case _:\n        pass\n"}, r"part\.py:1: SyntaxError"),
    ("an import that is nowhere", {"part.py": "import nowhere.at_all\n"},
     r"part\.py:1 imports nowhere, which is neither"),
    ("a template that does not end", {"templates/t.html": "{% args\n", "part.py": "import utemplate.source"},
     r"templates/t\.html, line 1: malformed: {% args"),
]


@pytest.mark.parametrize("files,message", cases(WRONG))
def test_nothing_is_sent_with(board, app, files, message):
    shutil.copytree(UTEMPLATE, app / "lib" / "utemplate")
    write(app, files)
    with pytest.raises(Failure, match=message):
        deploy(board.port, app)
    assert on_flash(board) == {}


def test_templates_without_utemplate_are_told(app):
    write(app, {"part.py": "from picoweb import WebApp\n\nWebApp('').render_str('a.html')\n",
                "templates/a.html": "a"})
    with pytest.raises(Failure, match="needs utemplate in lib/ of the app's folder; there type: picoweb lib"):
        make_bundle(sources_of(app))


@pytest.mark.parametrize("name,message", cases([
    ("a folder without an app", "static", "no main.py or app.py there"),
    ("no such file", "none.py", "no such file or folder"),
    ("a file that is no Python", "static/page.txt", "is no Python file"),
]))
def test_the_app_cannot_be(app, name, message):
    with pytest.raises(Failure, match=message):
        sources_of(app / name)


def test_a_port_that_is_not_there_is_told(app):
    done = picoweb("board", "deploy", app.parent / "none", app, cwd=app)
    assert done.returncode == 1
    assert "none cannot be opened: no such port" in done.stderr
    assert "mpremote connect list" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_where_nothing_answers_is_told(app, monkeypatch):
    monkeypatch.setattr(deploy_module, "ANSWER_S", 0.5)
    monkeypatch.setattr(deploy_module, "TRY_S", 0.5)
    master, slave = pty.openpty()
    try:
        with pytest.raises(Failure, match="nothing at .* answers like MicroPython"):
            deploy(os.ttyname(slave), app)
    finally:
        os.close(master)
        os.close(slave)


def test_a_board_may_take_longer_to_boot_than_to_answer(board, app, monkeypatch):
    write(board.flash, {"boot.py": "import time\ntime.sleep(2.5)\n"})
    monkeypatch.setattr(deploy_module, "ANSWER_S", 1)
    monkeypatch.setattr(SerialTransport.read_until, "__defaults__", (1, None, None))  # mpremote's 10 s between bytes
    assert len(deploy(board.port, app).sent) == 3


def test_without_mpremote_it_says_what_to_install(app):
    code = "import sys; sys.modules['mpremote'] = None; from picoweb.host.cli.__main__ import main; sys.exit(main())"
    done = picoweb("board", "deploy", "x", app, cwd=app, command=(sys.executable, "-c", code))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == 'picoweb: sending to a board needs mpremote; type: pip install "picoweb[board]"\n'


FITS = [
    ("bytecode of the board's version", b"M\x06\x00\x1f", 6, True),
    ("bytecode on a board with native code", b"M\x06\x00\x1f", 0x0B06, True),
    ("bytecode on an older board", b"M\x06\x00\x1f", 5, False),
    ("bytecode on a newer board", b"M\x06\x00\x1f", 0x0B07, False),
    ("bytecode on a board without .mpy", b"M\x06\x00\x1f", 0, False),
    ("native code of the board's kind", b"M\x06\x13\x1f", 0x1306, True),
    ("native code of another kind", b"M\x06\x13\x1f", 0x0B06, False),
    ("native code of an older release", b"M\x06\x12\x1f", 0x1306, False),
    ("native code on a board without", b"M\x06\x13\x1f", 6, False),
]


@pytest.mark.parametrize("data,mpy,result", cases(FITS))
def test_a_board_takes(data, mpy, result):
    assert fits(data, mpy) == result


@pytest.mark.parametrize("mpy,form", cases([
    ("this mpy-cross's", 6, "part.mpy"), ("an older", 5, "part.py"), ("a newer", 7, "part.py"), ("no", 0, "part.py"),
]))
def test_a_board_gets_modules_for_its_version_of_mpy(app, mpy, form):
    files = make_bundle(sources_of(app), mpy)
    assert sorted(files) == ["main.py", form, "static/page.txt"]
    assert form.endswith(".mpy") or files[form] == (app / "part.py").read_bytes()


# The command line

def test_the_command_and_the_tool_of_a_clone_deploy(board, app):
    first = picoweb("board", "deploy", board.port, app, cwd=app)
    assert (first.returncode, first.stderr) == (0, "")
    assert re.fullmatch(r"Sent 3 files of \d+ bytes, kept 0, removed 0\.\n", first.stdout)
    assert version_that_runs(board) == [1, 1, 1]
    tool = (sys.executable, str(ROOT / "tools" / "deploy.py"))
    again = picoweb(board.port, app, cwd=app, command=tool)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "Sent nothing: 3 files are as they should be.\n"
    assert version_that_runs(board) == [1, 1, 1]


# Images

MOUNT = """
import os, sys, vfs


class Disk:
    def __init__(self, data):
        self.data = data

    def readblocks(self, n, buf, off=0):
        buf[:] = self.data[n * 4096 + off:][:len(buf)]

    def ioctl(self, what, arg):
        return {4: len(self.data) // 4096, 5: 4096, 6: 0}.get(what)


kind, name = sys.argv[1:]
data = memoryview(open(name, "rb").read())
vfs.mount(vfs.VfsRom(data) if kind == "romfs" else vfs.VfsLfs2(Disk(data)), "/rom")
os.chdir("/rom")
sys.path[:] = ["", ".frozen", "/rom/lib"]
execfile("main.py")
"""
ASK = r"""
import asyncio
from site_app import app


class Client:
    sent = b""

    def __init__(self, path):
        self.request = b"GET %s HTTP/1.1\r\nHost: board\r\n\r\n" % path

    def readinto(self, buf):
        size = len(self.request)
        buf[:size] = self.request
        self.request = b""
        return size

    def write(self, data):
        self.sent += data
        return len(data)

    def close(self):
        pass


class Connection(app.connection):
    def ready(self, writing):
        return next(asyncio.sleep_ms(0))  # at the loop's next turn


def ask(path):
    client = Client(path)
    asyncio.run(app._handle(Connection(app, client, client)))
    print(client.sent.decode())


app.prepare()
ask(b"/")
ask(b"/static/style.css")
print("asked all")
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    pages = write_pages(folder / "pages", ASK)
    for kind in ("littlefs", "romfs"):
        image.make_image(pages, folder / (kind + ".img"), kind == "romfs")
    return folder


def check_answers(text):
    assert "<p>one <i>end</i></p>" in text
    assert "p { color: red }" in text
    assert text.count("HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("name", ["mp64", "mp32"])
@pytest.mark.parametrize("kind", ["littlefs", "romfs"])
def test_an_image_is_mounted_and_its_app_answers(images, kind, name):
    if name not in PRESENT:
        pytest.skip(MISSING[name])
    (images / "ask.py").write_text(MOUNT)
    command = [PRESENT[name].command[0], "-X", "heapsize=4M", "ask.py", kind, kind + ".img"]
    done = subprocess.run(command, cwd=images, capture_output=True, text=True, timeout=50)
    check_answers(done.stdout or done.stderr)


@pytest.mark.timeout(CHIP_S + 20)
def test_the_emulated_RP2040_starts_the_image_and_its_app_answers(images):
    pytest.importorskip("rp2040py", reason="no rp2040py: run tools/dev.py test")
    command = skipping(rp2040.command, images / "littlefs.img", "--expect-text", "asked all")
    reader, writer = os.pipe()  # for a keyboard, which the emulator wants to listen to
    try:
        done = subprocess.run(command, stdin=reader, capture_output=True, text=True, timeout=CHIP_S)
    finally:
        os.close(reader)
        os.close(writer)
    assert done.returncode == 0, done.stdout + done.stderr
    check_answers(done.stdout.replace("\r", ""))


@pytest.mark.parametrize("options,message", cases([
    ("too few blocks", ["--blocks", "4"], "are too much for 4 blocks of 4,096 bytes"),
    ("blocks that are no blocks", ["--block-size", "100"], "cannot make a littlefs of 352 blocks of 100 bytes"),
]))
def test_an_image_is_refused_for(app, options, message):
    write(app, {"static/big.bin": bytes(20_000)})
    done = picoweb("board", "image", app, "out.img", *options, cwd=app)
    assert done.returncode == 1
    assert message in done.stderr
    assert not (app / "out.img").exists()


def test_an_image_is_made_from_the_command_line(app):
    done = picoweb("board", "image", app, "out.img", "--romfs", cwd=app)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"Made out\.img of \d+ bytes: 3 files of \d+ bytes\.\n", done.stdout)
