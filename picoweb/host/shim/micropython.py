"""The module `micropython` on CPython: decorators that change nothing, figures that CPython can give."""

import asyncio
import gc
import sys

__all__ = [
    "RingIO", "alloc_emergency_exception_buf", "asm_thumb", "asm_xtensa", "const", "heap_lock", "heap_locked",
    "heap_unlock", "kbd_intr", "mem_info", "native", "opt_level", "qstr_info", "schedule", "stack_use", "viper",
]

_opt_level = 0
_locked = 0


def const(value):
    """A compile-time constant on a board, the value itself here."""
    return value


def native(func):
    """Machine code on a board, the function itself here."""
    return func


viper = native


def _assembler(name, cores):
    def decorate(func):
        raise NotImplementedError(
            f"micropython.{name}: {func.__name__}() is machine code for {cores}; CPython cannot run it (choose another "
            "function where sys.implementation.name is not 'micropython')"
        )

    return decorate


asm_thumb = _assembler("asm_thumb", "boards with ARM cores")
asm_xtensa = _assembler("asm_xtensa", "ESP8266 and ESP32 boards")


def opt_level(level=None):
    """Get or set the optimisation level, which is only remembered."""
    global _opt_level
    if level is None:
        return _opt_level
    _opt_level = level


def mem_info(verbose=None):
    """Print what CPython knows about its memory."""
    print("mem: %d blocks allocated, %d objects tracked" % (sys.getallocatedblocks(), len(gc.get_objects())))


def qstr_info(verbose=None):
    """Print how many strings are interned on a board; CPython does not tell."""
    print("qstr pool: not known on CPython")


def stack_use():
    """The number of frames on the stack, where a board tells bytes."""
    depth, frame = 0, sys._getframe(1)
    while frame:
        depth, frame = depth + 1, frame.f_back
    return depth


def schedule(func, arg):
    """Call `func(arg)` soon: at the running loop's next turn, or at once where no loop runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        func(arg)
    else:
        loop.call_soon(func, arg)


def heap_lock():
    """Forbid allocation on a board; only counted here."""
    global _locked
    _locked += 1


def heap_unlock():
    """Allow allocation again on a board; only counted here. The result is how often it is still locked."""
    global _locked
    _locked -= 1
    return _locked


def heap_locked():
    """How often the heap is locked."""
    return _locked


def kbd_intr(char):
    """Set the character that interrupts on a board; the terminal's own holds here."""


def alloc_emergency_exception_buf(size):
    """Set memory aside for exceptions in interrupts on a board; nothing here."""


class RingIO:
    """A queue of bytes with room for `size`, or for one less than a buffer given instead holds."""

    def __init__(self, size):
        self._room = size if isinstance(size, int) else len(size) - 1
        self._data = bytearray()

    def any(self):
        """How many bytes can be read."""
        return len(self._data)

    def read(self, nbytes=-1):
        """At most `nbytes` bytes, all there are where it is negative."""
        return self._take(len(self._data) if nbytes < 0 else nbytes)

    def readline(self, nbytes=-1):
        """A line with its end, or what there is of one, at most `nbytes` bytes."""
        line = self._data.find(b"\n") + 1 or len(self._data)
        return self._take(line if nbytes < 0 else min(line, nbytes))

    def readinto(self, buf, nbytes=-1):
        """Read into `buf`, at most `nbytes` bytes; the result is their number."""
        data = self._take(len(buf) if nbytes < 0 else min(len(buf), nbytes))
        memoryview(buf)[: len(data)] = data
        return len(data)

    def write(self, buf):
        """Put in as much of `buf` as there is room for; the result is the number of bytes."""
        data = memoryview(buf)[: self._room - len(self._data)]
        self._data += data
        return len(data)

    def close(self):
        """Nothing: there is nothing to close."""

    def _take(self, size):
        data = bytes(self._data[:size])
        del self._data[:size]
        return data
