"""The pytest plugin: pytest itself is run, on small test files, with `client` and `board`."""

import re

import pytest

from conftest import ROOT, find_mp64
from support.table import cases

pytest_plugins = ["pytester"]

APP = '''
import picoweb
import uasyncio

app = picoweb.WebApp(__name__)

@app.route("/")
async def index(req, resp):
    return "hello"

@app.route("/broken")
async def broken(req, resp):
    raise LookupError("the reason")

@app.route("/slow")
async def slow(req, resp):
    await uasyncio.sleep(9)

@app.route("/out-of-memory")
async def out_of_memory(req, resp):
    return bytes(100000)

@app.route("/exit")
async def exit(req, resp):
    raise SystemExit(int(req.qs))

@app.route("/heap")
async def heap(req, resp):
    import gc
    return {"bytes": gc.mem_free() + gc.mem_alloc()}

if __name__ == "__main__":
    app.run(port=80)
'''
IMPORTS = '''
import asyncio
import pytest
from app import app
'''


@pytest.fixture
def run(pytester, monkeypatch):
    """`run(test, app=..., ...)` runs pytest on a test file beside an app.py; the result is pytester's."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PICOWEB_MICROPYTHON", str(find_mp64()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    pytester.makepyfile(app=APP)

    def get(test, *options, imports=IMPORTS):
        pytester.makepyfile(test_it=imports + test)
        return pytester.runpytest_subprocess("-p", "picoweb.host.pytest_plugin", "-p", "anyio", *options)

    return get


PASSING = [
    ("a coroutine", 'async def test(client):\n    assert (await client(app).get("/")).text == "hello"', 1),
    ("a coroutine of a class", 'class Test:\n    async def test(self, client):\n        await client(app).get("/")', 1),
    ("a plain function", 'def test(client):\n    assert asyncio.run(client(app).get("/")).status == 200', 1),
    ("a coroutine with a table",
     '@pytest.mark.parametrize("path", ["/", "/none"])\nasync def test(client, path):\n    await client(app).get(path)', 2),
    ("a fixture made of client",
     '@pytest.fixture\ndef client(client):\n    return client(app)\nasync def test(client):\n    await client.get("/")', 1),
    ("a test that anyio runs",
     'runs = []\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n@pytest.mark.anyio\nasync def test(client):\n'
     '    runs.append(1)\ndef test_once():\n    assert runs == [1]', 2),
]


@pytest.mark.parametrize("test,passed", cases(PASSING))
def test_client_serves(run, test, passed):
    run(test).assert_outcomes(passed=passed)


FAILING = [
    ("an assertion", 'answer = await client(app).get("/none")\n    assert answer.status == 200',
     ["*assert 404 == 200*", "*<Answer 404 Not Found to GET /none: *"]),
    ("an error in the app", 'assert (await client(app).get("/broken")).status == 200',
     ["*assert 500 == 200*", "*Captured stdout call*", "*LookupError: the reason*"]),
    ("no answer in time", 'await client(app, timeout=0.1).get("/slow")', ["*TimeoutError: GET /slow: no answer in 0.1 s"]),
]


@pytest.mark.parametrize("test,lines", cases(FAILING))
def test_a_coroutine_that_fails_says_why(run, test, lines):
    result = run("async def test(client):\n    " + test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(lines)
    assert "runners.py" not in result.stdout.str()


def test_a_coroutine_without_its_fixtures_is_left_to_others(run):
    result = run("async def test():\n    pass\nasync def test_own(tmp_path):\n    pass")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*async def functions are not natively supported*"])


def test_another_plugins_client_is_left_alone(run):
    result = run("@pytest.fixture\ndef client():\n    pass\nasync def test(client):\n    pass")
    result.assert_outcomes(passed=1)  # it overrides ours, which is still there


BOARD = '''
def test_board(board):
    one, other = board("app.py"), board("app.py", heap="200K")
    assert one.get("/").text == "hello" and one.client.get("/none").status_code == 404
    assert one.url == "http://127.0.0.1:%d" % one.port
    assert 124000 < one.get("/heap").json()["bytes"] < 131072 < 190000 < other.get("/heap").json()["bytes"]
    assert one.get("/out-of-memory").status_code == 503
    assert "MemoryError" in one.output and "/none" not in other.output

async def test_both(client, board):
    assert board("app.py").get("/").text == (await client(app).get("/")).text
'''


def test_board_serves(run):
    run(BOARD).assert_outcomes(passed=2)


def test_board_finds_the_app(run, pytester):
    (pytester.path / "lib").mkdir()
    (pytester.path / "lib" / "shared.py").write_text("TEXT = 'of lib'\n")
    (pytester.path / "package").mkdir()
    (pytester.path / "package" / "__init__.py").write_text("")
    (pytester.path / "package" / "module.py").write_text(
        "import picoweb, shared\nfrom app import app as other\napp = picoweb.WebApp(__name__)\n"
        "@app.route('/')\nasync def index(req, resp):\n    return __name__ + shared.TEXT\n")
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "near.py").write_text(APP.replace('"hello"', '"near"'))
    (pytester.path / "tests" / "test_board.py").write_text('''
import pytest

@pytest.mark.parametrize("name,text", [
    ("app.py", "hello"), ("app.py:app", "hello"), ("app", "hello"), ("near.py", "near"),
    ("package.module", "package.moduleof lib"), ("package.module:app", "package.moduleof lib"),
    ("package.module:other", "hello"), ("package/module.py:app", "moduleof lib"),
])
def test(board, name, text):
    assert board(name).get("/").text == text
''')
    run("", "tests").assert_outcomes(passed=7, failed=1)


REFUSED = [
    ("no such app", '"none.py"', "board: none.py: no such app in *"),
    ("no such module", '"none.sense:app"', "board: none.sense:app: no such app in *"),
    ("no such attribute", '"app:none"', "*app has no WebApp called none*"),
    ("a heap that is no size", '"app.py", heap="lots"', "board: heap=lots: not a size like 128K"),
    ("a heap that is none", '"app.py", heap="1K"', "board: heap=1K: at least 4K is needed"),
    ("a heap that is too small", '"app.py", heap="6K"', "board: app.py with a 6K heap has ended with status 1:*"),
]


@pytest.mark.parametrize("call,line", cases(REFUSED))
def test_board_says_what_is_wrong(run, call, line):
    result = run("def test(board):\n    board(%s)" % call)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([line])
    assert "Traceback" not in result.stderr.str()


def test_board_says_what_to_install(run, monkeypatch, pytester):
    monkeypatch.setenv("PICOWEB_MICROPYTHON", str(pytester.path / "none"))
    result = run("def test(board):\n    board('app.py')")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["board: PICOWEB_MICROPYTHON: there is no */none"])


def test_a_board_that_dies_fails_its_test(run):
    result = run("def test(board):\n    try:\n        board('app.py').get('/exit?3', timeout=30)\n    except Exception:\n        pass")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["app.py with a 128K heap has ended with status 3:*", "*serving at http://127.0.0.1:*"])


def test_a_failed_test_shows_what_the_board_printed(run):
    result = run("def test(board):\n    assert board('app.py').get('/broken').status_code == 200")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*LookupError: the reason*"])


def test_a_board_ends_with_its_test(run):
    result = run("boards = []\ndef test(board):\n    boards.append(board('app.py'))\n"
                 "def test_after():\n    assert boards[0].process.poll() is not None")
    result.assert_outcomes(passed=2)


def test_the_plugin_is_an_entry_point():
    text = (ROOT / "pyproject.toml").read_text()
    assert re.search(r'\[project.entry-points.pytest11\]\npicoweb = "picoweb.host.pytest_plugin"\n', text)
