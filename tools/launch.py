"""On MicroPython: runs an app that lies beside picoweb's sources with the compiled picoweb. `launch APP`.

MicroPython looks for modules in the script's folder first, and that is this one: the sources, which need twice the
heap, come after the folders of MICROPYPATH.
"""
import sys

sys.path.pop(0)
sys.path.append("")
del sys.argv[0]
with open(sys.argv[0]) as file:
    code = compile(file.read(), sys.argv[0], "exec")
exec(code, {"__name__": "__main__", "__file__": sys.argv[0]})
