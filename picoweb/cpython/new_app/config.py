"""What this board alone needs to know. Git ignores this file: it holds a password."""

WIFI_NAME = ""
WIFI_PASSWORD = ""
