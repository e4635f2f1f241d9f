"""picoweb.wifi: the state machine, driven by a `network` whose access points and time are scripted (apps/radio.py)."""

import json
import subprocess

import pytest

from conftest import HERE, PRESENT
from support.scripts import output
from support.table import cases

RUNTIMES = [name for name in ("cpython", "mp64", "mp32") if name in PRESENT]
HOME = {"home": "secret12"}
KNOWN = [["home", "secret12"]]


def case(air=HOME, known=KNOWN, **more):
    return {"air": air, "known": known, **more}


def odd(**network):
    return {"home": {"key": "secret12", **network}}


# A failed attempt: the sentence, the port, the access points, what is raised.
FAILURES = [
    ("a wrong password is told by a Pico W", "pico", {"home": "another1"}, "home: wrong password"),
    ("a wrong password is told by an ESP32", "esp32", {"home": "another1"}, "home: wrong password"),
    ("a wrong password is told by an ESP8266", "esp8266", {"home": "another1"}, "home: wrong password"),
    ("an ESP32's broken handshake is a wrong password", "esp32", odd(status=15), "home: wrong password"),
    ("an ESP32's late handshake is a wrong password", "esp32", odd(status=204), "home: wrong password"),
    ("a missing network is told by a Pico W", "pico", {}, "home: no such network"),
    ("a missing network is told by an ESP32", "esp32", {}, "home: no such network"),
    ("a missing network is told by an ESP8266", "esp8266", {}, "home: no such network"),
    ("a network too weak for an ESP32 is a missing one", "esp32", odd(status=212), "home: no such network"),
    ("a failure is told by a Pico W", "pico", odd(status="CONNECT_FAIL"), "home: no connection"),
    ("a failure is told by an ESP32", "esp32", odd(status="CONNECT_FAIL"), "home: no connection"),
    ("a failure that has no name is told with its number", "esp32", odd(status=39), "home: no connection (39)"),
    ("a failure of a Pico W that has no name is told with its number", "pico", odd(status=-9), "home: no connection (-9)"),
    ("a network without addresses is told by a Pico W", "pico", odd(end="NO_ADDRESS"), "home: no address"),
    ("a network without addresses is told by an ESP32", "esp32", odd(end="NO_ADDRESS"), "home: no address"),
    ("a network that never answers is told by a Pico W", "pico", odd(end="SILENT"), "home: no answer in 20 seconds"),
    ("a network that never answers is told by an ESP32", "esp32", odd(end="SILENT"), "home: no answer in 20 seconds"),
]
CASES = {
    "plain": case(),
    "esp32": case(kind="esp32"),
    "esp8266": case(kind="esp8266"),
    "open": case({"home": ""}, [["home", ""]]),
    "second": case(known=[["none", "12345678"], ["home", "secret12"]]),
    "third after stale": case(kind="esp32", known=[["none", "12345678"], ["home", "another1"], ["home", "secret12"]]),
    "same failure twice": case(kind="esp32", known=[["none", "12345678"], ["neither", "12345678"]]),
    "dictionary": case(known=HOME),
    "none known": case(known=[]),
    "refused": case(fails={"connect": "EPERM"}),
    "cannot be set": case(fails={"config": "no such setting"}),
    "off": case(fails={"active": "Wifi Not Initialized"}),
    "gone while joining": case(events=[[700, "home", False]]),
    "settings": case(options={"hostname": "lamp", "country": "CH"}),
    "power": case(options={"power_save": True}),
    "static": case(options={"address": ["10.0.0.5", "255.0.0.0", "10.0.0.1", "1.1.1.1"]}),
    "never": case({}, do="keep", ends_ms=600_000),
    "comes": case(do="keep", events=[[0, "home", False], [40_000, "home", True]], ends_ms=100_000),
    "lost": case(do="keep", events=[[20_000, "home", False], [30_000, "home", True]], ends_ms=100_000),
    "other": case(known=[["home", "secret12"], ["office", "secret34"]], air={**HOME, "office": "secret34"}, do="keep",
                  events=[[20_000, "home", False]], ends_ms=60_000),
    **{name: case(air, kind=kind) for name, kind, air, _ in FAILURES},
}


@pytest.fixture(scope="module", params=RUNTIMES)
def results(request, tmp_path_factory):
    """What came of each case, on each runtime."""
    folder = tmp_path_factory.mktemp("wifi")
    (folder / "cases.json").write_text(json.dumps(CASES))
    script = "import sys\nsys.path.insert(0, %r)\nimport wifi\n" % str(HERE / "apps")
    return json.loads(output(request.param, script, folder, "cases.json"))


def asked(result):
    return [ssid for _, ssid, _ in result["asked"]]


def words(result):
    return [words for _, words in result["said"]]


# One attempt

@pytest.mark.parametrize("name", ["plain", "esp32", "esp8266", "dictionary"])
def test_a_known_network_is_joined(results, name):
    result = results[name]
    assert (result["raised"], result["ssid"], result["address"]) == (None, "home", "127.0.0.1")
    assert result["asked"] == [[0, "home", "secret12"]]
    assert words(result) == ["joined home 127.0.0.1"]


def test_an_open_network_is_joined_without_a_password(results):
    assert results["open"]["asked"] == [[0, "home", None]]
    assert results["open"]["ssid"] == "home"


@pytest.mark.parametrize("name,raised", cases([(row[0], row[0], row[3]) for row in FAILURES]))
def test_why_no_network_was_joined_is_told(results, name, raised):
    result = results[name]
    assert result["raised"] == raised
    assert result["ssid"] is result["address"] is None
    assert result["wants"] == "IDLE", "the driver goes on trying"
    assert result["ms"] <= 21_000


def test_a_network_that_goes_while_it_is_joined_is_told(results):
    assert results["gone while joining"]["raised"] == "home: no connection"


def test_what_the_driver_refuses_is_told(results):
    assert results["refused"]["raised"] == "home: EPERM"


def test_a_radio_that_does_not_start_is_told(results):
    assert results["off"]["raised"] == "home: Wifi Not Started"


def test_a_board_that_knows_no_network_says_so(results):
    assert results["none known"]["raised"] == "no network is known"


# Several networks

def test_the_known_networks_are_tried_in_their_order(results):
    assert asked(results["second"]) == ["none", "home"]
    assert results["second"]["ssid"] == "home"


def test_an_ESP32s_status_of_the_attempt_before_is_not_taken_for_this_one(results):
    result = results["third after stale"]
    assert (asked(result), result["ssid"]) == (["none", "home", "home"], "home")


def test_an_ESP32_that_fails_twice_in_the_same_way_is_not_waited_for_in_vain(results):
    result = results["same failure twice"]
    assert result["raised"] == "none: no such network, neither: no such network"
    assert result["ms"] < 10_000


# Settings

def test_power_saving_is_off_and_the_driver_tells_the_true_reason(results):
    assert results["plain"]["config"] == {"pm": 16, "reconnects": 1}
    assert "pm" not in results["power"]["config"]


def test_what_a_port_cannot_set_is_left(results):
    assert results["cannot be set"]["ssid"] == "home"


def test_hostname_and_country_are_set(results):
    assert results["settings"]["settings"] == {"hostname": "lamp", "country": "CH"}
    assert results["plain"]["settings"] == {}


def test_an_address_may_be_given(results):
    assert results["static"]["address"] == "10.0.0.5"


# Keeping it

def test_the_pauses_between_attempts_double_up_to_a_minute(results):
    said = words(results["never"])
    pauses = [int(line.split("again in ")[1].split()[0]) for line in said]
    assert pauses[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert set(line.split(";")[0] for line in said) == {"home: no such network"}


def test_a_network_that_comes_later_is_joined(results):
    result = results["comes"]
    assert words(result)[-1] == "joined home 127.0.0.1"
    assert result["is_connected"]


def test_a_network_that_was_lost_is_joined_again(results):
    result = results["lost"]
    assert words(result)[:2] == ["joined home 127.0.0.1", "lost home"]
    assert "again in 1 s" in words(result)[2]
    assert words(result)[-1] == "joined home 127.0.0.1"
    lost, joined = result["said"][1][0], result["said"][-1][0]
    assert lost - 20_000 <= 1500 and joined < 45_000
    assert result["is_connected"]


def test_another_known_network_takes_the_place_of_one_that_was_lost(results):
    assert results["other"]["ssid"] == "office"


def test_no_password_is_told(results):
    for name, result in results.items():
        told = json.dumps([result["said"], result["raised"]])
        assert not [key for key in ("secret12", "secret34", "another1", "12345678") if key in told], name


# Without Wi-Fi

@pytest.mark.parametrize("name", [name for name in RUNTIMES if name != "cpython"])
def test_firmware_without_Wi_Fi_is_told_what_is_needed(name, tmp_path):
    (tmp_path / "script.py").write_text(
        "import picoweb\nfrom picoweb.wifi import WiFi\nWiFi({'home': 'secret12'}).run(picoweb.WebApp(None))\n")
    runtime = PRESENT[name]
    done = subprocess.run([*runtime.command, "script.py"], cwd=tmp_path, env=runtime.environment(), timeout=30,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode
    assert "WiFiError: this firmware has no module network: a board with Wi-Fi is needed" in done.stdout + done.stderr
