"""tools/pack.py: what it makes of a folder, what it refuses, and that picoweb serves the result."""

import gzip
import os
import random
import resource
import runpy
import subprocess
import sys

import pytest

from conftest import ROOT
from support.table import cases

PAGE = b"<title>packed</title>" + b"<p>again" * 100
NOISE = random.Random(1).randbytes(3000)  # as a picture
CONTENT = {
    "index.html": PAGE,
    "docs/index.html": b"<p>docs" * 100,
    "docs/a b.css": b"p { color: red }\n" * 50,
    "logo.png": NOISE,
    "tiny.txt": b"tiny",
    "empty.js": b"",
    "quotes.txt": bytes(range(256)) * 8,
}
GZIP = "Accept-Encoding: gzip\r\n"


def lay(folder, content):
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def run(*args, **options):
    return subprocess.run([sys.executable, ROOT / "tools" / "pack.py", *args], capture_output=True, text=True,
                          timeout=50, stdin=subprocess.DEVNULL, **options)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def site(tmp_path):
    return lay(tmp_path / "site", CONTENT)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def pack(*args):
    done = run(*args)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_what_shrinks_is_compressed_and_the_rest_is_copied(site, out):
    pack(site, out)
    made = files(out)
    assert set(made) == {"index.html.gz", "docs/index.html.gz", "docs/a b.css.gz", "logo.png", "tiny.txt", "empty.js",
                         "quotes.txt.gz"}
    for name, data in made.items():
        assert (gzip.decompress(data) if name.endswith(".gz") else data) == CONTENT[name.removesuffix(".gz")]


def test_the_originals_are_kept_where_asked(site, out):
    pack("--keep", site, out)
    made = files(out)
    assert {name: data for name, data in made.items() if not name.endswith(".gz")} == CONTENT
    assert gzip.decompress(made["index.html.gz"]) == PAGE


def test_the_same_folder_makes_the_same_bytes(site, out, tmp_path):
    pack(site, out)
    pack("--module", "pages", site, tmp_path / "code")
    first, code = files(out), files(tmp_path / "code")
    for path in site.rglob("*"):
        os.utime(path, (1, 1))
    pack(site, tmp_path / "other")
    pack(site, out)
    pack("--module", "pages", site, tmp_path / "code")
    assert files(out) == files(tmp_path / "other") == first
    assert files(tmp_path / "code") == code


def test_a_module_has_what_the_folder_has_and_a_tag_of_it_all(site, out, tmp_path):
    pack("--module", "pages", site, tmp_path / "code")
    made = runpy.run_path(str(tmp_path / "code" / "pages.py"))["R"]
    tag = made.pop("")
    pack(site, out)
    assert made == files(out)
    (site / "logo.png").write_bytes(NOISE[::-1])
    pack("--module", "pages", site, tmp_path / "code")
    assert runpy.run_path(str(tmp_path / "code" / "pages.py"))["R"][""] != tag


def test_names_with_a_dot_are_left_out(site, out):
    lay(site, {".env": b"secret", ".git/config": b"secret", "docs/.x": b"secret"})
    assert "7 files" in pack(site, out)
    assert b"secret" not in files(out).values()


def change(change_site):
    def refused(site, out):
        change_site(site)
        return [site, out]
    return refused


REFUSED = [
    ("no folder", lambda site, out: [site / "none", out], "is not a folder"),
    ("a file", lambda site, out: [site / "index.html", out], "is not a folder"),
    ("an empty folder", lambda site, out: [lay(site / ".empty", {".x": b""}), out], "has no files"),
    ("a folder in itself", lambda site, out: [site, site / "out"], "name a folder outside"),
    ("a folder to itself", lambda site, out: [site, site], "name a folder outside"),
    ("to a file", lambda site, out: [site, lay(out, {"x": b""}) / "x"], "File exists"),
    ("to a folder with something else", lambda site, out: [site, lay(out, {"old.css": b""})], "old.css is not made of"),
    ("a gzip beside its file", change(lambda site: lay(site, {"index.html.gz": b""})), "remove it"),
    ("a symbolic link", change(lambda site: (site / "link").symlink_to("index.html")), "symbolic link"),
    ("a pipe", change(lambda site: os.mkfifo(site / "pipe")), "is not a file"),
    ("a name that is not served", change(lambda site: lay(site, {"a.": b""})), "rename it"),
    ("a name with a backslash", change(lambda site: lay(site, {"a\\b": b""})), "rename it"),
    ("a name with a line end", change(lambda site: lay(site, {"a\nb": b""})), "rename it"),
    ("a name that is not UTF-8", change(lambda site: lay(site, {"\udcff": b""})), "rename it"),
    ("as a module without a name", lambda site, out: ["--module", "", site, out], "no name for a module"),
    ("as a module with a bad name", lambda site, out: ["--module", "a-b", site, out], "no name for a module"),
    ("as a module elsewhere", lambda site, out: ["--module", "../a", site, out], "no name for a module"),
    ("nothing", lambda site, out: [], "usage"),
]


@pytest.mark.parametrize("prepare,why", cases(REFUSED))
def test_it_does_not_pack(site, out, prepare, why):
    args = prepare(site, out)
    before = files(out)
    done = run(*args)
    assert done.returncode in (1, 2) and why in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert files(out) == before


def test_a_folder_that_cannot_be_made_is_told(site):
    done = run(site, "/dev/null/x")
    assert done.returncode == 1 and done.stderr == "/dev/null/x: Not a directory\n"


def test_a_file_that_cannot_be_written_leaves_nothing_behind(site, out):
    pack(site, out)
    before = files(out)
    lay(site, {"a.css": PAGE, "b.png": random.Random(2).randbytes(20000)})
    done = run(site, out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000)))
    assert done.returncode == 1 and "File too large" in done.stderr
    assert files(out) == before


def test_help_is_given():
    done = run("--help")
    assert done.returncode == 0 and "DIR" in done.stdout and "--module" in done.stdout


# What is made, served


@pytest.fixture(scope="session")
def packed(folder):
    site = lay(folder / "unpacked", CONTENT)
    pack(site, folder / "packed")
    pack("--module", "packed_site", site, folder)


@pytest.fixture
def web(serve, packed):
    return serve("static_packed.py")


@pytest.mark.parametrize("prefix", ["/folder/", "/module/"])
@pytest.mark.parametrize("name", CONTENT)
def test_what_was_packed_is_served(web, prefix, name):
    for path in [name, name.removesuffix("index.html")]:
        answer = web.get(prefix + path.replace(" ", "%20"), GZIP)
        data = gzip.decompress(answer.body) if answer.get("Content-Encoding") == b"gzip" else answer.body
        assert (answer.status, data) == (200, CONTENT[name])
        again = web.get(prefix + path.replace(" ", "%20"), GZIP + "If-None-Match: %s\r\n" % answer.get("ETag").decode())
        assert again.status == 304


def test_a_packed_folder_and_module_are_the_same_to_a_client(web):
    for path in ("index.html", "docs/", "docs", "", "none", "index.html.gz"):
        folder, module = (web.get(prefix + path, GZIP) for prefix in ("/folder/", "/module/"))
        assert (folder.status, folder.body, folder.get("Content-Type")) == (
            module.status, module.body, module.get("Content-Type"))
    assert folder.get("ETag")
