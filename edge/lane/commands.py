"""What a person at central orders a lane to do, and the one answer that every order gets.

A command was judged before it comes here: signed, fresh, in order, once (`edge/store`). What is left to ask is whether
it is still in time, and whether there is such a lane.
"""

from collections.abc import Callable

from edge.lane.record import Recorder
from edge.lane.shell import LaneShell
from edge.lane.states import EndFireHold, Phase, Seen
from models.access.decision import Reason
from models.wire.commands import Action, Command
from models.wire.events import CommandDone


class LaneCommands:
    """Owned by the lane thread. `open_lane` and `step` are the gate's own: what moves a door is decided there."""

    def __init__(
        self,
        lanes: dict[str, LaneShell],
        record: Recorder,
        mono: Callable[[], float],
        open_lane: Callable[[LaneShell, Command], None],
        step: Callable[[LaneShell, Seen], None],
    ):
        self._lanes, self._record, self._mono = lanes, record, mono
        self._open_lane, self._step = open_lane, step

    def take(self, command: Command, until: float) -> None:
        """Carry out a command. `until`: monotonic s at which its time to live is over."""
        shell = next((s for s in self._lanes.values() if s.lane.lane_id == command.lane_id), None)
        if shell is None:
            self._say_done(command, None, Reason.WRONG_POINT)
        elif self._mono() > until:  # it was in time when it came, and is not any more (S9)
            self._say_done(command, shell.code, Reason.LATE)
        elif command.action is Action.OPEN:
            self._open_lane(shell, command)
        elif command.action is Action.END_FIRE_HOLD:
            self._step(shell, EndFireHold())
            self._say_done(command, shell.code, Reason.FIRE if shell.door.phase is Phase.FIRE else Reason.OK)
        elif command.action is Action.RESET_PASSBACK and command.subject_id is not None:
            self._say_done(command, shell.code, Reason.OK)  # written down, and heard from there by `whereabouts`
        else:
            self._say_done(command, shell.code, Reason.NOT_PERMITTED)

    def answer(self, shell: LaneShell, command: Command | None, reason: Reason) -> None:
        """What became of an opening; nothing where no command stood behind it."""
        if command is not None:
            self._say_done(command, shell.code, reason)

    def _say_done(self, command: Command, lane: str | None, reason: Reason) -> None:
        say_done(self._record, command, lane, reason)


def say_done(record: Recorder, command: Command, lane: str | None, reason: str) -> None:
    """The one answer that a command gets. `reason`: of a decision, or a word of the lane's own."""
    result = "done" if reason is Reason.OK else "refused"
    body = CommandDone.model_validate(
        {
            "command_id": command.command_id,
            "action": command.action.value,
            "result": result,
            "reason": str(reason),
            "subject_id": command.subject_id,
        }
    )
    record.say(body, lane, command.correlation)
