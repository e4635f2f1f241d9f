"""The access point of a portal: a page that asks for a Wi-Fi, and a DNS that leads phones to it."""
import picoweb
import picoweb.credentials as credentials
import picoweb.dns as dns
from .html import escape
from .http import asyncio

AP = 1  # the interface's number in every port
STEP_MS = 250
SETTLE_MS = 1000  # in which an answer reaches the phone
TOLD_MS = 5000  # longer than the page waits before it looks again: a phone also fetches it unseen
MOST = 20  # networks on the page
FAILURES = (OSError, RuntimeError, MemoryError)  # WiFiError, and what else a driver raises
FRESH = {"Cache-Control": "no-store"}

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Wi-Fi</title>%s<style>
body{font:1em/1.4 sans-serif;max-width:24em;margin:auto;padding:1em;overflow-wrap:anywhere}
label{display:block;padding:.6em 0}.n{display:flex;gap:.6em;align-items:center}span{flex:1}meter{width:4em}
input:not([type=radio]),button{font:inherit;box-sizing:border-box;width:100%%;padding:.6em}
[role=alert]{border-left:.3em solid;padding-left:.6em}</style><h1>Wi-Fi of %s</h1>"""
REFRESH = '<meta http-equiv="refresh" content="2">'
ALERT = '<p role="alert">%s'
NETWORK = """<label class="n"><input type="radio" name="ssid" value="%s"%s><span>%s%s</span>
<meter min="-100" max="-40" low="-80" high="-65" optimum="-40" value="%d">%d dBm</meter></label>"""
REST = """<label>Another name<input name="other" value="%s" autocapitalize="none" autocomplete="off"></label>
<label>Password<input name="key" type="password" autocomplete="off"></label><button>Join</button></form>
<p><a href="/?scan">Look again</a>"""
JOINING = "<p>Joining %s.<p>If this page does not tell how it went, join the Wi-Fi %s again."
JOINED = "<p>Joined %s.<p>This access point ends now. In that Wi-Fi the device is at <b>http://%s/</b>"


class AccessPoint:
    """The access point, from its opening until a network is joined."""

    ap = task = None
    found = ()  # (rssi, name, security)
    chosen = None  # (ssid, key) to be joined
    joined = told = False
    name = error = ""

    def __init__(self, portal):
        self.portal = portal
        self.wifi = portal.wifi
        self.app = picoweb.WebApp(None, serve_static=False)
        self.app.max_body = 1024
        self.app.add_url_rule(self, self.serve)

    def match(self, path):
        """As a route it takes every path: phones ask for many, to see whether there is an internet."""
        return True

    async def join(self):
        """Joins a network; its address."""
        wifi = self.wifi
        while not wifi.ssid:
            try:
                await self.open()
                await self.choose()
            except (OSError, RuntimeError, ValueError, MemoryError) as e:
                wifi.say("no access point: %s; again in 5 s" % e)
                await wifi.pause(5000)
                await self.try_known()
            finally:
                await self.close()
        return wifi.address

    async def try_known(self):
        self.idle = 0
        try:
            await self.wifi.connect()
        except FAILURES:
            pass

    async def open(self):
        portal, wifi = self.portal, self.wifi
        self.scan()  # now: it takes seconds, in which no page is answered
        address = self.start()
        self.url = "http://%s%s/" % (address, ":%d" % portal.port if portal.port != 80 else "")
        await self.app.start(portal.host, portal.port)
        try:  # last: a task that is cancelled before it ran would leave its socket open
            self.task = asyncio.create_task(dns.serve(dns.listen(portal.host, portal.dns_port), address))
        except OSError as e:
            wifi.say("no DNS, phones do not open the page by themselves:", e)
        wifi.say("the access point %s is open, its page is %s" % (self.ssid, self.url))

    def start(self):
        """Switches the access point on; its address."""
        wifi, key = self.wifi, self.portal.key
        ap = self.ap = wifi.network.WLAN(AP)
        self.ssid = self.portal.ssid or "picoweb-%02x%02x" % tuple(ap.config("mac")[4:])
        settings = {"ssid": self.ssid, "security": 0}
        if key:
            settings["key"] = key
            settings["security"] = getattr(wifi.network.WLAN, "SEC_WPA_WPA2", 4)
        refused = wifi.attempt(ap.config, **settings)
        ap.active(True)
        if not ap.active():
            raise OSError("it stays off")
        if refused:  # an ESP32 may take it only now
            ap.config(**settings)
        if not wifi.power_save:
            wifi.stay_awake(ap)
        return ap.ifconfig()[0]

    async def close(self):
        if self.app.listener:
            await self.app.stop(2)
        if self.task:
            self.task.cancel()
            self.task = None
        if self.ap:
            self.wifi.attempt(self.ap.active, False)

    async def choose(self):
        """Waits until a network is joined."""
        wifi = self.wifi
        self.idle = 0
        while not self.joined:
            await wifi.pause(STEP_MS)
            self.idle += STEP_MS
            if self.chosen:
                await self.test(*self.chosen)
            elif wifi.networks and self.idle > self.portal.retry * 1000:
                await self.try_known()
                if wifi.ssid:
                    return
        waited = 0
        while not self.told and waited < self.portal.linger * 1000:
            await wifi.pause(STEP_MS)
            waited += STEP_MS
        await wifi.pause(TOLD_MS)

    async def test(self, ssid, key):
        """Joins what was chosen, and stores it."""
        await self.wifi.pause(SETTLE_MS)
        try:
            await self.wifi.join(ssid, key)
            self.joined = True
            self.portal.know(ssid, key)
            self.error = self.store(ssid, key)
        except FAILURES as e:
            self.error = "Could not join %s." % e
        self.chosen = None
        self.idle = 0

    def store(self, ssid, key):
        """Why it could not be stored, in words."""
        try:
            credentials.save(self.portal.path, ssid, key)
            return ""
        except (OSError, MemoryError, picoweb.HTTPException) as e:
            why = "The network could not be stored: %s." % (getattr(e, "message", "") or e)
            self.wifi.say(why)
            return why

    def scan(self):
        """Looks for networks: those with a name that can be shown, the strongest first."""
        best = {}
        self.error = ""
        try:
            for network in self.wifi.up().scan():
                name, rssi = decode(network[0]), network[3]
                if name and (name not in best or best[name][0] < rssi):
                    best[name] = (rssi, name, network[4])
        except (OSError, RuntimeError) as e:
            self.error = "Could not look for networks: %s. Type the name." % e
        self.found = sorted(best.values(), reverse=True)[:MOST]

    # The page

    async def serve(self, req, resp):
        host = req.headers.get(b"Host", b"")
        if req.path == "/favicon.ico":
            return "", 404
        is_named = host.strip(b"0123456789.:")  # a name, which the DNS has sent here
        if is_named or req.path != "/":
            return "", 302, {"Location": self.url if is_named else "/"}
        self.idle = 0
        if req.method != "POST":
            if req.qs == "scan" and not self.chosen:
                self.scan()
            return self.page(self.error), 200, FRESH
        if req.headers.get(b"Origin", b"http://" + host) != b"http://" + host:
            raise picoweb.HTTPException(403, "this form is of another page")
        await req.read_form_data()
        if not self.chosen and not self.joined:
            why = self.take(text(req.form, "other").strip() or text(req.form, "ssid"), text(req.form, "key"))
            if why:
                return self.page(why), 400, FRESH
        return "", 303, {"Location": "/"}

    def take(self, ssid, key):
        """Has choose() join it; why not, in words."""
        self.name = ssid
        why = credentials.why_not(ssid, key)
        if not why:
            self.chosen = ssid, key
            self.error = ""
        return why

    def page(self, error):
        """The parts of the page."""
        yield HEAD % (REFRESH if self.chosen else "", escape(self.wifi.hostname or self.ssid))
        if error:
            yield ALERT % escape(error)
        if self.joined:
            self.told = True
            port = self.portal.app_port
            yield JOINED % (escape(self.wifi.ssid), self.wifi.address + (":%d" % port if port != 80 else ""))
        elif self.chosen:
            yield JOINING % (escape(self.name), escape(self.ssid))
        else:
            yield '<form method="post" action="/">'
            other = self.name
            for rssi, name, security in self.found:
                checked = " checked" if name == self.name else ""
                if checked:
                    other = ""
                name = escape(name)
                yield NETWORK % (name, checked, name, "" if security else " (open)", rssi, rssi)
            yield REST % escape(other)


def decode(ssid):
    """A name that can be shown; "" for another one."""
    try:
        name = ssid.decode()
    except UnicodeError:
        return ""
    return name if credentials.is_text(name) else ""


def text(form, name):
    """A field of a form; "" where it is missing or repeated."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
