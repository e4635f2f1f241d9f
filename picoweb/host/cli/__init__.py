"""The command line `picoweb`: `__main__.py` has the commands, a module beside it what each of them does."""
