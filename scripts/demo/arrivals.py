"""Who comes to the demo gate, what they bring, and what must become of it.

Each arrival names its expected decision beforehand: the check compares, it never learns from what it sees.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import cv2
import numpy as np
import qrcode

from devices.ports import Pixels
from devices.sim.door import Deed
from devices.sim.relay_board import Fault
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.parking.admission import Case
from scripts.demo.world import DemoLane
from scripts.prepare import frames

KEY_S, SAME_KEY_S = 0.02, 0.3
"""Between two keys. A keypad that sees one key again at once takes it for the same press."""
VARIANTS = 4
"""Different pictures of one arrival: a person is never quite still."""
STANDS = 0
"""Where everybody stands, as a seed: who jumps about is nobody who could be shown to be alive."""


class By(StrEnum):
    CAMERA = "camera"
    SCANNER = "scanner"
    READER = "reader"
    HAND = "hand"
    PUSH = "push"


@dataclass(frozen=True)
class Arrival:
    """One person at one lane. `enters` says whether they pull the door once it is released.

    `queued`: right behind who was there before, so that no camera sees the lane empty in between. `command`: a command
    from afar that is refused; no lane decides anything then, and there is no visit. `case`: what a vehicle lane says.
    """

    key: str
    zh: str
    en: str
    by: By
    kind: Kind
    outcome: Outcome
    reason: Reason
    lane: str = "east-in"
    token: str | None = None
    card: tuple[int, int] | None = None
    keys: str | None = None
    scene: Callable[[int], Pixels] | None = None
    infrared: Callable[[int], Pixels] | None = None
    raw: bytes | None = None
    deed: Deed | None = None
    enters: bool = True
    fault: Fault | None = None
    queued: bool = False
    command: bool = False
    case: Case | None = None

    @property
    def word(self) -> str:
        """What central must say of it: the decision, or that the command was refused."""
        return "refused" if self.command else self.outcome.value

    @property
    def why(self) -> str:
        """The reason that is expected, by its name on the wire."""
        return self.reason.value

    @property
    def shows(self) -> str | tuple[int, int] | None:
        """The code or card that they hold up."""
        return self.token or self.card

    @property
    def alone(self) -> bool:
        """Only a face, which the camera finds by itself."""
        return self.by is By.CAMERA and self.shows is None

    @property
    def moves(self) -> bool:
        """Whether the relay must move: on a grant, unless fire holds it already or it is stuck."""
        return self.outcome is Outcome.GRANT and self.reason is not Reason.FIRE and self.fault is not Fault.STUCK

    @property
    def passes(self) -> bool | None:
        """What the passage must be; None where nothing was granted, or where a fire holds the door and nobody knows."""
        if self.outcome is not Outcome.GRANT or self.reason is Reason.FIRE:
            return None
        return self.moves and self.enters

    def painted(self) -> "Scene":
        """What the cameras have of it. Painting takes longer than most of what happens then."""
        return Scene(
            *([draw(seed) for seed in range(VARIANTS)] if draw else [] for draw in (self.scene, self.infrared))
        )


class Scene(NamedTuple):
    """The pictures of somebody in front of a lane's camera, and `beside` them what its infrared camera has; both may
    be empty."""

    pictures: Sequence[Pixels]
    beside: Sequence[Pixels]


def qr_pixels(token: str) -> Pixels:
    """A pass as a phone shows it: black on white, with its quiet zone, BGR."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=4)
    code.add_data(token)
    code.make(fit=True)
    grey = np.array(code.make_image().get_image().convert("L"), dtype=np.uint8)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8)


def shown(token: str | None, face: Pixels | None) -> Callable[[int], Pixels]:
    """A scene: somebody with this face holds this pass into the camera's view; either may be missing."""
    code = qr_pixels(token) if token else None
    return lambda seed: frames.compose(face, code, seed, STANDS)


def key_in(lane: DemoLane, keys: str) -> float:
    """Somebody presses these keys; the instant of the last. One key twice is let go in between, as a finger does."""
    before = ""
    for key in keys:
        time.sleep(SAME_KEY_S if key == before else KEY_S)
        at = time.monotonic()
        lane.gate.reader.key(key)
        before = key
    return at


def arrive(lane: DemoLane, arrival: Arrival, scene: Scene) -> float:
    """Let it happen; the monotonic instant at which the code, face or hand was first there."""
    gate = lane.gate
    if arrival.fault is not None:
        gate.board.fault(arrival.fault)
    if arrival.moves and arrival.enters and arrival.deed is None:
        gate.do(Deed.PULL)
    began = time.monotonic()
    if arrival.card is not None:
        gate.reader.card(*arrival.card)
    if arrival.keys is not None:
        began = key_in(lane, arrival.keys)  # a face before the last key would be one without anything shown
    at = lane.show(*scene) if scene.pictures else began
    if arrival.by is By.READER:
        at = began
    if arrival.by is By.SCANNER and arrival.token:
        at = time.monotonic()
        gate.present(arrival.token)
    if arrival.raw is not None:
        gate.scanner.send_raw(arrival.raw)
    if arrival.deed is not None:
        gate.do(arrival.deed)
    return at
