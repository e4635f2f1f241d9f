"""picoweb.plugins: what plugins add, and when they are called."""

import json

import pytest

from support.table import on_all

pytestmark = on_all()


def test_plugins_add_routes_and_middleware_and_start_with_the_app(serve):
    answer = serve("plugins.py").get("/health")
    started = serve("plugins.py").runtime.name != "waitress"  # WSGI tells of no start
    assert json.loads(answer.body) == ["setup", "start"][: 1 + started]
    assert answer.get("X-Bare") == b"1"


@pytest.mark.parametrize("name,text", [
    ("health", "ValueError: two plugins named health"), ("bare", "ValueError: two plugins named Bare"),
    ("empty", "NotImplementedError: setup() of the plugin empty")])
def test_a_plugin_twice_and_one_without_setup_are_told_of(serve, name, text):
    assert serve("plugins.py").get("/again/" + name).text == text


def test_plugins_stop_with_the_app(start):
    server = start("plugins.py").marked()
    assert server.get("/stop").status == 200
    assert server.logged("told to stop")
