"""Joins the Wi-Fi, or asks for one on a page of its own, then serves app.py."""

import picoweb
from app import app
from picoweb.portal import Portal
from picoweb.wifi import WiFi

# Of the 12 that the network of these boards holds: one is to say 503, one for a connection of the app's own.
picoweb.WebApp.max_connections = 10

Portal(WiFi()).run(app)
