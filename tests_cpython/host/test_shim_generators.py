"""Plain generators wait for coroutines on every runtime, as they do on a board."""

import asyncio
import functools
import inspect
import sys
import types

import pytest

import picoweb
import picoweb.host.shim.uasyncio as uasyncio
from picoweb.host.shim.generators import adopt, renew
from support.scripts import output
from support.table import cases

MARK = inspect.CO_ITERABLE_COROUTINE


@pytest.fixture
def app(serve):
    return serve("generators.py")


PAGES = [
    ("a coroutine of asyncio", "/asyncio", "asyncio"),
    ("a coroutine of the app", "/own", "own"),
    ("coroutines of picoweb", "/picoweb", "picoown"),
    ("a generator that waits for coroutines", "/nested", "own"),
    ("generators of another module", "/other", "other also"),
    ("what a decorator wraps", "/decorated", "decorated own"),
    ("a function within", "/inner", "inner"),
    ("methods of a class", "/class", "readownown"),
    ("a task of a generator", "/task", "ownown"),
    ("a generator with a time limit", "/timed", "time is over"),
    ("a coroutine in a mounted app", "/sub/page", "mounted"),
    ("a coroutine in an error handler", "/none", "own 404"),
    ("a coroutine before it streams", "/streamed", "0\n1\n2\n"),
    ("a coroutine in a bound method", "/method", "read"),
    ("a coroutine behind a callable object", "/partial", "bound"),
]


@pytest.mark.parametrize("path,text", cases(PAGES))
def test_a_generator_handler_waits_for(app, path, text):
    assert app.get(path).text == text


def test_a_generator_handed_to_create_task_before_the_app_runs_waits_for_coroutines(runtime, app):
    if not (runtime.is_micropython or runtime.name == "cpython"):
        pytest.skip("an ASGI server's loop is made after the app")
    assert app.get("/before").text == "ticked"


# adopt() on its own

def handler(req, resp):
    yield from asyncio.sleep(0)


def marked(func):
    return bool(func.__code__.co_flags & MARK)


def fresh(source, name="an_app", **names):
    """A module of an app, made of its source."""
    module = types.ModuleType(name)
    module.__dict__.update(names, asyncio=asyncio, picoweb=picoweb)
    exec(source, module.__dict__)
    return module


APP = """
app = picoweb.WebApp(None, serve_static=False)
def generator():
    yield
def plain():
    return 1
async def coroutine():
    pass
async def stream():
    yield 1
rows = (x for x in range(3))
TABLE = {"__name__": 5}
class Part:
    OPTIONS = {"__name__": 5}
    def method(self):
        yield
    @property
    def value(self):
        yield
app.add_url_rule("/", generator)
"""


def test_only_plain_generators_are_marked():
    module = fresh(APP)
    adopt(module.app)
    assert marked(module.generator) and marked(module.Part.method) and marked(module.Part.value.fget)
    assert not any(map(marked, (module.plain, module.coroutine, module.stream)))
    assert list(module.rows) == [0, 1, 2]


def test_adopting_twice_changes_nothing():
    module = fresh(APP)
    adopt(module.app)
    code = module.generator.__code__
    adopt(module.app)
    assert module.generator.__code__ is code


def test_a_marked_generator_is_still_an_iterator():
    module = fresh("def numbers():\n    yield 1\n    yield 2\n" + APP)
    adopt(module.app)
    assert list(module.numbers()) == [1, 2]
    assert inspect.isgeneratorfunction(module.numbers) and not inspect.iscoroutinefunction(module.numbers)


def test_a_handler_is_found_behind_partials_and_methods():
    module = fresh("class A:\n    def h(self, req, resp):\n        yield\ndef f(x, req, resp):\n    yield\n"
                   "app = picoweb.WebApp(None, serve_static=False)\n")
    module.app.url_map += [("/a", module.A().h), ("/f", functools.partial(module.f, 1), {})]
    adopt(module.app)
    assert marked(module.A.h) and marked(module.f)


def test_middleware_and_error_handlers_are_adopted():
    module = fresh("app = picoweb.WebApp(None, serve_static=False)\n")
    middleware = fresh("def m(req, resp, next):\n    yield\n", "middleware")
    errors = fresh("def h(req, resp, exc):\n    yield\n", "errors_of_the_app")
    module.app.use(middleware.m)
    module.app.errorhandler(404)(errors.h)
    adopt(module.app)
    assert marked(middleware.m) and marked(errors.h)


def test_methods_of_a_subclass_are_adopted():
    module = fresh("class App(picoweb.WebApp):\n    def handle_exc(self, req, resp, e):\n        yield\n"
                   "app = App(None, serve_static=False)\n")
    sys.modules["an_app"] = module
    try:
        adopt(module.app)
    finally:
        del sys.modules["an_app"]
    assert marked(module.App.handle_exc)


def test_neither_CPython_nor_picoweb_nor_installed_modules_are_touched():
    import contextlib

    import picoweb.errors

    module = fresh(APP + "import os, tempfile, glob, pytest, hypothesis.strategies\nfrom glob import _iterdir\n")
    before = [f.__code__ for f in (module.glob._iterdir, module.os.walk, contextlib.suppress.__exit__,
                                   picoweb.WebApp.handle_exc, pytest.importorskip)]
    module.app.add_url_rule("/walk", module.os.walk)
    module.app.add_url_rule("/iterdir", functools.partial(module._iterdir, "x"))
    adopt(module.app)
    after = [f.__code__ for f in (module.glob._iterdir, module.os.walk, contextlib.suppress.__exit__,
                                  picoweb.WebApp.handle_exc, pytest.importorskip)]
    assert all(a is b for a, b in zip(before, after))


def test_an_installed_app_is_adopted_where_its_handlers_are():
    installed = {"__file__": "/x/lib/python3/site-packages/shop/__init__.py"}
    library = fresh("def other():\n    yield\n", "library", __file__="/x/lib/python3/site-packages/library.py")
    module = fresh(APP, "shop", library=library, **installed)
    adopt(module.app)
    assert marked(module.generator) and not marked(library.other)


def test_an_object_that_breaks_when_it_is_looked_at_is_passed_over():
    module = fresh(APP + "class Proxy:\n    @property\n    def __class__(self):\n        raise RuntimeError\n"
                   "    def __getattr__(self, name):\n        raise RuntimeError\nproxy = Proxy()\n")
    adopt(module.app)
    assert marked(module.generator)


# renew() on its own

def drive(gen):
    return asyncio.run(awaited(gen))


async def awaited(gen):
    return await gen


def everything(a, b=2, /, c=3, *args, d, e=5, **more):
    yield from asyncio.sleep(0)
    return a, b, c, args, d, e, more


@pytest.mark.parametrize("args,kwargs", [
    ((1,), {"d": 4}), ((1, 9, 8, 7, 6), {"d": 4, "e": 0, "x": 1}), ((1,), {"c": 0, "d": 4}),
])
def test_a_generator_is_made_anew_of_its_arguments(args, kwargs):
    plain = types.FunctionType(unmarked(everything.__code__), globals(), "everything", everything.__defaults__)
    plain.__kwdefaults__ = everything.__kwdefaults__
    expected = inspect.signature(everything).bind(*args, **kwargs)
    expected.apply_defaults()
    assert drive(renew(plain(*args, **kwargs))) == tuple(expected.arguments.values())


def unmarked(code):
    return code.replace(co_flags=code.co_flags & ~MARK)


def test_a_closure_is_shared_with_the_generator_made_anew():
    count = 0

    def generator(step):
        nonlocal count

        def inner():
            return step
        yield from asyncio.sleep(0)
        count += inner()

    drive(renew(generator(5)))
    assert count == 5
    count = 10
    drive(renew(generator(1)))
    assert count == 11


def test_a_generator_that_has_begun_is_left_as_it_is():
    def generator():
        yield 1
        yield 2

    gen = generator()
    next(gen)
    assert renew(gen) is gen
    assert list(gen) == [2]


# Tasks

TASKS = """
import asyncio, uasyncio

async def own():
    await asyncio.sleep(0)
    return "own"

def generator():
    yield from asyncio.sleep(0)
    return (yield from own())

async def main():
    print(await asyncio.create_task(generator()))
    print(await uasyncio.create_task(generator()))
    print(await uasyncio.get_event_loop().create_task(generator()))
    print(await uasyncio.gather(generator(), own()))
    print(await uasyncio.wait_for(generator(), 5), await uasyncio.wait_for_ms(generator(), 5000))

task = uasyncio.create_task(generator())
uasyncio.run(main())
print(task.done(), uasyncio.run(generator()))
"""


def test_a_plain_generator_is_a_task(tmp_path):
    assert output("cpython", TASKS, tmp_path).splitlines() == ["own"] * 3 + ["['own', 'own']", "own own", "True own"]


def test_a_generator_that_fails_in_a_task_tells_where(tmp_path):
    assert output("cpython", """
import asyncio, uasyncio
def generator():
    yield from asyncio.sleep(0)
    raise ValueError("its reason")
async def main():
    try:
        await uasyncio.create_task(generator())
    except ValueError as e:
        print(e.args, e.__traceback__.tb_next is not None)
uasyncio.run(main())
""", tmp_path) == "('its reason',) True\n"


def test_a_loop_with_a_factory_of_tasks_keeps_it(tmp_path):
    assert output("cpython", """
import asyncio, uasyncio
def factory(loop, coro, **options):
    return asyncio.Task(coro, loop=loop, **options)
async def main():
    asyncio.get_running_loop().set_task_factory(factory)
    uasyncio.get_event_loop()
    print(asyncio.get_running_loop().get_task_factory() is factory)
asyncio.run(main())
""", tmp_path) == "True\n"


def test_adopt_is_where_whoever_serves_an_app_looks_for_it():
    assert uasyncio.adopt is adopt
