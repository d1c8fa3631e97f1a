"""Contacts that hang, which nobody would notice: an exit button that is taped down or jammed calls nobody any more, and
an e-bike detector that is stuck sees none."""

from edge.lane.record import Recorder
from edge.lane.shell import LaneShell
from edge.lane.states import Watched
from models.wire.events import AlarmKind

BUTTON_STUCK_S = 60.0


def watch_contacts(shell: LaneShell, record: Recorder, now: float) -> None:
    """Raise or end the alarms about the contacts of one lane. `now` in monotonic seconds."""
    if not shell.door.board_ok:
        return
    watch_detector(record, shell.code, shell.door.ebike)
    if not shell.door.exit_pressed:
        shell.pressed_since = None
        record.end_alarm(AlarmKind.DEVICE_FAULT, shell.code, "exit_button")
    elif shell.pressed_since is None:
        shell.pressed_since = now
    elif now - shell.pressed_since > BUTTON_STUCK_S:
        record.raise_alarm(AlarmKind.DEVICE_FAULT, shell.code, "exit_button")


def watch_detector(record: Recorder, code: str, ebike: Watched) -> None:
    """The same of an e-bike detector, at a lane of either kind."""
    if ebike.stuck:
        record.raise_alarm(AlarmKind.DEVICE_FAULT, code, "ebike")
    else:
        record.end_alarm(AlarmKind.DEVICE_FAULT, code, "ebike")
