"""`machine` and `network` on CPython: what an app does is seen by a test, and what a test sets is seen by the app."""

import time

import pytest

import picoweb.host  # noqa: F401 (makes the two known)

import machine
import network
from machine import ADC, PWM, RTC, WDT, Pin, Signal, Timer


@pytest.fixture(autouse=True)
def just_switched_on():
    machine.forget()
    network.forget()


# Pins

def test_there_is_one_object_per_pin():
    assert Pin(2) is Pin(2, Pin.OUT) is Pin(Pin(2))
    assert Pin("LED") is Pin("LED") is not Pin(2)
    assert machine.Pin(2).mode() == Pin.OUT


def test_a_test_reads_what_an_app_has_set():
    led = Pin(2, Pin.OUT, value=1)
    led.off(), led.on(), led.toggle(), led(1), led.value(False), led.high(), led.low()
    assert list(Pin(2).history) == [1, 0, 1, 0, 1, 0, 1, 0]
    assert Pin(2).value() == Pin(2)() == 0


def test_an_app_reads_what_a_test_has_set():
    button = Pin(0, Pin.IN, Pin.PULL_UP)
    assert button.value() == 1  # nobody presses it
    Pin(0).value(0)
    assert button() == 0
    assert Pin(1, Pin.IN, Pin.PULL_DOWN).value() == Pin(3, Pin.IN).value() == 0


def test_making_a_pin_again_keeps_its_level():
    Pin(2, Pin.OUT).on()
    assert Pin(2, Pin.OUT).value() == 1
    assert Pin(2).pull() == -1
    Pin(2).pull(Pin.PULL_UP), Pin(2).mode(Pin.IN)
    assert (Pin(2).pull(), Pin(2).mode()) == (Pin.PULL_UP, Pin.IN)


@pytest.mark.parametrize("trigger,levels", [
    (Pin.IRQ_RISING, [1, 1]), (Pin.IRQ_FALLING, [0, 0]), (Pin.IRQ_RISING | Pin.IRQ_FALLING, [1, 0, 1, 0]),
])
def test_setting_a_level_calls_the_handler_of_an_irq(trigger, levels):
    seen = []
    Pin(4, Pin.IN).irq(lambda pin: seen.append(pin.value()), trigger)
    for level in (1, 1, 0, 0, 1, 0):
        Pin(4).value(level)
    assert seen == levels
    Pin(4).irq(None)
    Pin(4).value(1)
    assert seen == levels


def test_an_irq_hands_its_pin_over_and_takes_both_edges_by_default():
    seen = []
    Pin(4).irq(handler=seen.append)
    Pin(4).on(), Pin(4).off()
    assert seen == [Pin(4), Pin(4)]


def test_a_signal_may_be_inverted():
    led = Signal(Pin(2, Pin.OUT), invert=True)
    led.on()
    assert (Pin(2).value(), led.value(), led()) == (0, 1, 1)
    led.off()
    assert (Pin(2).value(), led.value()) == (1, 0)
    assert Signal(5, Pin.OUT).value() == 0


def test_a_pin_remembers_a_bounded_history():
    for i in range(3000):
        Pin(1).value(i % 2)
    assert len(Pin(1).history) == 1000


def test_forget_makes_all_anew():
    before = Pin(2, value=1)
    machine.forget()
    assert Pin(2) is not before and Pin(2).value() == 0 and not Pin(2).history


# Analogue

@pytest.mark.parametrize("u16,read,microvolts", [(0, 0, 0), (65535, 4095, 3300000), (32768, 2048, 1650025)])
def test_an_app_measures_what_a_test_has_set(u16, read, microvolts):
    adc = ADC(Pin(34), atten=ADC.ATTN_11DB)
    ADC(34).u16 = u16
    assert (adc.read_u16(), adc.read(), adc.read_uv()) == (u16, read, microvolts)
    adc.width(ADC.WIDTH_10BIT)
    assert adc.read() == u16 >> 6


def test_a_test_reads_the_pulses_that_an_app_has_set():
    pwm = PWM(Pin(2), freq=1000, duty_u16=32768)
    assert (PWM(2).freq(), PWM(2).duty_u16(), PWM(2).duty(), PWM(2).duty_ns()) == (1000, 32768, 512, 500007)
    pwm.duty(1023), pwm.freq(50)
    assert (pwm.duty_u16(), pwm.freq()) == (65535, 50)
    pwm.duty_ns(1_000_000)
    assert pwm.duty_u16() == 3276
    pwm.deinit()
    assert pwm.duty_u16() == 0


# Time

def test_a_timer_fires_when_a_test_says_so():
    seen = []
    periodic = Timer(0, period=100, mode=Timer.PERIODIC, callback=seen.append)
    Timer(0).fire(), Timer(0).fire()
    assert (seen, periodic.period) == ([periodic, periodic], 100)
    periodic.deinit()
    periodic.fire()
    assert len(seen) == 2


def test_a_one_shot_timer_fires_once():
    seen = []
    timer = Timer(-1)
    timer.init(mode=Timer.ONE_SHOT, freq=10, callback=lambda t: seen.append(t))
    assert timer.period == 100
    timer.fire(), timer.fire()
    assert seen == [timer]


def test_virtual_timers_are_each_of_their_own():
    assert Timer(-1) is not Timer(-1) is not Timer() and Timer(0) is Timer(0)


def test_the_clock_is_the_hosts_until_it_is_set():
    year, month, day, weekday, hour, minute, second, sub = RTC().datetime()
    now = time.gmtime()
    assert abs((hour * 60 + minute) - (now.tm_hour * 60 + now.tm_min)) <= 1 and year == now.tm_year
    RTC().datetime((2030, 2, 3, 0, 4, 5, 6, 0))
    assert RTC().datetime()[:6] == (2030, 2, 3, 6, 4, 5)
    RTC().memory(b"kept")
    assert RTC().memory() == b"kept"
    assert time.gmtime().tm_year == now.tm_year


def test_a_watchdog_counts():
    dog = WDT(timeout=2000)
    dog.feed(), dog.feed()
    assert (WDT().fed, dog.timeout) == (2, 5000)


# The board

@pytest.mark.parametrize("end", [machine.reset, machine.soft_reset, machine.deepsleep, lambda: machine.deepsleep(5)])
def test_what_starts_a_board_anew_ends_the_program(end):
    with pytest.raises(SystemExit, match="machine[.]"):
        end()


def test_the_rest_of_machine():
    assert machine.reset_cause() == machine.PWRON_RESET
    assert len(machine.unique_id()) == 6 and machine.unique_id() == machine.unique_id()
    machine.freq(80_000_000)
    assert machine.freq() == 80_000_000
    machine.enable_irq(machine.disable_irq())
    machine.idle()
    machine.lightsleep(1)


# network

def test_a_WLAN_connects():
    wlan = network.WLAN(network.STA_IF)
    assert (wlan.active(), wlan.isconnected(), wlan.status()) == (False, False, network.STAT_IDLE)
    assert wlan.ifconfig()[0] == "0.0.0.0"
    wlan.active(True)
    wlan.connect("home", "secret")
    assert (wlan.active(), wlan.isconnected(), wlan.status()) == (True, True, network.STAT_GOT_IP)
    assert wlan.ifconfig()[0] == wlan.ipconfig("addr4")[0] == "127.0.0.1"
    assert wlan.config("ssid") == wlan.config("essid") == "home"
    assert network.WLAN(network.STA_IF).connects == [("home", "secret")]
    assert wlan.status("rssi") < 0


def test_a_test_cuts_a_WLAN_off():
    wlan = network.WLAN()
    wlan.active(True), wlan.connect("home", "secret")
    network.WLAN(network.WLAN.IF_STA).disconnect()
    assert not wlan.isconnected()
    wlan.connect("home", "secret")
    wlan.active(False)
    assert not wlan.isconnected()


def test_a_WLAN_that_is_off_does_not_connect():
    with pytest.raises(OSError, match=r"active\(True\)"):
        network.WLAN(network.STA_IF).connect("home")


@pytest.mark.parametrize("ssid,key,status", [
    ("home", "secret12", network.STAT_GOT_IP), ("home", "another1", network.STAT_WRONG_PASSWORD),
    ("home", None, network.STAT_WRONG_PASSWORD), ("guests", None, network.STAT_GOT_IP),
    ("office", "secret12", network.STAT_NO_AP_FOUND),
])
def test_a_test_says_which_networks_there_are_and_with_which_passwords(ssid, key, status):
    wlan = network.WLAN()
    wlan.active(True)
    wlan.networks = [(name, b"\1\2\3\4\5\6", 6, -40, network.AUTH_WPA2_PSK, False) for name in (b"home", b"guests")]
    wlan.keys = {"home": "secret12"}
    wlan.connect(ssid, key)
    assert (wlan.status(), wlan.isconnected()) == (status, status == network.STAT_GOT_IP)
    wlan.disconnect()
    assert wlan.status() == network.STAT_IDLE


def test_an_access_point_is_up_when_it_is_on():
    ap = network.WLAN(network.AP_IF)
    ap.config(essid="board", password="12345678")
    ap.active(True)
    assert ap.isconnected() and ap.config("ssid") == "board"
    assert ap.ifconfig()[0] == "192.168.4.1"
    assert ap.status("stations") == []
    assert not network.WLAN(network.STA_IF).active()


def test_addresses_are_set():
    wlan = network.WLAN()
    wlan.active(True), wlan.connect("home")
    wlan.ifconfig(("10.0.0.5", "255.255.0.0", "10.0.0.1", "1.1.1.1"))
    assert (wlan.ipconfig("addr4"), wlan.ipconfig("gw4")) == (("10.0.0.5", "255.255.0.0"), "10.0.0.1")
    wlan.ipconfig(addr4="10.0.0.6/24", gw4="10.0.0.2")
    assert wlan.ifconfig() == ("10.0.0.6", "255.255.255.0", "10.0.0.2", "1.1.1.1")
    wlan.ipconfig(addr4=("10.0.0.7", "255.0.0.0"))
    assert (wlan.ifconfig()[0], wlan.ipconfig("dhcp4")) == ("10.0.0.7", False)
    wlan.ipconfig(dhcp4=True)
    assert (wlan.ifconfig()[0], wlan.ipconfig("dhcp4")) == ("127.0.0.1", True)


def test_scan_finds_what_a_test_has_put_there():
    wlan = network.WLAN()
    wlan.networks.append((b"home", b"\1\2\3\4\5\6", 6, -40, network.AUTH_WPA2_PSK, False))
    assert wlan.scan()[0][0] == b"home"


@pytest.mark.parametrize("ask", [
    lambda: network.WLAN().config("colour"), lambda: network.WLAN().ipconfig("addr9"),
    lambda: network.WLAN().status("colour"), lambda: network.WLAN(9),
])
def test_what_no_WLAN_knows_is_refused(ask):
    with pytest.raises(ValueError):
        ask()


def test_names_of_the_board():
    assert len(network.WLAN().config("mac")) == 6
    network.hostname("lamp"), network.country("CH")
    assert (network.hostname(), network.country()) == ("lamp", "CH")
    network.forget()
    assert network.hostname() == "picoweb"
