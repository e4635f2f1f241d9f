"""Small scripts, each run by an interpreter of its own."""

import subprocess
import sys

from conftest import PRESENT

SECONDS = 30


def output(name, script, folder, *args):
    """What a script prints on the runtime of that name; it must end well."""
    runtime = PRESENT[name]
    return finish([*runtime.command, write(script, folder), *args], runtime.environment(), folder)


def plain_output(script, folder, *options):
    """What a script prints on a CPython that nobody has told of picoweb, which it can import."""
    return finish([sys.executable, *options, write(script, folder)], PRESENT["cpython"].environment(), folder)


def write(script, folder):
    path = folder / "script.py"
    path.write_text(script)
    return str(path)


def finish(command, environment, folder):
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
