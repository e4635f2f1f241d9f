"""An app's own lib/, as a board has /lib: modules there are found last, however the app is started."""

import sys
from pathlib import Path


def add(folder):
    """Have modules found in lib/ of a folder, if there is one."""
    library = Path(folder, "lib").absolute()
    if library.is_dir() and str(library) not in sys.path:
        sys.path.append(str(library))


def add_for(pkg):
    """Have modules found in lib/ beside the app's module or package, which is named as WebApp(pkg) has it."""
    module = sys.modules.get(pkg or "__main__")
    file = getattr(module, "__file__", None)
    if file:
        path = Path(file).absolute()
        depth = len(module.__name__.split(".")) if hasattr(module, "__path__") else module.__name__.count(".")
        add(path.parents[depth])
