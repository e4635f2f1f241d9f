"""The code of the documentation: the blocks of a page, and the apps that they make.

The Python blocks of a page are one app, up to a block that makes another one; `app.run()` comes last. A console block's
`$ curl` is asked of it, and the output is that below it, where `...` stands for anything. The options of a block:

:caption: FILE   it is a file beside the app
:class: host     it runs to its end on CPython, with stand-ins for the board
:class: ends     a program that ends by itself, on every runtime
:class: test     for pytest
:class: sketch   it is only compiled, since it needs a chip or never ends
:class: runs     a console block that is typed in a shell; figures in its output may be others
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.rst", *sorted(path for path in (ROOT / "docs").rglob("*.*") if path.suffix in (".rst", ".md"))]
BLOCK = re.compile(r"""
    ^(\ *)\.\.\ code-block::\ (\w+)\n ((?:\1\ \ \ :.*\n)*) \n ((?:\1\ \ \ .*\n|\n)+)   # reStructuredText
    | ^```(\w+)\n ((?:(?!```).*\n)*) ```\n                                              # Markdown
    """, re.M | re.X)
RUN = re.compile(r'^(?:if __name__ == "__main__":\n    )?app\.run\((.*)\)\n', re.M)
BEFORE = ("openssl", "mkdir")  # commands that make what the app needs


@dataclass
class Program:
    """An app of a page, and what it is asked."""

    page: str
    number: int
    text: str = ""
    files: dict = field(default_factory=dict)
    before: list = field(default_factory=list)
    asked: list = field(default_factory=list)  # (command, output)
    kind: str = ""
    blocks: list = field(default_factory=list)  # [text, the first command that is asked after it]

    def __str__(self):
        return "%s-%d" % (self.page, self.number)

    def add(self, text):
        self.text += "\n" + text
        self.blocks.append([text, None])

    def ask(self, command, output):
        self.asked.append((command, output))
        for block in self.blocks:
            block[1] = block[1] or command

    def whole(self):
        """Return the app's text without its `app.run(...)`, and the options of that."""
        options = [text for text in RUN.findall(self.text) if text]
        text = RUN.sub("", self.text)
        if not re.search(r"^import picoweb$", text, re.M):
            text = "import picoweb\n\napp = picoweb.WebApp(__name__)\n" + text
        return text, options[-1] if options else ""


def blocks(path):
    """(language, {option: value}, text) of each block of code."""
    for found in BLOCK.finditer(path.read_text()):
        language, options, text = found[2] or found[5], found[3] or "", found[4] or found[6]
        yield language, dict(re.findall(r":(\w+): (.*)", options)), textwrap.dedent(text).strip("\n") + "\n"


def steps(text):
    """(command, output) of a console block."""
    for step in ("\n" + text).split("\n$ ")[1:]:
        command, _, output = step.replace("\\\n", "").partition("\n")
        yield command, output.rstrip("\n")


def programs(path):
    """The Programs of a page; what a page shows is beside all of its apps."""
    page = str(path.relative_to(ROOT)).replace("/", "-")
    found, apps, files, before = [], [], {}, []
    for language, options, text in blocks(path):
        kind = options.get("class", "")
        if language == "console" and kind:
            found.append(Program(page, len(found), asked=list(steps(text)), kind=kind))
            continue
        if "caption" in options:
            files[options["caption"]] = text
        elif language == "python" and kind:
            found.append(Program(page, len(found), text, kind=kind))
        elif language == "python":
            if not apps or re.search(r"^app = picoweb\.WebApp", text, re.M):
                apps.append(Program(page, len(found)))
                found.append(apps[-1])
            apps[-1].add(text)
        elif language == "console":
            for command, output in steps(text):
                if command.split()[0] in BEFORE:
                    before.append(command)
                elif command.split()[0] == "curl" and "127.0.0.1" in command:
                    apps[-1].ask(command, output)
    for program in found:
        program.files, program.before = files, before
    return found
