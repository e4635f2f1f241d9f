#!/usr/bin/env python3
"""Compiles a folder of templates ahead of time, to be frozen or for a read-only file system: `templates.py FOLDER [OUT]`.

OUT, or FOLDER itself, gets NAME_html.py for each NAME.html, of folders in it too. A malformed template is told with its
file, line and text; exits 1 then. Needs utemplate: that of `.venv`, or in a folder that --library names.
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
LIBRARY = Path(os.environ.get("PICOWEB_LIB") or ROOT / ".venv" / "micropython-lib")


def compile_folder(compiler, folder, out):
    """Compile all templates of a folder; return the messages of those that are malformed."""
    wrong = []
    sources = compiler.Sources(folder.as_posix() + "/")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part[0] in "._" for part in name.parts)
        if hidden or not path.is_file() or path.suffix in (".py", ".mpy"):
            continue
        try:
            code = sources.compile(name.as_posix())
            try:
                compile(code, f"templates/{name}", "exec")
            except SyntaxError as error:
                raise SyntaxError(sources.explain(error, code)) from None
        except (SyntaxError, OSError, UnicodeDecodeError) as error:
            wrong.append(str(error))
            continue
        target = out / name.with_name(name.name.replace(".", "_") + ".py")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code, "utf-8")
        print(target)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="an app's templates")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT", help="where the modules go (default: FOLDER)")
    parser.add_argument("--library", type=Path, default=LIBRARY, metavar="DIR", help="the folder that has utemplate/")
    args = parser.parse_args()
    if not args.folder.is_dir():
        parser.error(f"{args.folder}: no such folder")
    if not (args.library / "utemplate" / "source.py").is_file():
        parser.error(f"no utemplate in {args.library}: run tools/dev.py, or picoweb lib")
    sys.path[:0] = [str(ROOT), str(args.library)]
    import picoweb.host  # noqa: F401 (the modules of a board)
    from picoweb import template_compiler

    wrong = compile_folder(template_compiler, args.folder, args.out or args.folder)
    for message in wrong:
        print(message, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
