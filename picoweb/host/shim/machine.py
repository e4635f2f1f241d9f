"""A board's `machine` on CPython: pins and the like that record what an app does, and that a test can read and set.

There is one object per pin, as on a board: `Pin(2)` in a test is the `Pin(2)` of the app. `forget()` makes all anew.
"""

import calendar
import itertools
import time
import uuid
from collections import deque

from .board_only import why_not

__path__ = []  # so that `from machine import X` tells why there is no X

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = range(1, 6)

_HISTORY = 1000  # values that a pin remembers
_made = {}  # the objects there are, by class and id


def __getattr__(name):
    raise AttributeError(why_not("machine." + name) or "machine has no " + name)


def forget():
    """Forget every pin, its value and its history: for tests, each of which wants a board just switched on."""
    _made.clear()


class _PerId:
    """A class with one object per id; making it again sets what is given and changes nothing else."""

    def __new__(cls, id=0, *args, **kwargs):
        if isinstance(id, _PerId):
            id = id.id
        if (cls, id) not in _made:
            _made[cls, id] = made = super().__new__(cls)
            made.id = id
            made.begin()
        return _made[cls, id]

    def __repr__(self):
        return f"{type(self).__name__}({self.id!r})"

    def begin(self):
        """Set what a new object begins with."""


class Pin(_PerId):
    """A pin. A test sets the level of an input with `value(x)`, and reads in `history` what an app has set."""

    IN, OUT, OPEN_DRAIN, ALT, ALT_OPEN_DRAIN, ANALOG = range(6)
    PULL_UP, PULL_DOWN, PULL_HOLD = 1, 2, 4
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = range(4)
    IRQ_RISING, IRQ_FALLING, IRQ_LOW_LEVEL, IRQ_HIGH_LEVEL = 1, 2, 4, 8

    def begin(self):
        self.history = deque(maxlen=_HISTORY)
        self._mode = self._pull = -1
        self._level = None  # nobody has set it
        self._handler = None
        self._trigger = 0

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=0, alt=-1):
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, drive=0, alt=-1):
        """Set what is given."""
        if mode != -1:
            self._mode = mode
        if pull != -1:
            self._pull = pull
        if value is not None:
            self.value(value)

    def value(self, x=None):
        """The level, 0 or 1; with `x`, set it. A change calls the `irq` handler that waits for it."""
        before = self._level
        if before is None:
            before = int(self._pull == Pin.PULL_UP)
        if x is None:
            return before
        self._level = level = int(bool(x))
        self.history.append(level)
        edge = Pin.IRQ_RISING | Pin.IRQ_HIGH_LEVEL if level else Pin.IRQ_FALLING | Pin.IRQ_LOW_LEVEL
        if level != before and self._handler and self._trigger & edge:
            self._handler(self)

    __call__ = value

    def on(self):
        """Set the level to 1."""
        self.value(1)

    high = on

    def off(self):
        """Set the level to 0."""
        self.value(0)

    low = off

    def toggle(self):
        """Set the other level."""
        self.value(not self.value())

    def mode(self, mode=None):
        """Get or set the mode."""
        if mode is None:
            return self._mode
        self._mode = mode

    def pull(self, pull=-1):
        """Get or set the pull; None is none."""
        if pull == -1:
            return self._pull
        self._pull = pull

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, priority=1, wake=None, hard=False):
        """Call `handler(pin)` when the level changes as `trigger` says."""
        self._handler = handler
        self._trigger = trigger


class Signal:
    """A pin by its meaning: with `invert` it is on when the level is 0."""

    def __init__(self, pin, *args, invert=False, **kwargs):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *args, **kwargs)
        self._invert = bool(invert)

    def value(self, x=None):
        """Whether it is on, 0 or 1; with `x`, switch it."""
        if x is None:
            return self._pin.value() ^ self._invert
        self._pin.value(bool(x) ^ self._invert)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class ADC(_PerId):
    """An analogue input; a test sets `u16`, its level from 0 to 65535."""

    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = range(4)
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = range(9, 13)
    CORE_TEMP = 4
    VOLTS = 3.3  # at 65535

    def begin(self):
        self.u16 = 0
        self._bits = 12

    def __init__(self, id, *, sample_ns=None, atten=None):
        pass

    def init(self, *, sample_ns=None, atten=None):
        """Set up nothing: the level is what a test has set."""

    def atten(self, atten):
        """Set the range of an ESP32's input; nothing here."""

    def width(self, bits):
        """Set how many bits `read()` has on an ESP32."""
        self._bits = bits

    def read_u16(self):
        """The level from 0 to 65535."""
        return self.u16

    def read_uv(self):
        """The level in microvolts."""
        return int(self.u16 * self.VOLTS * 1_000_000) // 65535

    def read(self):
        """The level from 0 to 4095, as on an ESP32."""
        return self.u16 >> 16 - self._bits


class PWM(_PerId):
    """A pulsed output; a test reads what an app has set by `freq()` and `duty_u16()`."""

    def begin(self):
        self._freq = 0  # Hz
        self._duty = 0  # of 65535

    def __init__(self, dest, freq=None, duty=None, *, duty_u16=None, duty_ns=None, invert=False):
        self.init(freq=freq, duty=duty, duty_u16=duty_u16, duty_ns=duty_ns)

    def init(self, *, freq=None, duty=None, duty_u16=None, duty_ns=None):
        """Set what is given."""
        for method, value in ((self.freq, freq), (self.duty, duty), (self.duty_u16, duty_u16), (self.duty_ns, duty_ns)):
            if value is not None:
                method(value)

    def deinit(self):
        """Switch it off."""
        self._duty = 0

    def freq(self, value=None):
        """Get or set the pulses a second."""
        if value is None:
            return self._freq
        self._freq = value

    def duty_u16(self, value=None):
        """Get or set how long a pulse is, of 65535."""
        if value is None:
            return self._duty
        self._duty = value

    def duty(self, value=None):
        """Get or set how long a pulse is, of 1023, as on an ESP32."""
        if value is None:
            return self._duty >> 6
        self._duty = value * 65535 // 1023

    def duty_ns(self, value=None):
        """Get or set how long a pulse is in nanoseconds."""
        period_ns = 1_000_000_000 // (self._freq or 1)
        if value is None:
            return self._duty * period_ns // 65535
        self._duty = min(65535, value * 65535 // period_ns)


class Timer(_PerId):
    """A timer that does not run: `fire()`, for tests, calls back as if the period were over."""

    ONE_SHOT, PERIODIC = range(2)
    _virtual = itertools.count(-1, -1)

    def __new__(cls, id=-1, **kwargs):
        # Each virtual timer is one of its own.
        return super().__new__(cls, next(cls._virtual) if id == -1 else id)

    def begin(self):
        self.deinit()

    def __init__(self, id=-1, **kwargs):
        if kwargs:
            self.init(**kwargs)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None):
        """Start it: `period` is milliseconds, `freq` is Hz."""
        self.mode = mode
        self.period = period if freq == -1 else 1000 / freq
        self.callback = callback

    def deinit(self):
        """Stop it."""
        self.mode = self.period = self.callback = None

    def fire(self):
        """Call back, once where the timer is `ONE_SHOT`; nothing where it is stopped."""
        callback = self.callback
        if self.mode == Timer.ONE_SHOT:
            self.deinit()
        if callback:
            callback(self)


class RTC(_PerId):
    """The clock: the host's time in UTC, until an app sets its own."""

    def begin(self):
        self._ahead = 0  # seconds before the host's clock
        self._memory = b""

    def datetime(self, when=None):
        """Get or set (year, month, day, weekday, hour, minute, second, microsecond)."""
        if when is None:
            now = time.time() + self._ahead
            t = time.gmtime(now)
            return (*t[:3], t.tm_wday, *t[3:6], int(now % 1 * 1_000_000))
        year, month, day, _, hour, minute, second, sub = when
        self._ahead = calendar.timegm((year, month, day, hour, minute, second)) + sub / 1_000_000 - time.time()

    init = datetime

    def memory(self, data=None):
        """Get or set the bytes that outlive a deep sleep."""
        if data is None:
            return self._memory
        self._memory = bytes(data)


class WDT(_PerId):
    """A watchdog that never bites; `fed` counts."""

    def begin(self):
        self.fed = 0

    def __init__(self, id=0, timeout=5000):
        self.timeout = timeout

    def feed(self):
        self.fed += 1


def reset():
    """Start anew: here the program ends, with `SystemExit`."""
    raise SystemExit("machine.reset()")


def soft_reset():
    """Start the interpreter anew: here the program ends, with `SystemExit`."""
    raise SystemExit("machine.soft_reset()")


def deepsleep(time_ms=None):
    """Sleep, and start anew: here the program ends, with `SystemExit`."""
    raise SystemExit("machine.deepsleep()")


def lightsleep(time_ms=0):
    """Sleep for that many milliseconds."""
    time.sleep((time_ms or 0) / 1000)


def idle():
    """Give way to other work; nothing here."""


def reset_cause():
    """Why the board has started."""
    return PWRON_RESET


def unique_id():
    """Six bytes that are this machine's own."""
    return uuid.getnode().to_bytes(6, "big")


_freq = 160_000_000


def freq(hz=None):
    """Get or set the processor's frequency, which is only remembered."""
    global _freq
    if hz is None:
        return _freq
    _freq = hz


def disable_irq():
    """Hold interrupts back; nothing here. The result is for `enable_irq`."""
    return 0


def enable_irq(state=0):
    """Let interrupts through again; nothing here."""
