"""The site of docs/: it is built without a warning and without a network, and no link leads nowhere."""

import re
import runpy
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest

from conftest import ROOT
from docs.conftest import BUILD_S

DOCS = ROOT / "docs"
SOURCES = [ROOT / "README.rst", *sorted(path for path in DOCS.rglob("*.*") if path.suffix in (".rst", ".md"))]
SUFFIXES = "py|pyi|rst|md|svg"


class Links(HTMLParser):
    """A page's anchors, its links, and what a browser loads with it."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded = set(), set(), set()
        self.feed(text)

    def handle_starttag(self, tag, fields):
        fields = dict(fields)
        self.anchors.add(fields.get("id"))
        if tag == "a" and fields.get("href"):
            self.links.add(fields["href"])
        source = fields.get("href") if tag == "link" else fields.get("src")
        if source:
            self.loaded.add(source)


def is_elsewhere(link):
    return re.match(r"[a-z]+:", link)


@pytest.mark.timeout(3 * BUILD_S)
def test_the_site_is_built_without_a_warning_and_each_link_leads_somewhere(site):
    pages = {path: Links(path.read_text()) for path in site.rglob("*.html")}
    assert len(pages) > len(SOURCES) - 1
    broken = [(page.name, link) for page, said in pages.items() for link in said.links | said.loaded
              if not is_elsewhere(link) and not leads(page, link, pages)]
    assert broken == []
    assert [source for said in pages.values() for source in said.loaded if is_elsewhere(source)] == []


def leads(page, link, pages):
    """Whether a relative link has a target, and its anchor there."""
    place, anchor = urldefrag(link)
    target = (page.parent / unquote(place.partition("?")[0])).resolve() if place else page
    known = pages.get(target)
    return target.exists() and (not anchor or known is None or unquote(anchor) in known.anchors)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_page_names_exist(path):
    named = re.findall(r"\b((?:tools|examples|docs|tests_cpython|boards)/[\w/.-]*\w\.(?:%s))\b" % SUFFIXES, path.read_text())
    assert [name for name in named if not (ROOT / name).is_file()] == []
    for target in re.findall(r"`[^`<]+<([\w/.]+)>`_|image:: (\S+)", path.read_text() if path.name == "README.rst" else ""):
        assert (ROOT / (target[0] or target[1])).is_file(), target


def test_the_reference_has_every_stub():
    reference = "".join(path.read_text() for path in (DOCS / "reference").glob("*.rst"))
    stubs = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "picoweb").rglob("*.pyi"))
    names = (".".join(path.parts).removesuffix(".__init__") for path in stubs)
    assert [name for name in names if ".. stub:: %s\n" % name not in reference] == []


def test_a_table_that_a_tool_prints_takes_its_place_on_the_page():
    figures = runpy.run_path(str(ROOT / "tools" / "figures.py"))
    page = (DOCS / "measurements.rst").read_text()
    assert all((ROOT / "tools" / (name + ".py")).is_file() for name in figures["names"](page))
    rule = "=====  ==="
    new = "\n".join([rule, "hello  /s", rule, "me     123", rule])
    after = figures["replace"](page, "bench_host", "Requests:\n\n%s\n\nreached" % new)
    old = figures["TABLE"].findall(page, page.index(".. figures bench_host"))
    assert after == page.replace(*old, new)
    with pytest.raises(ValueError):
        figures["replace"](page, "size", new)


def test_the_README_is_one_screen_and_a_half():
    assert (ROOT / "README.rst").stat().st_size <= 9000
