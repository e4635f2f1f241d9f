"""What axe-core, an accessibility checker, says of the site and of the pages that picoweb and its examples make.

Contrast, labels, headings, languages, titles and more, on a phone in the light and on a desktop in the dark.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from conftest import PRESENT, ROOT, Server, free_port
from docs.conftest import BUILD_S
from support.browser import chromium

APPS = ROOT / "tests_cpython" / "apps"
AXE = Path(sys.prefix, "node_modules", "axe-core", "axe.min.js")
SCREENS = [
    ({"width": 390, "height": 844, "mobile": True}, "light"),
    ({"width": 1280, "height": 900, "mobile": False}, "dark"),
]
SITE = ["index", "start/first_app", "guide/responses", "board/memory", "recipes", "try/index"]
EXAMPLES = {"dashboard": "/", "chart": "/", "chat": "/", "upload": "/", "files": "/", "status": "/status"}
SCRIPT = """
axe.run(document, {
    resultTypes: ["violations"], iframes: false,
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],  // landmarks are the theme's, and cost a board bytes
    rules: {"page-has-heading-one": {enabled: true}, "heading-order": {enabled: true}, "empty-heading": {enabled: true}},
}).then(found => found.violations.flatMap(
    rule => rule.nodes.map(node => [rule.id, node.target.join(" "), node.failureSummary].join(": "))))
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not AXE.is_file():
        pytest.skip("accessibility was NOT checked: no npm package axe-core, tools/dev.py installs it where there is npm")
    with chromium(tmp_path_factory.mktemp("axe")) as page:
        yield page


def complaints(page, url, screens=SCREENS):
    """What the checker finds at a page, on each screen."""
    found = []
    for screen, scheme in screens:
        page.command("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, **screen)
        page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.open(url)
        page.run(AXE.read_text())
        found += ["%s, %s: %s" % (url, scheme, said) for said in page.run(SCRIPT)]
        if page.run("document.documentElement.scrollWidth") > screen["width"]:
            found.append("%s: wider than %d pixels" % (url, screen["width"]))
    return found


@pytest.mark.timeout(3 * BUILD_S)
def test_pages_of_the_site_are_accessible(browser, site):
    found = []
    for name in SITE:  # all have the same style: two are looked at in the dark
        screens = SCREENS if name in ("index", "try/index") else SCREENS[:1]
        found += complaints(browser, (site / (name + ".html")).as_uri(), screens)
    assert not found, "\n".join(found)


@pytest.fixture
def serve_one(request):
    """`serve_one(APP, *ARGUMENTS, folder=…)` serves an app on CPython."""
    started = request.node.servers_used = []

    def serve(app, *arguments, folder=APPS):
        started.append(Server(PRESENT["cpython"], str(APPS / app), arguments, folder))
        return started[-1].start()

    yield serve
    for server in started:
        server.end()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_of_an_example_is_accessible(browser, serve_one, tmp_path, name):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    server = serve_one("example.py", ".", name, folder=tmp_path / "examples")
    found = complaints(browser, server.url(EXAMPLES[name]))
    assert not found, "\n".join(found)


def test_the_page_of_a_new_app_is_accessible(browser, serve_one, tmp_path):
    shutil.copytree(ROOT / "picoweb" / "host" / "cli" / "new_app", tmp_path / "demo")
    shutil.copytree(Path(sys.prefix, "micropython-lib", "utemplate"), tmp_path / "demo" / "utemplate")
    found = complaints(browser, serve_one("example.py", ".", "app", folder=tmp_path / "demo").url("/"))
    assert not found, "\n".join(found)


def test_the_page_that_asks_for_a_wi_fi_is_accessible(browser, serve_one, tmp_path):
    # The checker takes the canvas of a page without a background for white, in the dark too.
    found = complaints(browser, serve_one("portal.py", str(free_port()), "", folder=tmp_path).url("/"), SCREENS[:1])
    assert not found, "\n".join(found)


def test_the_checker_finds_what_is_wrong(browser, tmp_path):
    (tmp_path / "bad.html").write_text("<!doctype html><title>x</title><input><p style='color: #ddd'>pale")
    found = json.dumps(complaints(browser, (tmp_path / "bad.html").as_uri()))
    assert all(rule in found for rule in ("label: ", "color-contrast: ", "html-has-lang: "))
