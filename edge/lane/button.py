"""An exit button that is taped down or jammed calls nobody any more, and nobody would notice."""

from edge.lane.record import Recorder
from edge.lane.shell import LaneShell
from models.wire.events import AlarmKind

BUTTON_STUCK_S = 60.0


def watch_button(shell: LaneShell, record: Recorder, now: float) -> None:
    """Raise or end the alarm about the exit button of one lane. `now` in monotonic seconds."""
    if not shell.door.board_ok:
        return
    if not shell.door.exit_pressed:
        shell.pressed_since = None
        record.end_alarm(AlarmKind.DEVICE_FAULT, shell.code, "exit_button")
    elif shell.pressed_since is None:
        shell.pressed_since = now
    elif now - shell.pressed_since > BUTTON_STUCK_S:
        record.raise_alarm(AlarmKind.DEVICE_FAULT, shell.code, "exit_button")
