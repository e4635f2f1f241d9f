"""How Sphinx builds this folder: python3 tools/dev.py docs."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

project = "picoweb"
copyright = "the picoweb authors"
version = release = re.search(r'^version = "(.*)"', (HERE.parent / "pyproject.toml").read_text(), re.M)[1]

extensions = ["myst_parser", "sphinx.ext.autodoc", "directives", "try_page"]
exclude_patterns = ["try"]
myst_heading_anchors = 2
suppress_warnings = ["ref.python"]  # two modules have a type of the same name
highlight_language = "none"
python_display_short_literal_types = True
python_maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"
add_module_names = False

html_theme = "furo"
html_title = "picoweb " + version
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5cad", "color-brand-content": "#0b5cad"},
    "dark_css_variables": {"color-brand-primary": "#7ab8ff", "color-brand-content": "#7ab8ff"},
}


def mend(app, pagename, templatename, context, doctree):
    """Let keys scroll what is wider than a phone, and say which level the headings of the navigation have."""
    for name in ("body", "furo_navigation_tree"):
        text = context.get(name) or ""
        text = text.replace('role="heading">', 'role="heading" aria-level="2">').replace("<pre>", '<pre tabindex="0">')
        context[name] = text.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')


def setup(app):
    app.connect("html-page-context", mend, priority=900)
