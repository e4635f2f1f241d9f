"""Serves an app until it ends; with `reload` anew whenever a module, a template or a static file of it changes."""

import os
import threading
from pathlib import Path

from .interpreter import HEAP, Failure, command, find, heap_bytes, probe, shown
from .serve import CHANGED, INTERRUPTED, Server, say

LOOK_MS = 100  # after which the watch is known to have begun


def run(target, on, heap=None, usual_heap=HEAP, host=None, port=None, debug=None, reload=False, program="picoweb",
        beside=None, **places):
    """Serves an app on an interpreter, as find() takes it; answers the exit status."""
    interpreter = probe(find(on, beside))
    if heap and interpreter.is_cpython:
        raise Failure("--heap: CPython's heap has no limit to set; type: --on micropython")
    heap = heap or usual_heap
    heap_bytes(heap)
    changes = Changes(target.folder) if reload else None

    def serve():
        drop_compiled(target.folder / "templates")
        argv, environment = command(interpreter, target, host, port, debug, heap, beside=beside, **places)
        where = str(interpreter) if interpreter.is_cpython else f"{interpreter} with a {heap} heap"
        return Server(target, argv, environment, where, program, changes, host=host, port=port).run()

    return serve_anew(serve, changes, program) if changes else serve()


def serve_anew(serve, changes, program):
    """Serves after each change, until Ctrl-C."""
    try:
        while True:
            try:
                status = serve()
            except Failure as failure:
                say(program, failure)
                status = 1
            if status == INTERRUPTED:
                return status
            if status != CHANGED:
                say(program, "waiting for a change")
            say(program, changes.wait(), "has changed")
    except KeyboardInterrupt:
        return INTERRUPTED


class Changes:
    """Changed files below a folder: a file to select on, readable when there are some."""

    def __init__(self, folder):
        try:
            import watchfiles
        except ImportError:
            raise Failure('--reload needs watchfiles; type: pip install "picoweb[reload]"') from None
        self.folder = folder
        self.ignores = watchfiles.DefaultFilter()
        self.changed = ""
        self.reader, self.writer = os.pipe()
        self.begun = threading.Event()
        threading.Thread(target=self.watch, args=(watchfiles.watch,), daemon=True).start()
        self.begun.wait()

    def fileno(self):
        return self.reader

    def wait(self):
        """Answers a file that has changed, waiting until there is one."""
        os.read(self.reader, 65536)
        return self.changed

    def watch(self, watch):
        for changes in watch(self.folder, watch_filter=self.matters, rust_timeout=LOOK_MS, yield_on_timeout=True):
            self.begun.set()
            if changes:
                self.changed = shown(Path(min(path for _, path in changes)))
                os.write(self.writer, b".")

    def matters(self, change, path):
        """Whether a file is the app's, and nothing that is made of it."""
        path = Path(path)
        if not self.ignores(change, str(path)):
            return False
        folders = path.relative_to(self.folder).parts[:-1]
        if "templates" in folders and path.suffix == ".py":
            return not is_compiled(path)
        return path.suffix == ".py" or "templates" in folders or "static" in folders


# Compiled templates: utemplate keeps a_html.py for a.html, and does not see that a.html is newer


def is_compiled(path):
    return any(path.name == compiled_name(source) for source in path.parent.glob("*.*"))


def compiled_name(source):
    return source.name.replace(".", "_") + ".py"


def drop_compiled(folder):
    """Has utemplate compile templates anew where one of them, which others may include, has changed."""
    sources = [path for path in folder.rglob("*.*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    newest_ns = max((path.stat().st_mtime_ns for path in sources), default=0)
    for compiled in {source.with_name(compiled_name(source)) for source in sources}:
        if compiled.is_file() and compiled.stat().st_mtime_ns < newest_ns:
            compiled.unlink(missing_ok=True)
