"""The site of docs/, built once for the tests that look at it, whatever process of the run they are in."""

import runpy
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT
from support.sharing import one_at_a_time

BUILD_S = 60


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, built without a warning and without a network."""
    pytest.importorskip("sphinx", reason="no Sphinx: run tools/dev.py docs")
    with one_at_a_time(tmp_path_factory, "docs") as base:
        folder = base / "docs"
        if not (folder / "site").exists():
            build(folder)
    return folder / "site"


def build(folder):
    """Build the site in a folder that is not there, in one piece or not at all."""
    options = runpy.run_path(str(ROOT / "tools" / "dev.py"))["SPHINX"]
    alone = ["unshare", "--map-root-user", "--net"]  # without a network
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True).returncode:
        alone = []
    command = [*alone, sys.executable, "-m", "sphinx", *options, "-d", folder / "doctrees", ROOT / "docs", folder / "made"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * BUILD_S)
    assert done.returncode == 0, done.stderr
    (folder / "made").rename(folder / "site")
