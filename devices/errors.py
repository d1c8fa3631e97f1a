"""What can go wrong with a device. Whether trying again helps is the type.

    DeviceError
      Unreachable     no answer, unplugged, path missing     trying again helps
      Garbled         bad CRC, noise, an answer to something else  trying again helps
      Refused         the device itself says no              trying again does not help
        NotSetUp      it was not even asked: something on this computer is not as it must be (a key, a package)
      NotConfirmed    read-back differs from what was asked  the output is NOT in the wanted state
      Busy            another program has the line open      trying again helps once that one is gone
    AddressError      (a ValueError) the site file names a device that cannot exist

A refusal of a *person* is never here: that is a value, decided above the drivers.
"""

from __future__ import annotations


class DeviceError(Exception):
    """Root of everything a driver raises once it is open. `retry_helps` says what the caller may do."""

    retry_helps: bool = False


class Unreachable(DeviceError):
    """Nothing came back in time, or the line is gone (unplugged, closed, no such path)."""

    retry_helps = True


class Garbled(DeviceError):
    """Something came back, but no valid answer to what was asked."""

    retry_helps = True


class Refused(DeviceError):
    """The device understood and says no, for instance Modbus exception 2 (illegal address)."""


class NotSetUp(Refused):
    """Something on this computer has to be mended first: a key or card file, a package. The device was not asked."""


class NotConfirmed(DeviceError):
    """The device accepted a write, and reading back shows another state (invariant S12)."""


class Busy(DeviceError):
    """Another opener holds the line."""

    retry_helps = True


class AddressError(ValueError):
    """An address with an unknown scheme or parameter, or a value out of range. One line, lists what is allowed.
    `parameter`: the one that is at fault, "" where it is none of them."""

    def __init__(self, text: str, parameter: str = "") -> None:
        super().__init__(text)
        self.parameter = parameter


def said(error: DeviceError) -> str:
    """What a node tells of a fault: "Unreachable: unit 1 did not answer within 0.3 s".

    The kind leads, because central has words of its own for each kind and shows the rest to whoever asks for it.
    """
    return f"{type(error).__name__}: {error}"
