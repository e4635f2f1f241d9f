"""The module `micropython` on CPython: decorators that change nothing, figures that CPython can give."""

import gc
import sys

__all__ = ["const", "heap_lock", "heap_unlock", "mem_info", "native", "opt_level", "schedule", "viper"]

_opt_level = 0


def const(value):
    """A compile-time constant on a board, the value itself here."""
    return value


def native(func):
    """Machine code on a board, the function itself here."""
    return func


viper = native


def opt_level(level=None):
    """Get or set the optimisation level, which is only remembered."""
    global _opt_level
    if level is None:
        return _opt_level
    _opt_level = level


def mem_info(verbose=None):
    """Print what CPython knows about its memory."""
    print("mem: %d blocks allocated, %d objects tracked" % (sys.getallocatedblocks(), len(gc.get_objects())))


def schedule(func, arg):
    """Call `func(arg)` soon: at once here, where nothing is an interrupt."""
    func(arg)


def heap_lock():
    """Forbid allocation on a board; nothing here."""


def heap_unlock():
    """Allow allocation again on a board; nothing here."""


def alloc_emergency_exception_buf(size):
    """Set memory aside for exceptions in interrupts on a board; nothing here."""
