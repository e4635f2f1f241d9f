"""What MicroPython adds to CPython's `gc`, `os` and `sys`."""

import gc
import os
import stat
import sys
import traceback

__all__ = ["ilistdir", "mem_alloc", "mem_free", "print_exception", "threshold"]


def ilistdir(path=None):
    """Yield (name, type, inode, bytes) of a folder's entries; type is 0x4000 for a folder, 0x8000 for a file, no link."""
    with os.scandir(path) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            yield entry.name, stat.S_IFMT(status.st_mode), entry.inode(), status.st_size


def print_exception(exc, file=None):
    """The traceback of `exc`, to standard output unless told otherwise."""
    traceback.print_exception(type(exc), exc, exc.__traceback__, file=file or sys.stdout)


def mem_alloc():
    """Bytes that the process has in memory; where the system does not tell, those of the objects gc knows."""
    try:
        with open("/proc/self/statm", "rb") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):
        return sum(map(sys.getsizeof, gc.get_objects()))


def mem_free():
    """Bytes that the machine has free; 0 where the system does not tell."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


_threshold = -1


def threshold(amount=None):
    """Get or set the bytes allocated between two collections on a board, which are only remembered here."""
    global _threshold
    if amount is None:
        return _threshold
    _threshold = amount
