"""What a package without __init__.py has frozen, as mpy_bin2res.py makes it."""

R = {"static/frozen.txt": b"from R\n", "static/both.txt": b"R first\n"}
