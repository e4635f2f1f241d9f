"""Freezes picoweb into firmware: include() this file from a board's manifest."""

import os

metadata(version="3.0.0", license="MIT")

# Only the folder's own modules: picoweb/cpython/ is for hosts. -O3 leaves out line numbers and asserts.
package("picoweb", files=sorted(f for f in os.listdir("picoweb") if f.endswith(".py")), opt=3)
