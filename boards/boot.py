"""Runs first, before mpremote's prompt too: the board's name in the network, http://picoweb.local."""

import network

network.hostname("picoweb")
