"""What a lane's camera saw of what its detectors told (beside.py): kept with the alarm, where pictures may be."""

from typing import Protocol

from devices.ports import Frame
from edge.lane.record import Recorder, image_rule
from edge.lane.shell import Pictures
from edge.lane.states import Watched
from models.wire.events import AlarmKind, ImageRule
from models.wire.snapshot import Snapshot


class _Sees(Protocol):
    def newest(self) -> Frame | None: ...


class Watching(Protocol):
    """A lane of either kind, as far as it is asked here. `before`: what its camera saw as something came onto the fire
    lane, while it stands there."""

    code: str
    before: Frame | None

    @property
    def eyes(self) -> _Sees | None: ...


def look_before(shell: Watching, was: Watched, fire_lane: Watched) -> None:
    """Remember what was seen as something came onto the fire lane, for as long as it stands there; in memory alone."""
    stood, stands = was.since is not None, fire_lane.since is not None
    if shell.eyes is not None and stood != stands:
        shell.before = shell.eyes.newest() if stands else None


def raise_seen(
    record: Recorder, pictures: Pictures, shell: Watching, alarm: AlarmKind, snapshot: Snapshot | None
) -> None:
    """With what the camera saw as it began, and sees now. These pictures are all: no video is kept here."""
    now = shell.eyes.newest() if shell.eyes is not None else None
    frames = tuple(one for one in (shell.before if alarm is AlarmKind.FIRE_LANE else None, now) if one is not None)
    if image_rule(bool(frames), snapshot) is not ImageRule.KEPT:
        record.raise_alarm(alarm, shell.code)
    elif (event := record.raise_pictured(alarm, shell.code)) is not None:
        pictures.keep_of_alarm(event.event_id, frames)
