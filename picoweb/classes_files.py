"""Files in the forms of a Resource: `_read = staticmethod(read)` in its class."""
from .http import coroutine
from .multipart import Multipart
from .request import read_form_data


@coroutine
def read(req):
    """Fill req.form with the fields before the first file, and that file: a Multipart, which the page reads as it comes."""
    if "multipart/" not in req.conn.body_type:
        return (yield from read_form_data(req))
    req.form = {}
    form = Multipart(req)
    while (yield from form.next()):
        if form.filename is None:
            req.form[form.name] = yield from form.text()
        elif form.filename:
            req.form[form.name] = form
            break
