"""`picoweb run`: which app it serves where, how it ends, and how it starts anew."""

import os

import httpx
import pytest

from conftest import PRESENT, ROOT, free_port
from support.command import Running, picoweb
from support.table import cases

MICROPYTHON = PRESENT["mp64"].command[0]
LIBRARY = PRESENT["cpython"].environment()["PYTHONPATH"].split(os.pathsep)[1]  # with utemplate
HELLO = "import picoweb\napp = picoweb.WebApp(__name__)\n@app.route('/')\ndef index(req, resp):\n    return 'hello'\n"
OWN_LOOP = HELLO + """
import uasyncio

async def main():
    await app.start("127.0.0.1", 1)
    while True:
        await uasyncio.sleep(1)

uasyncio.run(main())
"""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of compiled modules of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=["cpython", MICROPYTHON], ids=["cpython", "mp64"])
def on(request):
    return request.param


APPS = [
    ("an app that does not run itself", "app.py", HELLO),
    ("an app that runs itself when it is the main file", "app.py", HELLO + "if __name__ == '__main__':\n    app.run(port=1)\n"),
    ("an app that runs itself", "app.py", HELLO + "app.run('127.0.0.1', 1)\n"),
    ("an app of another name that runs itself", "app.py", HELLO.replace("app =", "site = app =") + "site.run(debug=-1)\n"),
    ("an app that owns its loop", "app.py", OWN_LOOP),
    ("a module", "app", HELLO),
    ("a module that runs itself", "app", HELLO + "app.run(port=1)\n"),
    ("an app of a module", "app:site", HELLO + "site = app\n"),
    ("an app of a file", "app.py:site", HELLO + "site = app\n"),
]


@pytest.mark.parametrize("app,text", cases(APPS))
def test_served_at_the_port_that_is_told_is(tmp_path, on, app, text):
    (tmp_path / "app.py").write_text(text)
    port = free_port()
    with Running("run", app, "--port", port, "--on", on, cwd=tmp_path) as running:
        url = running.url()
        assert url == "http://127.0.0.1:%d" % port
        assert len(running.lines) == 1  # it is the first
        assert httpx.get(url).text == "hello"
        assert running.interrupt() == 130
    assert "Traceback" not in running.text()


def test_an_app_that_is_told_no_port_is_served_at_its_own(tmp_path, on):
    port = free_port()
    (tmp_path / "main.py").write_text(HELLO + "app.run(port=%d)\n" % port)
    with Running("run", "--on", on, cwd=tmp_path) as running:
        assert running.url() == "http://127.0.0.1:%d" % port


def test_a_file_of_another_folder_finds_its_own_files(tmp_path, on):
    folder = tmp_path / "site"
    (folder / "static").mkdir(parents=True)
    (folder / "lib").mkdir()
    (folder / "static" / "a.txt").write_text("a file")
    (folder / "beside.py").write_text("")
    (folder / "lib" / "below.py").write_text("")
    (folder / "app.py").write_text("import beside, below\n" + HELLO)
    with Running("run", "site/app.py", "--port", free_port(), "--on", on, cwd=tmp_path) as running:
        url = running.url()
        assert running.lines[0].startswith("Serving site/app.py at ")
        assert httpx.get(url + "/static/a.txt").text == "a file"


def test_a_handlers_traceback_is_on_the_page(tmp_path, on):
    (tmp_path / "app.py").write_text(HELLO.replace("return 'hello'", "return {}['key']"))
    with Running("run", "--port", free_port(), "--on", on, cwd=tmp_path) as running:
        answer = running.get()
        assert answer.status_code == 500
        assert "KeyError" in answer.text


def test_two_apps_at_one_port_are_told(tmp_path, on):
    (tmp_path / "app.py").write_text(HELLO)
    with Running("run", "--port", free_port(), "--on", on, cwd=tmp_path) as running:
        port = running.url().rpartition(":")[2]
        done = picoweb("run", "--port", port, "--on", on, cwd=tmp_path)
        assert done.returncode == 1
        assert "127.0.0.1:%s is in use by another program; another port is taken with --port N" % port in done.stderr
        assert "Traceback" not in done.stderr


def test_too_little_heap_is_told(tmp_path):
    (tmp_path / "app.py").write_text(HELLO)
    done = picoweb("run", "--on", MICROPYTHON, "--heap", "12K", cwd=tmp_path)
    assert done.returncode == 1
    assert "needs more heap than this to start; see --heap" in done.stderr + done.stdout


def test_an_apps_exception_is_shown_and_is_a_failure(tmp_path, on):
    (tmp_path / "app.py").write_text(HELLO + "raise ValueError('no')\n")
    done = picoweb("run", "--on", on, cwd=tmp_path)
    assert done.returncode == 1
    assert "ValueError: no" in done.stderr + done.stdout


def test_an_app_that_ends_before_it_serves_is_told(tmp_path, on):
    (tmp_path / "app.py").write_text(HELLO + "import sys\nsys.exit(0)\n")
    done = picoweb("run", "--on", on, cwd=tmp_path)
    assert done.returncode == 1
    assert "picoweb: app.py ended without serving" in done.stderr


def test_what_ends_the_command_ends_the_app(tmp_path, on):
    (tmp_path / "app.py").write_text(HELLO + "import os\n")
    with Running("run", "--port", free_port(), "--on", on, cwd=tmp_path) as running:
        url = running.url()
        running.process.terminate()
        assert running.process.wait(20) == 128 + 15
        running.reader.join()  # the app has the other end
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


# Reload


@pytest.fixture
def reloading(tmp_path, on):
    """An app with a template and a static file, served with --reload."""
    (tmp_path / "static").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "static" / "a.txt").write_text("old")
    (tmp_path / "templates" / "part.html").write_text("old")
    (tmp_path / "templates" / "page.html").write_text("{% include \"part.html\" %} template")
    (tmp_path / "module.py").write_text("WORD = 'old'\n")
    (tmp_path / "app.py").write_text(RELOADED)
    with Running("run", "--reload", "--port", free_port(), "--on", on, cwd=tmp_path, MICROPYPATH=LIBRARY,
                 PYTHONPATH=os.pathsep.join([str(ROOT), LIBRARY])) as running:
        yield running


RELOADED = """
import picoweb
import module
app = picoweb.WebApp(__name__)

@app.route("/module")
async def page(req, resp):
    return module.WORD

@app.route("/template")
async def template(req, resp):
    return app.render_str("page.html")
"""

CHANGES = [
    ("a module", "module.py", "WORD = 'new'\n", "/module", "new"),
    ("an included template", "templates/part.html", "new", "/template", "new template"),
    ("a static file", "static/a.txt", "new", "/static/a.txt", "new"),
    ("a file that replaces the old one", "module.py", None, "/module", "new"),
]


@pytest.mark.parametrize("name,text,path,answer", cases(CHANGES))
def test_reloaded_is_an_app_after_a_change_of(reloading, tmp_path, name, text, path, answer):
    old = httpx.get(reloading.url() + path).text
    assert old == answer.replace("new", "old")
    if text is None:
        (tmp_path / "new").write_text("WORD = 'new'\n")
        os.replace(tmp_path / "new", tmp_path / name)
    else:
        (tmp_path / name).write_text(text)
    assert reloading.line("picoweb: (.*) has changed")[1] == name
    assert reloading.get(path).text == answer
    assert reloading.interrupt() == 130
    assert "Traceback" not in reloading.text()


def test_reload_waits_while_there_is_a_syntax_error(reloading, tmp_path):
    reloading.url()
    (tmp_path / "module.py").write_text("WORD = ('old'\n")
    reloading.line(r"picoweb: module\.py:\d: SyntaxError")
    reloading.line("picoweb: waiting for a change")
    (tmp_path / "module.py").write_text("WORD = 'new'\n")
    assert reloading.get("/module").text == "new"


def test_reload_ends_while_it_waits(reloading, tmp_path):
    reloading.url()
    (tmp_path / "app.py").write_text("raise ValueError\n")
    reloading.line("picoweb: waiting for a change")
    assert reloading.interrupt() == 130


def test_other_files_change_nothing(reloading, tmp_path):
    url = reloading.url()
    assert httpx.get(url + "/template").text == "old template"  # utemplate has written a module
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "module.py").write_text("WORD = 'new'\n")
    assert reloading.line("picoweb: (.*) has changed")[1] == "module.py"
