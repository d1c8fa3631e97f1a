"""What must hold of a vehicle lane after every single step, from every state; and how its tests play it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from edge.lane.vehicle.machine import GRANTS_MAX, step
from edge.lane.vehicle.states import (
    HOLD_CEILING_S,
    Arm,
    AskLook,
    Contacts,
    Do,
    Ended,
    EndFireHold,
    Granted,
    Hold,
    HoldOpen,
    Loop,
    NotOpened,
    Open,
    PermitClose,
    Phase,
    Raise,
    RemoteOpen,
    ReportArm,
    ReportDirection,
    ReportPassage,
    ReportTailgate,
    Resume,
    Seen,
    Settings,
    SwitchDirection,
    Trouble,
    VehicleLane,
    Way,
)

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
FREE, BUSY, DARK = Loop.FREE, Loop.OCCUPIED, Loop.UNKNOWN
SHORT = Settings(stale_s=1.0, travel_s=0.8, gap_s=0.8, passage_s=0.8, hold_max_s=0.8, open_ttl_s=0.8)
"""Every limit below 0.9 s, and only staleness above: one wait of 0.9 s passes them all, and two are stale."""

ENDS = {
    Arm.UP: (True, False),
    Arm.DOWN: (False, True),
    Arm.MOVING: (False, False),
    Arm.UNKNOWN: (True, True),
    Arm.NOT_REPORTED: (None, None),
}


def contacts(outer: Loop, safety: Loop, inner: Loop, arm: Arm = Arm.DOWN, fire: bool = False) -> Contacts:
    return Contacts(outer, safety, inner, *ENDS[arm], fire)


def levels(lane: VehicleLane) -> Contacts:
    """The read that says again what the lane knows."""
    return contacts(lane.outer, lane.safety, lane.inner, lane.arm, lane.fire)


def names(lane: VehicleLane) -> list[UUID]:
    return [grant.correlation for grant in lane.grants]


def check(before: VehicleLane, seen: Seen, after: VehicleLane, does: tuple[Do, ...], now: float) -> None:
    """What must hold after every single step."""
    settings = before.settings
    check_arm(before, seen, after, does, now)
    check_grants(before, seen, after, does, now)
    if after.fire:
        assert after.phase is Phase.FIRE and after.holds_open, "fire opens and holds, from every state"
    if before.phase is Phase.FIRE and after.phase is not Phase.FIRE:
        assert isinstance(seen, EndFireHold) and not before.fire and before.heard_at is not None
        assert now - before.heard_at <= settings.stale_s, "a person ends a fire hold, with the input seen healthy"
    assert (after.hold is not None) is (after.phase is Phase.HELD)
    assert not after.for_all or after.phase is Phase.RAISED
    if after.hold:
        assert now < after.hold.until <= after.hold.since + HOLD_CEILING_S, "a hold ends"
        prolonged = before.hold is None or after.hold.until != before.hold.until
        assert isinstance(seen, HoldOpen) or not prolonged, "only a person holds"
        assert after.hold.until <= now + settings.hold_max_s or not prolonged
    turned = before.direction is not after.direction
    if turned:
        assert isinstance(seen, SwitchDirection) and before.phase is Phase.RESTING and not before.grants
        assert {before.outer, before.safety, before.inner} == {FREE} and after.way is Way.NOBODY
        assert before.arm is Arm.DOWN or not settings.positions, "only an empty lane turns, with its arm down"
    assert ReportDirection(after.direction, True) in does or not turned
    if AskLook() in does:
        assert after.arming is BUSY and after.phase is not Phase.FIRE
    assert (after.clear_since is not None) is after.clear and (after.empty_since is not None) is after.empty


def check_arm(before: VehicleLane, seen: Seen, after: VehicleLane, does: tuple[Do, ...], now: float) -> None:
    """The arm: never down on anything that is not known to be free, never up by itself."""
    settings = before.settings
    if after.phase is Phase.LOWERING or PermitClose() in does:
        assert {after.safety, after.closing} == {FREE}, "never lowers or goes on lowering on a loop that is not free"
        assert after.heard_at is not None and now - after.heard_at <= settings.stale_s, "or on a stale one"
        assert after.way is Way.NOBODY, "or on a vehicle that has not left"
        assert not after.grants and settings.closes, "or before a grant is over, or with a board that cannot be asked"
    if after.phase is Phase.LOWERING and before.phase is not Phase.LOWERING:
        assert PermitClose() in does
    if PermitClose() in does and (before.for_all or before.phase in (Phase.HELD, Phase.FIRE, Phase.LIFTED)):
        assert after.for_all is False and after.clear_since is not None
        empty_s = now - after.empty_since if after.empty_since is not None else 0.0
        nobody = empty_s > settings.gap_s or now - after.clear_since > settings.passage_s
        assert nobody, "where anybody could drive, it comes down only once nobody can be between two loops"
    if before.holds_open and not after.holds_open and not settings.closes:
        assert {after.safety, after.closing} == {FREE} and after.way is Way.NOBODY, "what comes down as soon as its"
        assert after.heard_at is not None and now - after.heard_at <= settings.stale_s, "output is off, keeps it on"
        assert before.for_all and not after.for_all and not after.grants and after.clear_since is not None
        empty_s = now - after.empty_since if after.empty_since is not None else 0.0
        assert empty_s > settings.gap_s or now - after.clear_since > settings.passage_s, "until nobody drives there"
    if after.holds_open and not before.holds_open:
        assert after.phase in (Phase.HELD, Phase.FIRE), "only a person's word or a fire switches it on for good"
    if PermitClose() in does:
        sent_up = before.phase in (Phase.RAISED, Phase.LOWERING, Phase.HELD)
        assert sent_up or isinstance(seen, Resume | EndFireHold), "an arm that nobody sent up is not sent down"
    if Open(None) in does:
        assert before.phase is Phase.LOWERING, "a reversal is of something that comes down"
    if before.phase is Phase.LOWERING and not after.clear:
        assert after.phase in (Phase.RAISED, Phase.HELD, Phase.FIRE), "and it comes at once"
        assert after.phase is not Phase.RAISED or any(isinstance(do, Open) for do in does)
    if after.phase is Phase.RAISED and before.phase in (Phase.STARTING, Phase.RESTING, Phase.LIFTED):
        assert isinstance(seen, Granted | RemoteOpen | Resume), "start, link loss, link return and time raise nothing"
    if Raise(Trouble.MECHANICAL_LIFT) in does:
        assert before.phase is Phase.RESTING and before.settled and after.arm is Arm.UP
        assert not any(isinstance(do, Open) for do in does)
    if Raise(Trouble.ARM_STUCK) in does:
        assert settings.positions and not before.stuck and before.asked_at is not None
        assert now - before.asked_at > settings.travel_s or now - (before.asked_at or now) > 0
    if after.arm is not before.arm:
        assert ReportArm(after.arm) in does, "what is sensed is told"


def check_grants(before: VehicleLane, seen: Seen, after: VehicleLane, does: tuple[Do, ...], now: float) -> None:
    """Grants: each opens at most once, in its time, for a vehicle that is there, and ends once."""
    opens = [do.correlation for do in does if isinstance(do, Open) and do.correlation is not None]
    new = set[UUID]()
    if isinstance(seen, Granted | RemoteOpen):
        new = {seen.correlation} - set(before.answered)
    if opens:
        assert isinstance(seen, Granted | RemoteOpen) and opens == [seen.correlation], "only a grant opens"
        assert seen.correlation not in before.answered, "and at most once"
        assert 0 <= now - seen.at <= before.settings.open_ttl_s, "and in its time"
        assert before.phase is not Phase.FIRE and (before.hold is None or now >= before.hold.until)
        assert isinstance(seen, RemoteOpen) or after.arming is BUSY, "and for a vehicle that is there"
    assert len(after.grants) <= GRANTS_MAX
    ended = {do.correlation: do.ended for do in does if isinstance(do, ReportPassage) and do.correlation is not None}
    told = [do for do in does if isinstance(do, ReportPassage) and do.correlation is not None]
    assert len(told) == len(ended), "a grant ends once"
    assert set(ended) <= set(names(before)) | new, "what has ended is not told again"
    assert set(names(before)) | new == set(ended) | set(names(after)), "and every end is told"
    assert not set(ended) & set(names(after))
    assert set(after.answered) == set(before.answered) | new and set(names(after)) <= set(after.answered)
    if any(isinstance(do, ReportPassage) and do.ended is Ended.PASSED for do in does):
        assert isinstance(seen, Contacts) and before.way is not Way.NOBODY and after.safety is FREE
        assert after.closing is not DARK, "passed is said of loops that are known"
        if before.way is Way.UNDER:
            assert before.closing is FREE and after.closing is BUSY, "loop-in, then loop-out"
        assert list(ended.values()).count(Ended.PASSED) <= 1, "one vehicle uses one grant"
    if any(isinstance(do, ReportTailgate) for do in does):
        assert before.safety is not BUSY and after.safety is BUSY
        assert set(names(before)) <= set(ended), "nobody who has a grant drives after another"
        assert not opens and before.phase not in (Phase.FIRE, Phase.LIFTED)
        assert before.hold is None or before.hold.until <= now
    assert (after.way is Way.NOBODY) <= (after.stranger is None), "nobody there is no stranger"
    assert bool(after.grants or after.stranger) or after.way is Way.NOBODY, "who is there has a grant or is a stranger"
    assert after.phase is not Phase.FIRE or not after.grants
    if isinstance(seen, NotOpened) and Ended.NOT_OPENED in ended.values():
        assert after.arm is not Arm.UP, "an arm that is up was opened, whatever the board says"


@dataclass(frozen=True)
class Told:
    """What a lane has said of grants since it began, kept beside the lane: nothing may be said twice."""

    opened: frozenset[UUID] = frozenset()
    ended: frozenset[UUID] = frozenset()

    def after(self, does: tuple[Do, ...]) -> Told:
        """With what it says now. A grant opens at most once, ends at most once, and opens no more once it has ended."""
        if not does:
            return self
        opened = {do.correlation for do in does if isinstance(do, Open) and do.correlation is not None}
        ended = {do.correlation for do in does if isinstance(do, ReportPassage) and do.correlation is not None}
        assert not opened & (self.opened | self.ended), "a grant opens at most once, also after its passage"
        assert not ended & self.ended, "a grant ends once"
        return Told(self.opened | opened, self.ended | ended)


def run(*history: Seen | float, lane: VehicleLane | None = None, at: float = 0.0) -> tuple[VehicleLane, list[Do]]:
    """Play a history and check each step; a number lets that many seconds pass, the board saying the same meanwhile."""
    lane, now, said = lane or VehicleLane(), at, []
    for item in history:
        if isinstance(item, float):
            until = now + item
            while now < until:
                now = min(now + lane.settings.stale_s, until)
                if lane.heard_at is not None:
                    lane = _stepped(lane, levels(lane), now, said)
            continue
        lane = _stepped(lane, item, now, said)
    return lane, said


def _stepped(lane: VehicleLane, seen: Seen, now: float, said: list[Do]) -> VehicleLane:
    after, does = step(lane, seen, now)
    check(lane, seen, after, does, now)
    said += does
    return after


def capped(lane: VehicleLane, now: float) -> VehicleLane:
    """The lane as seen from `now`, its people numbered anew from 1: only differences of times count.

    At 0.9 s every limit of SHORT is over, and staleness is noticed one wait later, so that nothing is ever older. Who
    was answered and is gone is forgotten, so that somebody new can come for ever; what is only told (who was followed,
    how many were counted, when a hold began) is left out.
    """

    def past(then: float | None) -> float | None:
        return None if then is None else -0.9 if now - then > 0.8 else 0.0

    grants = tuple(
        replace(grant, correlation=UUID(int=n), at=past(grant.at) or 0.0) for n, grant in enumerate(lane.grants, 1)
    )
    hold = lane.hold and Hold(0.0, round(lane.hold.until - now, 1))
    return replace(
        lane, grants=grants, hold=hold, heard_at=past(lane.heard_at), moving_since=past(lane.moving_since),
        clear_since=past(lane.clear_since), empty_since=past(lane.empty_since), asked_at=past(lane.asked_at),
        answered=tuple(grant.correlation for grant in grants), followed=None,
    )  # fmt: skip


def fresh(lane: VehicleLane) -> UUID:
    """Somebody who was not here yet."""
    return UUID(int=len(lane.grants) + 1)
