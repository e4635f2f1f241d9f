"""Forms with files, whole: a handler finds the fields in req.form and the files in req.files."""
from .errors import call
from .head import refuse
from .multipart import Multipart
from .saving import NewFile
from .stream import coroutine


def with_form(folder=None, form=Multipart):
    """Decorator of a handler, which has req.form and req.files; a file that it does not save is gone when it ends.

    Files wait in `folder`; without one they are refused. `form` is Multipart, or a subclass with other limits.
    """

    def decorate(handler):
        @coroutine
        def handle(*args, **values):
            files = []
            try:
                yield from read(args[-2], folder, form, files)
                return (yield from call(lambda: handler(*args, **values)))
            finally:
                for file in files:
                    file.drop()

        return handle

    return decorate


@coroutine
def read(req, folder, form, files):
    form = form(req)
    req.form = {}
    req.files = {}
    while (yield from form.next()):
        if form.filename is None:
            add(req.form, form.name, (yield from form.text()))
        elif form.filename:
            if folder is None:
                refuse("a file where none is taken", 415)
            file = NewFile(folder, form.filename)
            files.append(file)
            file.headers = form.headers
            yield from form.save(file)
            file.close()
            add(req.files, form.name, file)


def add(found, name, value):
    """What is repeated becomes a list."""
    if name in found:
        if not isinstance(found[name], list):
            found[name] = [found[name]]
        found[name].append(value)
    else:
        found[name] = value
