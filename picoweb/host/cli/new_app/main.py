"""What a board starts: joins the Wi-Fi, or asks for one on a page of its own, then serves the app on port 80."""

from app import app
from picoweb.portal import Portal
from picoweb.wifi import WiFi

if __name__ == "__main__":
    Portal(WiFi()).run(app)
