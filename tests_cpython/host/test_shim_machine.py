"""`machine` on CPython: what an app does is seen by a test, and what a test sets is seen by the app."""

import time

import pytest

import picoweb.host  # noqa: F401 (makes it known)

import machine
from machine import ADC, PWM, RTC, WDT, Pin, Signal, Timer


@pytest.fixture(autouse=True)
def just_switched_on():
    machine.forget()


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
