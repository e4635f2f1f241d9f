"""Joins the Wi-Fi, or asks for one on a page of its own, then serves app.py."""

from app import app
from picoweb.portal import Portal
from picoweb.wifi import WiFi

Portal(WiFi()).run(app)
