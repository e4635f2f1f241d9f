"""Makes a flash image of an app: littlefs, of which a board starts main.py, or ROMFS, which it runs where it lies."""

import contextlib
import io
import os
import tempfile
from pathlib import Path, PurePosixPath

from .bundle import MANIFEST, counted, make_bundle, manifest_of, sources_of
from .interpreter import Failure

# A Raspberry Pi Pico's, as its firmware makes it.
BLOCK_SIZE = 4096
BLOCKS = 352
DISK_VERSION = 0x00020000  # which every MicroPython reads
NO_SPACE = -28  # littlefs's


def make_image(app, out, romfs=False, block_size=BLOCK_SIZE, blocks=BLOCKS):
    """Makes the image `out` of an app's file or folder; answers lines about it."""
    sources = sources_of(app)
    files = make_bundle(sources)
    data = romfs_image(files) if romfs else littlefs_image(files, block_size, blocks)
    out = Path(out)
    new = out.with_name(f"{out.name}.{os.getpid()}.tmp")
    try:
        new.write_bytes(data)
        new.replace(out)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise Failure(f"cannot write {out}: {error.strerror}") from None
    about = f"Made {out} of {len(data):,} bytes: {counted(files)} of {sum(map(len, files.values())):,} bytes."
    return [about] + [f"The firmware must have: {', '.join(sorted(sources.missing))}."] * bool(sources.missing)


def littlefs_image(files, block_size, blocks):
    """The bytes of a littlefs with {place: bytes}; a deploy to a board with it knows what is there."""
    try:
        from littlefs import LittleFS, LittleFSError
    except ImportError:
        raise Failure('a littlefs image needs littlefs-python; type: pip install "picoweb[board]"') from None
    try:
        fs = LittleFS(block_size=block_size, block_count=blocks, disk_version=DISK_VERSION)
        for place, data in {**files, MANIFEST: manifest_of(files).encode()}.items():
            fs.makedirs(str(PurePosixPath(place).parent), exist_ok=True)
            with fs.open(place, "wb") as file:
                file.write(data)
    except (LittleFSError, ValueError) as error:
        if getattr(error, "code", None) != NO_SPACE:
            raise Failure(f"cannot make a littlefs of {blocks} blocks of {block_size} bytes: {error}") from None
        raise Failure(f"{sum(map(len, files.values())):,} bytes in {len(files)} files are too much for {blocks} blocks "
                      f"of {block_size:,} bytes; a board with more flash takes more: --blocks N") from None
    return bytes(fs.context.buffer)


def romfs_image(files):
    """The bytes of a ROMFS with {place: bytes}."""
    try:
        from mpremote.romfs import make_romfs
    except ImportError:
        raise Failure('a ROMFS image needs mpremote 1.25 or later; type: pip install "picoweb[board]"') from None
    with tempfile.TemporaryDirectory() as folder:
        for place, data in files.items():
            path = Path(folder, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it lists them all
                return make_romfs(folder, mpy_cross=False)
        except UnicodeEncodeError as error:
            raise Failure(f"{error.object}: a ROMFS has names in ASCII; rename it") from None
