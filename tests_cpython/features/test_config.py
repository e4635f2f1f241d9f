"""picoweb.config: files of every form become settings, and no secret is shown."""

import json
import subprocess

import pytest

from conftest import PRESENT

SCRIPT = """
import json
from picoweb.config import Config
config = Config(token="s3cret")
config.from_env_file("none")
config.from_env_file("settings.env")
config.load_env()
try:
    config.from_json("wrong.json")
    raise SystemExit("a list is taken")
except ValueError:
    pass
config.from_json("right.json")
print(json.dumps([config.all(), repr(config), str(config), "port" in config, "x" in config, config.get("x", 5), config["Port"]]))
"""
LINES = [
    ("a number", "A=5", 5), ("a fraction", "A=2.5", 2.5), ("a negative number", "A=-5", -5), ("yes", "A=yes", True),
    ("True", "A=TRUE", True), ("no", "A=No", False), ("a text", "A=b c", "b c"), ("spaces", "  A =  b  ", "b"),
    ("a name in small letters", "a=b", "b"), ("export", "export A=b", "b"), ("quotes", 'A="5"', "5"), ("single quotes", "A='yes'", "yes"),
    ("quotes around a comment", 'A="b # c" # d', "b # c"), ("a comment behind", "A=b # c", "b"), ("a number sign within", "A=b#c", "b#c"),
    ("an open quote", 'A="b', '"b'), ("nothing", "A=", ""), ("an equals sign", "A=b=c", "b=c"), ("the last", "A=1\nA=2", 2),
    ("an address", "A=127.0.0.1", "127.0.0.1"), ("a sign alone", "A=-", "-"), ("a comment line", "#A=1\n\nA", None), ("no name", "=1", None),
]


@pytest.mark.parametrize("name", [name for name in PRESENT if name[:2] == "mp" or name == "cpython"])
def test_an_env_file_is_read_and_no_value_is_shown(name, tmp_path):
    runtime = PRESENT[name]
    (tmp_path / "script.py").write_text("\n".join(
        SCRIPT.replace("settings.env", "%d.env" % at) for at in range(len(LINES))))
    for at, (_, text, _) in enumerate(LINES):
        (tmp_path / ("%d.env" % at)).write_text(text + "\n")
    (tmp_path / "wrong.json").write_text("[]")
    (tmp_path / "right.json").write_text('{"rooms": ["kitchen"]}')
    environment = {**runtime.environment(), "PICOWEB_PORT": "9000", "PICOWEB_DEBUG": "yes", "OTHER_HOST": "evil"}
    done = subprocess.run([*runtime.command, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    found = [settings.get("A") for settings, *_ in told]
    assert found == [value for _, _, value in LINES] and [type(a) for a in found] == [type(value) for _, _, value in LINES]
    for settings, shown, text, has_port, has_x, x, port in told:
        assert (has_port, has_x, x, port, settings["DEBUG"], settings["HOST"]) == (True, False, 5, 9000, True, "127.0.0.1")
        assert settings["ROOMS"] == ["kitchen"]
        assert settings["TOKEN"] == "s3cret" and "s3cret" not in shown + text and "TOKEN" in shown
