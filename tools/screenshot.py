"""A picture of the dashboard on a phone, made by the tests' browser: docs/dashboard.webp, for README.rst and the docs."""

import argparse
import base64
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests_cpython")]

from conftest import PRESENT, Server  # noqa: E402 (the tests lie in the clone)
from support.browser import chromium  # noqa: E402

WIDTH, HEIGHT = 390, 844
VALUES = 40  # in each curve; one a second


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "docs" / "dashboard.webp")
    target = parser.parse_args().file
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "www").symlink_to(ROOT / "examples" / "www")
        (folder / "example.py").symlink_to(ROOT / "tests_cpython" / "apps" / "example.py")
        server = Server(PRESENT["mp64"], "example.py", (str(ROOT / "examples"), "dashboard"), folder)
        try:
            server.start()
            with chromium(folder) as page:
                page.command("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=2, mobile=True)
                page.open(server.url("/"))
                page.until("at('link').value == 'live' && at('cards').children.length == 4")
                page.until("document.querySelector('polyline').points.length == %d" % VALUES, timeout_s=120)
                height = page.run("Math.max(...[...document.body.children].map(e => e.getBoundingClientRect().bottom))")
                clip = {"x": 0, "y": 0, "width": WIDTH, "height": height + 16, "scale": 1}
                picture = page.command("Page.captureScreenshot", format="webp", quality=70, clip=clip)["data"]
        finally:
            server.end()
    target.write_bytes(base64.b64decode(picture))
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
