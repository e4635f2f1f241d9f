"""Compiles templates, and tells the file, the line and the text of what is wrong in one; for development."""
import uio
import uos
import utemplate.source as source

from . import traceback

BASE = source.Compiler
MARK = "#: "  # in compiled code, before what a line of a template has become: its file and number


class Compiler(BASE):
    """utemplate's compiler; what it makes can escape, and says of which line it is."""

    def __init__(self, file_in, file_out, indent=0, seq=0, loader=None):
        super().__init__(file_in, file_out, indent, seq, loader or source.Compiler.sources)  # none: it is included
        self.name = self.loader.name
        self.line = 0
        self.began = {}  # lines, by the depth of the blocks that begin there

    def header(self):
        if not self.seq:
            self.file_out.write("_text = safe = str\n")  # others where the app has autoescape

    def indent(self, adjust=0):
        self.loader.mark(self.file_out, "%s:%d" % (self.name, self.line))
        super().indent(adjust)

    def render_expr(self, e):
        self.indent()
        self.file_out.write("yield _text(%s)\n" % e)

    def parse_statement(self, stmt):
        tokens = stmt.split(None, 2)
        depth = len(self.stack)
        if tokens[0] == "include" and tokens[1][:2] == "{{":
            self.indent()
            self.file_out.write("yield from _load(%s)(%s)\n" % (tokens[1][2:-2], "".join(tokens[2:])))
        else:
            super().parse_statement(stmt)
        if len(self.stack) > depth:
            self.began[len(self.stack)] = self.line

    def parse_line(self, l):
        self.line += 1
        try:
            super().parse_line(l)
        except SyntaxError:  # of what it includes
            raise
        except Exception as e:
            raise SyntaxError(self.loader.place(self.name, self.line, str(e) or "malformed"))

    def compile(self):
        seq = super().compile()
        if not self.flushed_header:
            self.indent()
            self.file_out.write('yield ""\n')
        if len(self.stack) > 1:
            raise SyntaxError(self.loader.place(self.name, self.began[len(self.stack)], "no end of " + self.stack[-1]))
        return seq


class Sources:
    """The templates of a folder, whose path ends with "/"."""

    def __init__(self, folder):
        self.folder = folder
        self.marked = None

    def input_open(self, name):
        self.name = name
        return open(self.folder + name, encoding="utf-8")

    def mark(self, out, place):
        """Write which line of a template what follows is of, once."""
        if place != self.marked:
            self.marked = place
            out.write("%s%s\n" % (MARK, place))

    def place(self, name, line, why):
        """Return a message: file, number and text of a template's line, and what is wrong there."""
        with self.input_open(name) as f:
            for _ in range(line):
                text = f.readline()
        return "%s%s, line %d: %s: %s" % (self.folder, name, line, why, text.strip())

    def compile(self, name):
        """Return a template's code; SyntaxError with file, line and text."""
        out = uio.StringIO()
        source.Compiler = Compiler  # what it includes is compiled by this one, too
        Compiler.sources = self
        try:
            with self.input_open(name) as f:
                Compiler(f, out, loader=self).compile()
        finally:
            source.Compiler = BASE
        return out.getvalue()

    def explain(self, e, code=None):
        """Return the message of an exception that a template's `code` raised, None if no template did."""
        found = None
        for line in traceback(e).split("\n"):
            parts = line.split('"')
            if parts[0].strip() == "File" and "templates/" in parts[1]:
                found = parts
        try:
            number = int(found[2].split()[2].strip(","))
            if code is None:
                with open(found[1], encoding="utf-8") as f:
                    code = f.read()
            marks = [line for line in code.split("\n")[:number] if line.startswith(MARK)]
            name, _, line = marks[-1][len(MARK) :].rpartition(":")
            return self.place(name, int(line), "%s: %s" % (type(e).__name__, e.args[0] if isinstance(e, SyntaxError) else e))
        except (TypeError, IndexError, ValueError, OSError):
            return None


def newest(path):
    """Return when the newest template of a folder was changed."""
    stat = uos.stat(path)
    if stat[0] & 0xF000 != 0x4000:
        return stat[8]
    names = [name for name in uos.listdir(path) if name[-3:] != ".py" and name[:2] != "__"]
    return max([newest(path + "/" + name) for name in names] or [0])


def load(loader, name, render):
    """Return a template's generator function: `render` if it is newer than all sources, else one compiled now."""
    sources = Sources(loader.folder)
    path = loader.folder + name.replace(".", "_") + ".py"
    try:
        if render and newest(loader.folder[:-1]) < uos.stat(path)[8]:
            return render if name in loader.found else guarded(loader.app, sources, render)
    except OSError:  # it is frozen
        return render
    code = sources.compile(name)
    scope = {}
    try:
        exec(compile(code, path, "exec"), scope)
    except SyntaxError as e:
        raise SyntaxError(sources.explain(e, code) or str(e))
    scope.update(loader.names)
    try:
        with open(path, "w", encoding="utf-8") as f:
            f.write(code)
    except OSError:  # it is read-only
        pass
    return guarded(loader.app, sources, scope["render"])


def guarded(app, sources, render):
    """Return `render`, which has the log tell the line of a template that raises."""

    def run(*args, **kwargs):
        try:
            yield from render(*args, **kwargs)
        except Exception as e:
            where = sources.explain(e)
            if where:
                app.tell("error", "%s", where)
            raise

    return run
