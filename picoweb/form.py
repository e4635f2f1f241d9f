"""Forms with files, whole: a handler finds the fields in req.form and the files in req.files."""
from .http import coroutine, refuse
from .multipart import Multipart
from .saving import NewFile


def with_form(folder=None, form=Multipart):
    """Decorate a handler, which has req.form and req.files; a file that it does not save is gone when it ends.

    Files wait in `folder`; without one they are refused. `form` is Multipart, or a subclass with other limits.
    """

    def decorate(handler):
        @coroutine
        def handle(*args, **values):
            files = []
            try:
                yield from read(args[-2], folder, form, files)
                result = handler(*args, **values)
                if hasattr(result, "send"):
                    result = yield from result
                return result
            finally:
                for file in files:
                    if file:
                        file.drop()

        return handle

    return decorate


@coroutine
def read(req, folder, form, files):
    """Fill req.form and req.files; `files` has them from their start on."""
    form = form(req)
    req.form = {}
    req.files = {}
    while (yield from form.next()):
        if form.filename is None:
            add(req.form, form.name, (yield from form.text()))
        elif form.filename:
            if folder is None:
                refuse("a file where none is taken", 415)
            files.append(None)  # its place, for which there may be no memory once it is there
            files[-1] = file = NewFile(folder, form.filename)
            file.headers = form.headers
            yield from form.save(file)
            file.close()
            add(req.files, form.name, file)


def add(found, name, value):
    """Add a value; those of a repeated name become a list."""
    if name in found:
        if not isinstance(found[name], list):
            found[name] = [found[name]]
        found[name].append(value)
    else:
        found[name] = value
