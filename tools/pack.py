"""Compresses a folder of web pages ahead of time, for picoweb.static: `pack.py DIR OUT`.

OUT gets FILE.gz for each FILE that gzip makes smaller, and a copy of each of the others. With --module NAME it gets
one NAME.py instead, to be frozen into firmware: `picoweb.static.add(app, "/", NAME.R)`. What was made is read back
and compared before it takes its place; the same DIR makes the same bytes again. Names that begin with a dot are left
out, as picoweb.static serves none. Exits 1 where something cannot be packed; OUT is as before then.
"""

import argparse
import gzip
import hashlib
import os
import runpy
import struct
import sys
import tempfile
import zlib
from pathlib import Path

HEADER = b"\x1f\x8b\x08\0\0\0\0\0\2\xff"  # deflate; no name, no time; best compression; any system (RFC 1952)


class Failure(SystemExit):
    """Ends the tool with one line that says why."""


def progress(items):
    """A progress bar, where there is a terminal to see it and a tqdm to draw it."""
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    return tqdm(items, desc="packing", unit="file", leave=False, disable=None)


def compress(data):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    return HEADER + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


# What there is to pack


def sources(folder):
    """{name: path} of a folder's files, but for those whose name, or whose folder's, begins with a dot."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    paths = {name: path for name, path in paths.items() if not any(part[0] == "." for part in name.split("/"))}
    for name, path in paths.items():
        check_source(name, path, paths)
    files = {name: path for name, path in paths.items() if path.is_file()}
    if not files:
        raise Failure(f"{folder} has no files")
    return files


def check_source(name, path, paths):
    """Failure for what picoweb.static would not serve, or not as what it is."""
    if path.is_symlink():
        raise Failure(f"{path} is a symbolic link, which is not served: put a copy there")
    if not path.is_file() and not path.is_dir():
        raise Failure(f"{path} is not a file")
    if path.name[-1] in ". " or "\\" in path.name or not path.name.isprintable():
        raise Failure(f"{str(path)!a} is not served: rename it, without control characters, a backslash, or a dot or "
                      "space at its end")
    if name + ".gz" in paths:
        raise Failure(f"{path}.gz stands beside {path}, which would become that: remove it")


def pack(files, keep):
    """{name: bytes} of what is to be served; `keep` has the originals beside their .gz."""
    packed = {}
    for name, path in progress(list(files.items())):
        data = path.read_bytes()
        smaller = compress(data)
        if len(smaller) < len(data):
            packed[name + ".gz"] = smaller
        if keep or len(smaller) >= len(data):
            packed[name] = data
    return packed


def module(folder, packed):
    """The source of a module that holds it all."""
    digest = hashlib.sha256()
    for name in sorted(packed):
        digest.update(b"%s\n%d\n%s" % (name.encode(), len(packed[name]), packed[name]))
    lines = [f"# The files of {folder.name!a}, made by tools/pack.py: for picoweb.static.add().", "R = {"]
    lines.append(f'    "": b"{digest.hexdigest()[:16]}",  # stands for all of it in the ETag of what is not compressed')
    lines += [f"    {name!r}: {packed[name]!r}," for name in sorted(packed)]
    return "\n".join([*lines, "}", ""]).encode()


# What becomes of it


def write(out, contents, check):
    """Writes {name: bytes} to a folder in `out`, has it checked, and moves it to its place."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".pack-") as made:
        for name, data in contents.items():
            target = Path(made, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        check(Path(made))
        for name in contents:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(made, name), out / name)


def compare(files, packed):
    """Failure where what was made is not what it was made of."""
    for name, path in files.items():
        copies = [packed[name]] if name in packed else []
        if name + ".gz" in packed:
            copies.append(gzip.decompress(packed[name + ".gz"]))
        if not copies or any(copy != path.read_bytes() for copy in copies):
            raise Failure(f"{path} is not what was packed: has it changed meanwhile?")


def check_out(folder, out, names):
    """OUT may hold what an older run made, but nothing that is not in DIR: it would be served."""
    if folder.resolve() in [out.resolve(), *out.resolve().parents]:
        raise Failure(f"{out} is in {folder}: name a folder outside")
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.relative_to(out).as_posix() not in names:
            raise Failure(f"{path} is not made of {folder}: remove it, or name another folder")


def make(args):
    files = sources(args.dir)
    packed = pack(files, args.keep)
    if args.module:
        name = args.module + ".py"
        source = {name: module(args.dir.resolve(), packed)}
        write(args.out, source, lambda made: compare(files, runpy.run_path(str(made / name))["R"]))
    else:
        check_out(args.dir, args.out, packed)
        write(args.out, packed, lambda made: compare(files, {name: (made / name).read_bytes() for name in packed}))
    before = sum(path.stat().st_size for path in files.values())
    after = sum(map(len, packed.values()))
    print(f"{len(files)} files of {before:,} bytes: {len(packed)} of {after:,} bytes, in {args.out}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path, metavar="DIR", help="the folder with the pages")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make, or to make again")
    parser.add_argument(
        "--keep", action="store_true", help="keep the originals beside their .gz, for clients that take no gzip"
    )
    parser.add_argument("--module", metavar="NAME", help="make OUT/NAME.py with everything in it")
    args = parser.parse_args()
    if not args.dir.is_dir():
        raise Failure(f"{args.dir} is not a folder")
    if args.module is not None and not (args.module.isidentifier() and args.module.isascii()):
        parser.error(f"{args.module!r} is no name for a module")
    try:
        make(args)
    except OSError as e:
        raise Failure(f"{e.filename or args.out}: {e.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
