"""Makes the page try/ of the site, where an app runs in the browser, and the links to it below the blocks of other pages.

MicroPython for the browser is an npm package that tools/dev.py installs beside Python's. Without it the site is built
all the same, and the page says what is missing.
"""

import base64
import json
import re
import shlex
import shutil
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

from docutils import nodes

from directives import PICOWEB, compiled
from programs import PAGES, ROOT, programs

HERE = Path(__file__).resolve().parent / "try"
MICROPYTHON = "@micropython/micropython-webassembly-pyscript"
PACKAGE = Path(sys.prefix, "node_modules", MICROPYTHON)
LIBRARY = Path(sys.prefix, "micropython-lib")  # what a template needs beside picoweb
# What MicroPython of the browser has not; `picoweb.NAME` needs random numbers, or a file system that is kept.
NOT_HERE = {"machine", "network", "ssl", "utemplate"}
NEEDS = {"picoweb.csrf", "picoweb.session", "picoweb.store", "picoweb.records", "picoweb.ratelimit"}
EXAMPLES = {"hello": [], "dashboard": ["www/index.html", "www/style.css"], "chart": [], "chat": [], "upload": []}
MAIN = '\n\nif __name__ == "__main__":\n    app.run(%s)\n'


def missing(text):
    """Return the modules that an app imports and that are not to be had in the browser."""
    names = set(re.findall(r"^ *(?:import|from) ([\w.]+)", text, re.M))
    found = {name.partition(".")[0] for name in names}
    return found & (NOT_HERE - {path.name for path in LIBRARY.glob("*")}) | names & NEEDS


def asked_path(command):
    """Return the path of a curl command; None if it is not a GET."""
    words = shlex.split(command or "")
    if {"-X", "-d", "-F", "-T", "-u"} & set(words):
        return None
    return next((urlsplit(word)._replace(scheme="", netloc="").geturl() for word in words if word.startswith("http://")), None)


def offered(page):
    """Return the (name, Program) of a page of the docs that run in the browser."""
    name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
    apps = [program for program in programs(page) if not program.kind]
    apps = [program for program in apps if not missing(program.text + "utemplate" * ("templates/" in str(program.files)))]
    return [(name + f"-{n}" * (n > 1), program) for n, program in enumerate(apps, 1)]


def examples(builder):
    """Return what the page offers: {name, title, page, path, text, files} of each."""
    found = []
    for name, files in EXAMPLES.items():
        text = (ROOT / "examples" / (name + ".py")).read_text()
        content = {file: (ROOT / "examples" / file).read_text() for file in files}
        found.append({"name": name, "title": f"examples/{name}.py", "page": "", "path": "/", "text": text, "files": content})
    for page in PAGES[1:]:
        for name, program in offered(page):
            docname = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
            text, options = program.whole()
            paths = [asked_path(command) for command, _ in program.asked]
            path = next(filter(None, paths), "/")
            files = {file: content for file, content in program.files.items() if not file.startswith("/")}
            found.append({"name": name, "title": name, "page": builder.get_target_uri(docname), "path": path,
                          "text": text.strip("\n") + MAIN % options, "files": files})
    return found


def library():
    """Return {path: bytes} of what a browser's MicroPython imports: picoweb in .mpy as on a board, and the page's own."""
    paths = [path.relative_to(PICOWEB).with_suffix("") for path in PICOWEB.rglob("*.py")]
    found = {f"picoweb/{path}.mpy": compiled(str(path)) for path in paths if path.parts[0] != "host"}
    found["serve.py"] = (HERE / "serve.py").read_bytes()
    for path in LIBRARY.glob("utemplate/*.py"):
        found[f"utemplate/{path.name}"] = path.read_bytes()
    return found


def parts(builder):
    """Return what the page's script finds in PICOWEB."""
    made = {
        "worker": (HERE / "worker.js").read_text(),
        "frame": (HERE / "frame.js").read_text(),
        "examples": examples(builder),
        "missing": f"This site was built without npm's {MICROPYTHON}: python3 tools/dev.py docs installs it where there is npm",
    }
    if PACKAGE.is_dir():
        made["version"] = json.loads((PACKAGE / "package.json").read_text())["version"]
        made["engine"] = classic((PACKAGE / "micropython.mjs").read_text())
        made["wasm"] = encode((PACKAGE / "micropython.wasm").read_bytes())
        made["library"] = {name: encode(content) for name, content in library().items()}
    return made


def classic(module):
    """Return MicroPython's module as a classic script, in which `loader` is a promise of its loadMicroPython().

    Chromium starts no module worker for a page of file://.
    """
    text = re.sub(r"\bexport (default _\w+;)?", "", module).replace("import.meta.url", "self.location.href")
    return "const loader = (async () => {\n" + text + "\nreturn loadMicroPython;\n})();"


def encode(content):
    return base64.b64encode(content).decode()


def write(app, exception):
    """Put the page into the site that was built."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir, "try")
    folder.mkdir(exist_ok=True)
    for name in ("index.html", "try.css", "try.js"):
        shutil.copyfile(HERE / name, folder / name)
    # One script, since a browser loads nothing else for a page of file://.
    (folder / "parts.js").write_text("const PICOWEB = " + json.dumps(parts(app.builder)) + ";\n")


def link(app, doctree):
    """Put a link to try/ below each block of an app that runs there."""
    page = Path(app.env.doc2path(app.env.docname))
    links = {}
    for name, program in offered(page):
        for text, command in program.blocks:
            path = asked_path(command)
            links[text.strip("\n")] = f"app={quote(name)}" + (f"&path={quote(path, '')}" if path else "")
    for block in list(doctree.findall(nodes.literal_block)):
        query = links.get(block.astext().strip("\n"))
        if query and not isinstance(block.parent, nodes.container):
            target = "../" * app.env.docname.count("/") + "try/index.html?" + query
            paragraph = nodes.paragraph(classes=["try"])
            paragraph += nodes.reference("", "Try it", refuri=target)
            block.parent.insert(block.parent.index(block) + 1, paragraph)


def setup(app):
    app.connect("doctree-read", link)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
