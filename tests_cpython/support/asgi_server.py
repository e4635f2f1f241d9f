"""Runs an app's file so that its app.run() serves under another server: `python asgi_server.py uvicorn FILE PORT [ARGS]`."""

import asyncio
import runpy
import sys

import picoweb
from picoweb import log as logs
from picoweb.host import asgi


def uvicorn(application, host, port):
    import uvicorn

    # h11, which takes every method; test_hosts.py has httptools.
    uvicorn.run(application, host=host, port=port, log_level="warning", http="h11", ws="wsproto",
                timeout_keep_alive=1, timeout_graceful_shutdown=1)


def hypercorn(application, host, port):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = ["%s:%d" % (host, port)]
    config.keep_alive_timeout = config.graceful_timeout = 1
    asyncio.run(serve(application, config, mode="asgi"))


def waitress(application, host, port):
    import waitress

    waitress.serve(application.wsgi, host=host, port=port, clear_untrusted_proxy_headers=False)


SERVERS = {"uvicorn": uvicorn, "hypercorn": hypercorn, "waitress": waitress}


def main():
    server = SERVERS[sys.argv[1]]
    sys.argv = sys.argv[2:]

    def run(app, host="127.0.0.1", port=8081, debug=False, lazy_init=False, log=None):
        app.debug = debug
        if debug >= 0:
            app.log = logs.start(log, debug, host, port)
        server(asgi(app), host, port)

    picoweb.WebApp.run = run
    sys.path.insert(0, "")
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
