"""What is shipped to a board, and the rules of the house that a program can check."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys

import pytest

from picoweb.host.cli.bundle import features

from conftest import ON_BOARD, PRESENT, ROOT, place
from support.scripts import output

NAMES = {place(path) for path in ON_BOARD}
STUBS = sorted((ROOT / "picoweb").rglob("*.pyi"))


def test_package_json_names_every_module_of_the_board_and_no_other():
    urls = json.loads((ROOT / "package.json").read_text())["urls"]
    assert sorted(target for target, _ in urls) == sorted("picoweb/" + name for name in NAMES)
    assert all((ROOT / source).is_file() for _, source in urls)
    assert all(target == source for target, source in urls)


def test_every_list_has_the_same_version():
    shipped = json.loads((ROOT / "package.json").read_text())["version"]
    assert 'version = "%s"' % shipped in (ROOT / "pyproject.toml").read_text()
    assert json.loads((ROOT / "package-core.json").read_text())["version"] == shipped


def nodes(path, *kinds):
    return [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", ON_BOARD, ids=place)
def test_a_module_of_the_board_is_Pycopys_Python_too(path):
    assert not nodes(path, ast.JoinedStr), "no f-strings"
    assert not nodes(path, ast.Match, ast.NamedExpr, ast.AsyncFor, ast.AsyncWith)
    assert "current_task" not in {node.attr for node in nodes(path, ast.Attribute)}


@pytest.mark.parametrize("path", ON_BOARD, ids=place)
def test_a_module_of_the_board_says_what_it_gives(path):
    assert ast.get_docstring(ast.parse(path.read_bytes()))


@pytest.mark.parametrize("path", STUBS, ids=place)
def test_a_stub_names_what_its_module_has(path):
    place = path.relative_to(ROOT).with_suffix("")
    module = importlib.import_module(".".join(place.parts).removesuffix(".__init__"))
    kinds = ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
    known = {*features(), "__getattr__"}  # which a host's classes lack; a stub has it for what an app keeps on a request
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, kinds) and not is_of_types_alone(node):
            owner = getattr(module, node.name)
            for method in node.body if isinstance(node, ast.ClassDef) else ():
                assert not isinstance(method, kinds) or hasattr(owner, method.name) or method.name in known, method.name


def is_of_types_alone(node):
    names = [*node.decorator_list, *getattr(node, "bases", ())]
    return {name.id for name in names if isinstance(name, ast.Name)} & {"type_check_only", "Protocol"}


def test_the_docs_say_which_module_has_which_feature():
    rows = {}
    for line in (ROOT / "docs" / "internals.rst").read_text().partition("\nWhat is loaded when\n")[2].splitlines():
        said = re.match(r"``(\w+)`` ", line)
        module = said[1] if said else module if line[:1] == " " else None
        rows[module] = rows.get(module, "") + line
    assert {name: module for name, module in features().items() if not re.search(r"\.%s``" % name, rows[module])} == {
        "read_whole": "request", "leave": "reader"}  # no names of apps


def test_one_module_names_what_is_the_hosts():
    assert len([path.name for path in ON_BOARD if "picoweb.host" in path.read_text()]) == 1


# http.py hands asyncio out; the two others are what it takes it from where there is no MicroPython's.
@pytest.mark.parametrize("path", [path for path in ON_BOARD if path.name not in ("http.py", "runtime.py", "pycopy.py")],
                         ids=place)
def test_only_the_wire_knows_the_runtime(path):
    imported = {alias.name for node in nodes(path, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes(path, ast.ImportFrom)}
    assert not imported & {"asyncio", "uasyncio"}


@pytest.mark.parametrize("name", [name for name, runtime in PRESENT.items() if runtime.is_micropython])
def test_a_board_never_loads_what_is_the_hosts(name, tmp_path):
    # pycopy.py is for a board of another make.
    paths = (path.relative_to(ROOT).with_suffix("") for path in ON_BOARD if path.stem not in ("pycopy", "runtime"))
    modules = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    script = "import sys\nfor name in %r:\n    __import__(name)\n" % modules
    script += "print(len(sys.modules), [m for m in sys.modules if (m + '.').startswith('picoweb.host.')])"
    loaded = output(name, script, tmp_path)
    count, _, of_the_host = loaded.strip().partition(" ")
    assert int(count) > len(modules)
    assert of_the_host == "[]"


@pytest.mark.xfail(strict=True, reason="today's core is what a hello loads; the whole core is to fit the budget")
def test_the_sizes_are_within_their_budget():
    done = subprocess.run([sys.executable, "tools/size.py"], cwd=ROOT, capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
