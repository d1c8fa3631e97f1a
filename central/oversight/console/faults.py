"""What a node tells of a device's fault, in the reader's words.

A driver speaks English and technical; a node sends that as it is ("Unreachable: unit 1 did not answer within 0.3 s",
"picture frozen"). The kind that leads it is one of a closed list and has words here. The rest stays for whoever repairs
the thing, behind "details": it is never part of a sentence.
"""

from __future__ import annotations

from central.base.kernel.i18n import Words

KINDS = {
    "Unreachable": "unreachable",
    "Garbled": "garbled",
    "Refused": "refused",
    "NotSetUp": "not_set_up",
    "NotConfirmed": "not_confirmed",
    "Busy": "busy",
    "Late": "late",
    "Babbles": "babbles",
    "Unended": "unended",
    "KeyHeld": "key_held",
    "picture stale": "stale",
    "picture frozen": "frozen",
    "picture black": "black",
    "picture covered": "covered",
    "another view than before": "moved",
    "loop occupied": "loop_occupied",
    "loop unseen": "loop_unseen",
    "clock off": "clock_off",
}
"""How a fault begins -> the key of its words. The first six are the errors of the drivers, `Late` says that the lane
itself was not in time, the next three say what a scanner or reader sends, then what looking at the picture says, a
vehicle lane's loops, and the clock of a plate camera."""


def fault_said(t: Words, told: str | None) -> str | None:
    """The words of a fault's kind; None where the kind is not known (an older node, a program's own text)."""
    if told is None:
        return None
    kind = told.partition(":")[0].strip()
    return t(f"fault.{KINDS[kind]}") if kind in KINDS else None


def device_said(t: Words, device: str) -> str:
    """A device by its name: "liveness_model east-in", "intercom east-in" and the like by what stands first."""
    name, _, which = device.partition(" ")
    if t.has(f"device.{device}"):
        return t(f"device.{device}")
    return f"{t(f'device.{name}')} {which}" if which and t.has(f"device.{name}") else device
