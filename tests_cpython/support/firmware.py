"""MicroPython's source, and a MicroPython with picoweb frozen in, built once for a test run."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT, Runtime, micropython
from support.sharing import one_at_a_time

sys.path.insert(0, str(ROOT / "tools"))
import frozen  # noqa: E402 (one builder for the tests and for tools/heap.py)
import peers  # noqa: E402

LIBRARY = Path(os.environ.get("PICOWEB_LIB") or ROOT / ".venv" / "micropython-lib")
MANIFEST = """
include(%(variant)r)
module("hello.py", base_path=%(examples)r, opt=3)
package("utemplate", base_path=%(library)r)
freeze(%(made)r, opt=3)
"""
# An app of one module with templates and static files, all frozen.
APP = '''"""All of it is in the firmware."""

import picoweb
import picoweb.static as static
import packed_site

app = picoweb.WebApp(__name__, serve_static=False)
static.add(app, "/files/", packed_site.R)


@app.route("/list")
async def list_page(req, resp):
    await picoweb.start_response(resp)
    await app.render_template(resp, "list.html", ("Colours", ["red", "blue"]))


@app.route("/list-str")
async def list_str(req, resp):
    return app.render_str("list.html", ("Colours", ["red"]))
'''
# The source has no library to make hashlib.sha1 of, which boards have and WebSockets need.
SHA1 = '''"""hashlib.sha1 in Python."""

import struct
import sys

import uhashlib


class sha1:
    def __init__(self, data):
        self.data = data

    def digest(self):
        h = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
        data = self.data + b"\\x80" + bytes((55 - len(self.data)) % 64) + struct.pack(">Q", len(self.data) * 8)
        for at in range(0, len(data), 64):
            w = list(struct.unpack(">16I", data[at : at + 64]))
            for i in range(16, 80):
                w.append(turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1))
            h = [x + y & 0xFFFFFFFF for x, y in zip(h, mix(w, *h))]
        return struct.pack(">5I", *h)


def turn(x, n):
    return (x << n | x >> 32 - n) & 0xFFFFFFFF


def mix(w, a, b, c, d, e):
    for i in range(80):
        f = (d ^ b & (c ^ d), b ^ c ^ d, b & c | d & (b | c), b ^ c ^ d)[i // 20]
        k = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)[i // 20]
        a, b, c, d, e = turn(a, 5) + f + e + k + w[i] & 0xFFFFFFFF, a, turn(b, 30), c, d
    return a, b, c, d, e


class Module:
    sha1 = sha1
    sha256 = uhashlib.sha256


if not hasattr(uhashlib, "sha1"):
    sys.modules["uhashlib"] = Module
'''
COMPILE = """
import sys
from utemplate.source import Compiler
with open(sys.argv[1]) as template, open(sys.argv[2], "w") as module:
    Compiler(template, module).compile()
"""
TEMPLATE = "{% args title, items %}<h1>{{title}}</h1>{% for item in items %}<li>{{item}}{% endfor %}"


def skipping(find, *args):
    """What `find` finds; where it cannot, the test is skipped with the sentence that says what to install."""
    try:
        return find(*args)
    except peers.Failure as failure:
        if "failed" in str(failure):
            pytest.fail(str(failure), pytrace=False)
        pytest.skip(str(failure))


@dataclass(frozen=True)
class Frozen(Runtime):
    """An interpreter that finds nothing but what is frozen into it, and what lies beside an app."""

    def environment(self):
        return {**os.environ, self.path_variable: ".frozen"}


def lay_app(folder):
    """The app's modules, with what utemplate and tools/pack.py make of a template and a page."""
    (folder / "templates").mkdir(parents=True)
    (folder.parent / "list.html").write_text(TEMPLATE)
    (folder / "frozen_app.py").write_text(APP)
    (folder / "own_sha1.py").write_text(SHA1)
    (folder.parent / "site").mkdir()
    (folder.parent / "site" / "index.html").write_text("<p>frozen" * 200)
    run(sys.executable, "-c", COMPILE, folder.parent / "list.html", folder / "templates" / "list_html.py")
    run(sys.executable, ROOT / "tools" / "pack.py", "--module", "packed_site", folder.parent / "site", folder)


def run(*command):
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def firmware(tmp_path_factory):
    """The runtime with picoweb frozen in; the processes of a test run share one build."""
    bits = skipping(frozen.word_bits, 32, 64)
    skipping(frozen.builder)
    with one_at_a_time(tmp_path_factory, "frozen") as base:
        target = base / "frozen"
        if not target.exists():
            folder = base / "to-freeze"
            lay_app(folder / "modules")
            manifest = folder / "manifest.py"
            places = {"variant": frozen.VARIANT, "examples": ROOT / "examples", "library": LIBRARY,
                      "made": folder / "modules"}
            manifest.write_text(MANIFEST % {name: str(path) for name, path in places.items()})
            skipping(frozen.build, target, manifest, bits)
    made = micropython("mp%d" % bits, target)
    return Frozen(made.name, made.command, made.path_variable)
