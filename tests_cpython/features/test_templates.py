"""Templates: escaping, what is compiled and when, and how what is wrong in one is told."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from conftest import HERE, ROOT, Server
from support.table import cases

TEMPLATES = {
    "values.html": '{% args a %}\n<p title="{{a}}">{{safe("<hr>")}}{{len(a)}}{{a}}</p>\n',
    "outer.html": '{% args a %}\n{% for i in range(2) %}\n{% include "inner.html" a %}\n{% endfor %}\n',
    "inner.html": '{% args q %}\n<i>{{q}}</i>{% include "deep.html" %}',
    "deep.html": "deep\n",
    "layout.html": "{% args page, a %}\n<main>\n{% include {{page}} a %}\n</main>\n",
    "empty.html": "",
    "long.html": "{% args n %}\n{% for i in range(int(n)) %}\n<li>row {{i}}</li>\n{% endfor %}\n",
    "only_args.html": "{% args a %}\n",
    "expression.html": "<p>\n\n{{ a b }}\n",
    "no_end_of_for.html": "<p>\n{% for x in [1] %}\n{% if x %}\n{% endif %}{{x}}\n",
    "no_end.html": "<p>\n{% for x in [1]\n",
    "no_include.html": '<p>\n{% include "none.html" %}\n',
    "includes_no_include.html": '<p>\n\n{% include "no_include.html" %}\n',
    "unknown.html": "<p>\n{% bogus %}\n",
    "itself.html": '{% include "itself.html" %}\n',
    "name_error.html": "{% args a %}\n<p>\n #x\n{{a}} {{ nowhere }}\n",
    "includes_name_error.html": '{% args a %}\n<p>\n{% include "name_error.html" a %}\n',
    "gone.html": '{% args a %}\n<p>\n{% include {{"absent.html"}} %}\n',
}
ESCAPED = "&#60;b&#62; &#38; &#34;&#39;"


@pytest.fixture(scope="module")
def laid(runtime, tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates") / "app"
    (folder / "templates").mkdir(parents=True)
    shutil.copy(HERE / "apps" / "templates_app.py", folder)
    for name, text in TEMPLATES.items():
        (folder / "templates" / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def started(runtime, laid):
    server = Server(runtime, "templates_app.py", (), laid).start()
    yield server
    server.end()


@pytest.fixture
def templates(started):
    yield started.marked()
    started.check()


RENDERED = cases([
    ("a value is escaped, markup is not", "values.html", '<p title="%s"><hr>8%s</p>\n' % (ESCAPED, ESCAPED)),
    ("an included template is escaped too", "outer.html", ("<i>%s</i>deep\n" % ESCAPED) * 2),
    ("a page in a layout", "layout.html", "<main>\n<i>%s</i>deep\n</main>\n" % ESCAPED),
    ("an empty template", "empty.html", ""),
    ("a template of arguments alone", "only_args.html", ""),
])


@pytest.mark.parametrize("name, text", RENDERED)
def test_a_template_is_rendered_and_escaped(templates, name, text):
    for kind in "page", "str", "page":
        assert templates.get("/%s/%s" % (kind, name)).text == text


def test_an_app_without_autoescape_escapes_nothing(templates):
    page = templates.get("/plain/values.html").text
    assert page == "<p title=\"<b> & \"'\"><hr>8<b> & \"'</p>\n"


@pytest.mark.wire
def test_a_long_page_leaves_in_pieces_of_some_512_bytes(templates):
    with templates.connect() as client:
        client.send(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = client.response()
    assert answer.text == "".join("<li>row %d</li>\n" % i for i in range(300))
    assert int(templates.get("/pieces").text) <= len(answer.text) // 400


MALFORMED = cases([
    ("an expression that is none", "expression.html", "expression.html, line 3: SyntaxError: ", ": {{ a b }}"),
    ("a block without an end", "no_end_of_for.html", "no_end_of_for.html, line 2: no end of for: {% for x in [1] %}", ""),
    ("a statement without an end", "no_end.html", "no_end.html, line 2: malformed: {% for x in [1]", ""),
    ("a statement that is unknown", "unknown.html", "unknown.html, line 2: malformed: {% bogus %}", ""),
    ("an include that is missing", "no_include.html", "no_include.html, line 2: ", '{% include "none.html" %}'),
    ("an included one's include", "includes_no_include.html", "no_include.html, line 2: ", '{% include "none.html" %}'),
    ("a template that includes itself", "itself.html", "itself.html, line 1: ", '{% include "itself.html" %}'),
    ("an error at work", "name_error.html", "name_error.html, line 4: NameError: ", "{{a}} {{ nowhere }}"),
    ("an error of an included one", "includes_name_error.html", "name_error.html, line 4: NameError: ", "{{ nowhere }}"),
    ("a missing page of a layout", "gone.html", "absent.html", ""),
    ("a missing template", "missing.html", "no template templates/missing.html", ""),
])


@pytest.mark.parametrize("name, where, text", MALFORMED)
def test_what_is_wrong_is_told_with_its_file_line_and_text(templates, name, where, text):
    assert templates.get("/page/" + name).status == 500
    told = [line for line in templates.logged(re.escape(where)) if text in line]
    assert told, templates.log_since_mark()


def later(path, seconds):
    """Give a file another time, relative to now."""
    now = os.stat(path.parent).st_mtime + seconds
    os.utime(path, (now, now))


def test_a_newer_template_is_compiled_again_in_development(templates, laid):
    source = laid / "templates" / "changing.html"
    for at, text in enumerate(("first", "other", "third")):
        source.write_text(text + "\n")
        later(source, 10 * at)
        assert templates.get("/page/changing.html").text == text + "\n"
    source.unlink()


def test_a_compiled_template_needs_no_source(templates, laid):
    assert templates.get("/page/deep.html").text == "deep\n"
    (laid / "templates" / "kept_html.py").write_text((laid / "templates" / "deep_html.py").read_text())
    assert templates.get("/page/kept.html").text == "deep\n"


def test_what_utemplate_alone_has_compiled_is_never_shown_unescaped(templates, laid):
    (laid / "templates" / "old_html.py").write_text("def render(a):\n    yield str(a)\n")
    assert templates.get("/page/old.html").status == 500
    assert templates.get("/plain/old.html").text == "<b> & \"'"


# tools/templates.py


def run_tool(folder, *more):
    tool = ROOT / "tools" / "templates.py"
    library = os.environ.get("PICOWEB_LIB") or str(ROOT / ".venv" / "micropython-lib")
    return subprocess.run([sys.executable, tool, folder, *more, "--library", library], capture_output=True, text=True,
                          timeout=30)


def test_the_tool_compiles_a_folder(tmp_path):
    (tmp_path / "in" / "parts").mkdir(parents=True)
    (tmp_path / "in" / "a.html").write_text('{% args x %}{{x}}{% include "parts/b.html" %}')
    (tmp_path / "in" / "parts" / "b.html").write_text("b")
    done = run_tool(tmp_path / "in", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.py")) == [
        "a_html.py", "parts/b_html.py"]
    scope = {}
    exec((tmp_path / "out" / "a_html.py").read_text(), scope)
    assert "".join(scope["render"]("<")) == "<b"


def test_the_tool_tells_every_malformed_template(tmp_path):
    (tmp_path / "a.html").write_text("\n{% for x in y %}\n")
    (tmp_path / "b.html").write_text("{{ 1 2 }}")
    (tmp_path / "c.html").write_text("c")
    done = run_tool(tmp_path)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first.endswith("a.html, line 2: no end of for: {% for x in y %}")
    assert "b.html, line 1: SyntaxError" in second and second.endswith("{{ 1 2 }}")
    assert (tmp_path / "c_html.py").exists() and not (tmp_path / "a_html.py").exists()
