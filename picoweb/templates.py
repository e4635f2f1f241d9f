"""utemplate's loader for an app's folder."""


def loader(app):
    import utemplate.source

    from .methods import folder

    where = folder(app)
    pkg = app.pkg.split(".")[0] if where else None
    return utemplate.source.Loader(pkg, "templates")
