"""picoweb.html."""

import html
import subprocess

TEXT = "<a href=\"x\" title='y'>Käse & Brot &amp; mehr</a>"


def test_what_escape_makes_a_browser_undoes(runtime, folder):
    (folder / "escape.py").write_text("from picoweb.html import escape\nprint(escape(%s))\n" % ascii(TEXT))
    done = subprocess.run([*runtime.command, "escape.py"], cwd=folder, env=runtime.environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=20)
    escaped = done.stdout.rstrip("\r\n")
    assert html.unescape(escaped) == TEXT, done.stderr
    assert not set("<>\"'") & set(escaped)
