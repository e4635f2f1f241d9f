"""The board's modules on CPython: what is there, what is not, and that it can be taken back."""

import re
import socket
import threading

import pytest

from conftest import PRESENT
from support.scripts import output, plain_output
from support.table import cases

MICROPYTHONS = [name for name, runtime in PRESENT.items() if runtime.is_micropython]

# Scripts that print the same on CPython as on MicroPython.
SAME = [
    ("ujson", "import ujson; print(ujson.loads('[1, {\"a\": null}]'), ujson.dumps([1]))"),
    ("ure", "import ure; m = ure.match('(a+)(b*)', 'aab'); print(m.group(0), m.group(2), ure.sub('a', 'x', 'aab'))"),
    ("uio", "import uio; f = uio.StringIO(); f.write('a'); print(f.getvalue(), uio.BytesIO(b'xy').read())"),
    ("uerrno", "import uerrno; print(uerrno.EAGAIN, uerrno.errorcode[uerrno.ENOENT])"),
    ("ubinascii", "import ubinascii as b; print(b.hexlify(b'ab', ':'), b.b2a_base64(b'xy'), b.unhexlify('6162'))"),
    ("uhashlib", "import uhashlib; print(uhashlib.sha256(b'a').digest())"),
    ("ucollections", "import ucollections as c; P = c.namedtuple('P', ('x', 'y')); d = c.deque((), 2); d.append(1); "
                     "print(P(1, 2).y, len(d), list(c.OrderedDict([(1, 2)]).items()))"),
    ("ustruct", "import ustruct; print(ustruct.pack('<HI', 1, 2), ustruct.calcsize('<b'))"),
    ("uarray and uheapq", "import uarray, uheapq; h = []; uheapq.heappush(h, 2); uheapq.heappush(h, 1); "
                          "print(uarray.array('H', [1, 2])[1], uheapq.heappop(h))"),
    ("urandom and usys", "import urandom, usys; urandom.seed(1); print(urandom.randrange(1), len(usys.argv))"),
    ("ticks across their wrap", "import utime as t; p = t.ticks_add(0, -1) + 1; print(t.ticks_diff(1, p - 1), "
                                "t.ticks_diff(p - 1, 1), t.ticks_add(p - 1, 2), t.ticks_diff(p // 2, 0) == -p // 2)"),
    ("ticks of time itself", "import time; t = time.ticks_ms(); time.sleep_ms(2); time.sleep_us(5); "
                             "print(2 <= time.ticks_diff(time.ticks_ms(), t) < 1000, time.ticks_us() >= 0)"),
    ("a date and back", "import utime; t = utime.gmtime(86400); print(t[:8], utime.mktime(utime.localtime(1000)))"),
    ("micropython", """
import micropython
@micropython.native
def native():
    return 1
@micropython.viper
def viper():
    pass
micropython.heap_lock()
print(micropython.heap_unlock(), micropython.const(5), native(), viper())
"""),
    ("micropython.RingIO", "import micropython; r = micropython.RingIO(4); b = bytearray(3); "
                           "print(r.write(b'abcdef'), r.any(), r.read(2), r.readline(), r.read(), r.write(b'a\\nbc'), "
                           "r.readline(), r.readline(1), r.readinto(b), b, r.any())"),
    ("os.ilistdir", "import os; os.mkdir('d'); open('f', 'w').close(); "
                    "print(sorted(e[:2] for e in os.ilistdir() if e[0] in 'df'), list(os.ilistdir('d')))"),
    ("sys.print_exception", """
import sys, uio
f = uio.StringIO()
try:
    1 // 0
except ZeroDivisionError as e:
    sys.print_exception(e, f)
print(f.getvalue().split()[0], "ZeroDivision" in f.getvalue())
"""),
    ("asyncio's additions", """
import asyncio
async def main():
    t = asyncio.ticks()
    await asyncio.sleep_ms(2)
    print(2 <= asyncio.ticks_diff(asyncio.ticks(), t) < 1000)
    try:
        await asyncio.wait_for_ms(never(), 1)
    except asyncio.TimeoutError:
        print("time is over")
    print(await asyncio.wait_for_ms(soon(), 1000))
    flag = asyncio.ThreadSafeFlag()
    flag.set()
    await flag.wait()
    asyncio.create_task(later(flag))
    await flag.wait()
    print("flag")
async def never():
    await asyncio.sleep(30)
async def soon():
    await asyncio.sleep_ms(1)
    return "soon"
async def later(flag):
    await asyncio.sleep_ms(1)
    flag.set()
asyncio.run(main())
"""),
    ("uselect answers objects", """
import usocket, uselect
s = usocket.socket()
s.setsockopt(usocket.SOL_SOCKET, usocket.SO_REUSEADDR, 1)
s.bind(usocket.getaddrinfo("127.0.0.1", 0)[0][-1])
s.listen(1)
p = uselect.poll()
p.register(s, uselect.POLLIN)
print(p.poll(0), list(p.ipoll(1)))
try:
    p.modify(usocket.socket(), uselect.POLLIN)
except OSError as e:
    print("not registered", e.args[0])
p.unregister(s)
p.register(s)
p.unregister(s)
s.close()
"""),
]


@pytest.mark.parametrize("micropython", MICROPYTHONS)
@pytest.mark.parametrize("script", cases(SAME))
def test_a_script_prints_the_same_on_CPython_as_on(micropython, script, tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir(), here.mkdir()
    assert output("cpython", script, here) == output(micropython, script, there)


SOCKETS = """
import usocket, uselect, sys
address = usocket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1]
s = usocket.socket()
s.connect(address)
poll = uselect.poll()
poll.register(s, uselect.POLLIN)
buf = bytearray(3)
s.write(b"to read\\n")
print([o is s for o, *_ in poll.poll(5000)], [o is s for o, *_ in poll.ipoll(5000, 1)], poll.poll(0))
print(s.readline(), s.read(2), s.readinto(buf), buf)
s.send("text\\n")
print(s.readline(), s.read(), s.readline())
s.close()
"""


@pytest.mark.parametrize("name", ["cpython", *MICROPYTHONS])
def test_a_socket_is_a_stream(name, tmp_path):
    def answer():
        peer = listener.accept()[0]
        with peer:
            lines = peer.makefile("rb")
            assert lines.readline() == b"to read\n"
            peer.sendall(b"a line\nxyabc")
            assert lines.readline() == b"text\n"
            peer.sendall(b"last\nthe rest")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        printed = output(name, SOCKETS, tmp_path, str(listener.getsockname()[1]))
        thread.join()
    assert printed.splitlines() == [
        "[True] [True] []", "b'a line\\n' b'xy' 3 bytearray(b'abc')", "b'last\\n' b'the rest' b''",
    ]


def test_a_date_of_utime_has_eight_parts_as_on_a_board(tmp_path):
    script = "import utime; y, mo, d, h, mi, s, weekday, yearday = utime.localtime(); print(utime.gmtime(0))"
    assert output("cpython", script, tmp_path) == "(1970, 1, 1, 0, 0, 0, 3, 1)\n"


def test_a_thread_may_set_a_ThreadSafeFlag(tmp_path):
    assert output("cpython", """
import asyncio, threading
async def main():
    flag = asyncio.ThreadSafeFlag()
    for _ in range(20):
        thread = threading.Thread(target=flag.set)
        thread.start()
        await flag.wait()
        thread.join()
    print("20 times")
asyncio.run(main())
""", tmp_path) == "20 times\n"


def test_schedule_calls_soon_and_not_within(tmp_path):
    assert output("cpython", """
import asyncio, micropython
def again(n):
    print(n)
    if n:
        micropython.schedule(again, n - 1)
async def main():
    micropython.schedule(again, 2)
    print("first")
    await asyncio.sleep(0.01)
asyncio.run(main())
micropython.schedule(print, "at once")
""", tmp_path).split("\n") == ["first", "2", "1", "0", "at once", ""]


def test_gc_tells_figures(tmp_path):
    assert output("cpython", "import gc; gc.threshold(5); print(gc.mem_free() > 0, gc.mem_alloc() > 0, gc.threshold())",
                  tmp_path) == "True True 5\n"


# What CPython cannot give

def refusal(name, statement, folder):
    """The type and the text of the exception of a statement."""
    return output(name, "try:\n    %s\nexcept Exception as e:\n    print(type(e).__name__, e)" % statement, folder)


MISSING = [
    ("esp32", "import esp32", "esp32 is a module of ESP32 boards"),
    ("a name of esp32", "from esp32 import Partition", "esp32 is a module of ESP32 boards"),
    ("rp2", "import rp2", "rp2 is a module of RP2040 and RP2350 boards (Raspberry Pi Pico)"),
    ("bluetooth", "import bluetooth", "bluetooth is a module of boards with Bluetooth"),
    ("pyb", "import pyb", "pyb is a module of pyboards"),
    ("neopixel", "import neopixel", "neopixel is a module of most boards"),
    ("ucryptolib", "import ucryptolib", "ucryptolib is a module of most boards"),
    ("uctypes", "import uctypes", "uctypes is a module of most boards"),
    ("a name of machine", "from machine import TouchPad", "machine.TouchPad is of ESP32 boards"),
    ("a name of machine that all boards have", "from machine import I2C", "machine.I2C is of most boards"),
    ("a name of network", "from network import LAN", "network.LAN is of boards with Ethernet"),
]


@pytest.mark.parametrize("statement,reason", cases(MISSING))
def test_an_import_that_CPython_cannot_give_says_who_has_it(statement, reason, tmp_path):
    told = refusal("cpython", statement, tmp_path)
    assert re.match("(ModuleNotFound|Import)Error ", told)
    assert reason in told
    assert "CPython has none (give your tests a stand-in: " in told


@pytest.mark.parametrize("statement,reason", cases([
    ("of machine", "import machine; machine.DAC", "machine.DAC is of ESP32 boards"),
    ("of network", "import network; network.PPP", "network.PPP is of boards with a modem"),
]))
def test_an_attribute_that_CPython_cannot_give_says_who_has_it(statement, reason, tmp_path):
    told = refusal("cpython", statement, tmp_path)
    assert told.startswith("AttributeError ")
    assert reason in told


def test_machine_code_is_refused_by_name(tmp_path):
    told = refusal("cpython", "import micropython; micropython.asm_thumb(print)", tmp_path)
    assert told.startswith("NotImplementedError micropython.asm_thumb: print() is machine code for boards with ARM")


def test_a_module_that_nobody_knows_is_told_as_by_CPython(tmp_path):
    assert refusal("cpython", "import nobody", tmp_path) == "ModuleNotFoundError No module named 'nobody'\n"


def test_a_file_or_a_stand_in_of_a_missing_module_is_taken(tmp_path):
    (tmp_path / "esp32.py").write_text("NAME = 'a file'")
    (tmp_path / "machine.py").write_text("NAME = 'the app\\'s own'")
    script = "import esp32, machine, sys; sys.modules['rp2'] = 5; import rp2; print(esp32.NAME, machine.NAME, rp2)"
    assert output("cpython", script, tmp_path) == "a file the app's own 5\n"


def test_a_stand_in_for_a_missing_name_is_taken(tmp_path):
    script = "import machine; machine.DAC = 5; from machine import DAC; print(DAC)"
    assert output("cpython", script, tmp_path) == "5\n"


# install() and uninstall()

SNAPSHOT = """
import asyncio, gc, os, random, sqlite3, sys, time
def state():
    seen = {"finders": len(sys.meta_path), "u": [n for n in sys.modules if n in NAMES]}
    seen.update((m.__name__, sorted(vars(m))) for m in (asyncio, gc, os, sys, time))
    seen["sleep"] = asyncio.sleep, asyncio.create_task, time.sleep, os.listdir
    return seen
NAMES = '''btree machine micropython network uarray uasyncio uasyncio.core ubinascii ucollections uerrno uhashlib uheapq
    uio ujson ulogging uos urandom ure uselect usocket ussl ustruct usys utime uzlib'''.split()
before = state()
"""


def test_uninstall_takes_everything_back(tmp_path):
    assert plain_output(SNAPSHOT + """
import picoweb.host
import btree, machine, network, ussl, uzlib
assert state() != before
picoweb.host.uninstall()
after = state()
print({k: (before[k], after[k]) for k in before if before[k] != after[k]})
for name in set(NAMES) - {"ulogging"}:  # which lies on the path
    try:
        __import__(name)
        print(name, "is still there")
    except ImportError as e:
        assert "boards" not in str(e)
""", tmp_path, "-W", "error") == "{}\n"


def test_install_again_works(tmp_path):
    assert plain_output(SNAPSHOT + """
import picoweb.host as shim
import machine
installed = state()
shim.install()
shim.uninstall()
shim.uninstall()
shim.install()
import machine as again, ujson
print(again is machine, {k for k in installed if installed[k] != state()[k]} - {"u"})
""", tmp_path) == "True set()\n"


def test_a_module_of_a_package_of_the_apps_own_is_told_as_by_CPython(tmp_path):
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "__init__.py").write_text("")
    told = refusal("cpython", "import network.radio", tmp_path)
    assert told == "ModuleNotFoundError No module named 'network.radio'\n"


def test_what_is_there_is_left_alone(tmp_path):
    assert plain_output("""
import sys, time
sys.modules["ujson"] = 1
time.ticks_ms = 2
import picoweb.host
import ujson
print(ujson, time.ticks_ms)
picoweb.host.uninstall()
print(sys.modules["ujson"], time.ticks_ms, hasattr(time, "ticks_us"))
""", tmp_path) == "1 2\n1 2 False\n"


def test_what_somebody_put_in_its_place_since_is_left_alone(tmp_path):
    assert plain_output("""
import sys, time
import picoweb.host
sys.modules["ujson"] = 1
time.ticks_ms = 2
picoweb.host.uninstall()
print(sys.modules["ujson"], time.ticks_ms)
""", tmp_path) == "1 2\n"


def test_what_an_app_does_not_import_is_not_loaded(tmp_path):
    script = "import sys, picoweb.host; print({'sqlite3', 'picoweb.host.shim.machine'} & set(sys.modules))"
    assert plain_output(script, tmp_path) == "set()\n"


# ulogging

LOGGING = """
import sys
import ulogging
ulogging.basicConfig(level=ulogging.INFO, stream=sys.stdout)
log = ulogging.getLogger("app")
print(log is ulogging.getLogger("app"), log.name, log.level)
log.debug("unseen")
log.info("plain %")
log.info("%s and %d", "a", 2)
log.warning("w")
log.error("e")
log.critical("c")
log.log(35, "between")
log.setLevel(ulogging.DEBUG)
log.debug("seen")
print(log.isEnabledFor(ulogging.DEBUG), log.level)
ulogging.info("of the module")
try:
    1 // 0
except ZeroDivisionError as e:
    log.exc(e, "it broke")
    log.exception("again")
"""


def untraced(text):
    """`text` without what is the runtime's own in a traceback."""
    return [line for line in text.splitlines() if not line.startswith(" ")]


def test_ulogging_writes_what_the_boards_ulogging_writes(tmp_path):
    there = untraced(output("mp64", LOGGING, tmp_path))
    here = untraced(output("cpython", LOGGING, tmp_path))
    assert [line.split(": ")[0] for line in here] == [line.split(": ")[0] for line in there]


def test_ulogging_writes_to_a_file_and_in_a_format(tmp_path):
    output("cpython", "import ulogging; ulogging.basicConfig(filename='log.txt', format='%(name)s %(message)s'); "
                      "ulogging.getLogger('a').info('b')", tmp_path)
    assert (tmp_path / "log.txt").read_text() == "a b\n"


def test_ulogging_goes_where_the_host_has_told_logging(tmp_path):
    assert output("cpython", """
import logging, sys, ulogging
logging.basicConfig(stream=sys.stdout, level=logging.ERROR)
log = ulogging.getLogger("a")
log.info("no")
log.error("yes")
""", tmp_path) == "ERROR:a:yes\n"
