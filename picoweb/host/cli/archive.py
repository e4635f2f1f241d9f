"""Fetches what a board's apps import and pip cannot install: source archives of the package index."""

import os
import re
import tarfile
import tempfile
from pathlib import Path

from .interpreter import Failure, last_line, output_of, tool

UTEMPLATE = "utemplate==1.4.1"


def fetcher(requirement, beside=None):
    """The program that fetches a source archive."""
    unearth = tool("unearth", beside)
    if not unearth:
        raise Failure(f'fetching {requirement} needs unearth; type: pip install "picoweb[new]"')
    return unearth


def fetch(requirement, place, beside=None):
    """Unpacks the file or folder that is named like `place` in a source archive there."""
    unearth = fetcher(requirement, beside)
    with tempfile.TemporaryDirectory() as folder:
        mirror = os.environ.get("PIP_INDEX_URL")  # which unearth does not look at
        index = ["--index-url", mirror] if mirror else []
        done = output_of([unearth, requirement, "--no-binary", "-d", folder, *index])
        if done.returncode:
            raise Failure(f"could not fetch {requirement}: {why_no_package(done)}")
        found = next(Path(folder).glob("*.tar.gz"), None)
        if not found:
            raise Failure(f"could not fetch {requirement}: the package index has no source archive of it")
        with tarfile.open(found) as archive:
            for member in archive:
                inside = Path(member.name).parts[1:]
                if member.isfile() and inside[:1] == (place.name,) and ".." not in inside:
                    target = place.parent.joinpath(*inside)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.extractfile(member).read())


def why_no_package(done):
    """Why pip or unearth found no package, in one line."""
    if re.search("Retrying|ConnectError|ConnectTimeout|NewConnectionError", done.stderr):
        return "the package index cannot be reached; is the network up?"
    return last_line(done)
