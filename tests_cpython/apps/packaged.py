"""The shop package, as an app and mounted."""

import sys

import shop

import picoweb


site = picoweb.WebApp(None, serve_static=False)
site.mount("/shop", shop.app)
site.run(port=int(sys.argv[1]))
