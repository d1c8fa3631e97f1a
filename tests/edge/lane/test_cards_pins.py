"""Cards and PINs at a lane: whose they are, what the record says, and that duress shows nowhere at the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from devices.ports import CardRead, Signal
from edge.console.serving import Gate as ConsoleGate
from edge.lane.inbox import CardSeen, FaceSeen, PinEntered
from edge.sync.status import SyncStatus
from models.access import pins
from models.access.attempts import Limits
from models.access.cards import Card, CardEntry, card_digest
from models.access.credential import Cardholder, Kind
from models.access.decision import Reason
from models.access.pins import UnitPin, UnitPins, duress_of, hash_pin
from models.access.policy import Effect, KindWindow, Rule
from models.access.verification import FaceResult, FaceStatus
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind, DecisionMade
from tests.edge.lane.bench import Bench

KEY = bytes(range(32))
SALT = "5a" * 16
HOLDER, CARD, PIN = new_id(), new_id(), new_id()
UNIT, KEYED = "31502", "402817"


@dataclass
class Shown:
    """What the reader was told to show."""

    signals: list[Signal] = field(default_factory=list)

    def fault(self) -> str | None:
        return None

    def show(self, signal: Signal) -> None:
        self.signals.append(signal)


@pytest.fixture(autouse=True)
def cheap_hashes() -> Iterator[None]:
    before, pins.COST = pins.COST, 2
    yield
    pins.COST = before


def allowed(effect: Effect = Effect.ALLOW) -> tuple[Rule, ...]:
    return (Rule(rule_id=new_id(), effect=effect, groups=frozenset({"resident"})),)


@dataclass
class Desk:
    """A lane with a reader, and one resident with a card and a PIN."""

    bench: Bench
    shown: Shown = field(default_factory=Shown)

    def rules(
        self, ends_in: timedelta | None = None, revoked: frozenset[UUID] = frozenset(),
        card_ends_in: timedelta | None = None, **more: Any,
    ) -> None:  # fmt: skip
        card_ends = self.bench.now() + card_ends_in if card_ends_in is not None else None
        ends = self.bench.now() + ends_in if ends_in is not None else None
        pin = UnitPin(hash=hash_pin(KEYED, SALT), credential_id=PIN, cardholder_id=HOLDER, valid_until=ends)
        digest = card_digest(KEY, Card(format="wiegand26", facility=12, number=34567))
        effect = more.pop("effect", Effect.ALLOW)
        self.bench.rules(
            rules=allowed(effect),
            cardholders=(Cardholder(cardholder_id=HOLDER, groups=frozenset({"resident"}), face_consent=True),),
            revoked=revoked,
            more={
                "card_key": KEY.hex(),
                "cards": (CardEntry(digest=digest, credential_id=CARD, cardholder_id=HOLDER, valid_until=card_ends),),
                "units": (UnitPins(unit=UNIT, salt=SALT, pins=(pin,)),),
                **more,
            },
        )
        self.bench.gate.lane("east-in").reader = self.shown

    def card(self, number: int = 34567, facility: int | None = 12) -> DecisionMade:
        read = CardRead("wiegand26", facility, number, self.bench.mono)
        self.bench.gate.handle(CardSeen("east-in", read, self.bench.mono))
        return self.last()

    def pin(self, pin: str = KEYED, unit: str = UNIT, lane: str = "east-in") -> DecisionMade:
        match = self.bench.store.view().pin(unit, pin)  # as the reader's own thread asks
        self.bench.gate.handle(PinEntered(lane, unit, match, self.bench.mono))
        return self.last()

    def last(self) -> DecisionMade:
        return self.bench.said(DecisionMade)[-1]


@pytest.fixture
def desk(bench: Bench) -> Desk:
    made = Desk(bench)
    made.rules()
    return made


def why(made: DecisionMade) -> str:
    return f"{made.decision.kind.value} {made.decision.outcome.value} {made.decision.reason.value}"


@pytest.mark.req("ACC-01", "ACC-28", "SYNC-06")
def test_a_residents_card_opens_after_it_is_on_disk_and_the_reader_shows_it(desk: Desk) -> None:
    made = desk.card()
    assert why(made) == "card grant ok"
    assert (made.decision.cardholder_id, made.decision.credential_id) == (HOLDER, CARD)
    assert len(desk.bench.locks["east-in"].pulses) == 1 and desk.shown.signals == [Signal.GRANTED]


@pytest.mark.req("ACC-28")
@pytest.mark.parametrize(("number", "facility"), [(34568, 12), (34567, 13), (34567, None)])
def test_another_card_opens_nothing_and_the_record_holds_its_digest_alone(
    desk: Desk, number: int, facility: int | None
) -> None:
    made = desk.card(number, facility)
    assert why(made) == "card deny unknown" and desk.bench.locks["east-in"].pulses == []
    told = made.decision.detail["card"]
    assert told == card_digest(KEY, Card(format="wiegand26", facility=facility, number=number))
    assert str(number) not in made.model_dump_json() and desk.shown.signals == [Signal.REFUSED]


def test_a_lost_card_is_refused_as_revoked(desk: Desk) -> None:
    desk.rules(revoked=frozenset({CARD}))
    assert why(desk.card()) == "card deny revoked"


@pytest.mark.req("ACC-28")
def test_a_card_with_an_end_ends_at_the_lane_and_takes_no_other_with_it(desk: Desk) -> None:
    desk.rules(card_ends_in=timedelta(minutes=5))
    assert why(desk.card()) == "card grant ok"
    desk.bench.mono += 301
    assert why(desk.card()) == "card deny expired"
    assert why(desk.pin()) == "pin grant ok"


def test_without_a_card_key_no_card_is_known(desk: Desk) -> None:
    desk.rules(card_key="")
    made = desk.card()
    assert why(made) == "card deny unknown" and "card" not in made.decision.detail


@pytest.mark.req("ACC-27")
def test_unit_and_pin_open_and_another_unit_does_not(desk: Desk) -> None:
    assert why(desk.pin()) == "pin grant ok"
    assert why(desk.pin(unit="31503")) == "pin deny unknown"
    assert why(desk.pin(pin="402818"[:5] + "0")) == "pin deny unknown"


@pytest.mark.req("ACC-27")
def test_a_pin_that_ends_with_an_invitation_ends(desk: Desk) -> None:
    desk.rules(ends_in=timedelta(minutes=5))
    assert why(desk.pin()) == "pin grant ok"
    desk.bench.mono += 301
    assert why(desk.pin()) == "pin deny expired"


@pytest.mark.req("ACC-20")
def test_under_duress_everything_at_the_gate_is_as_always_and_an_alarm_lies_beside_the_decision(
    tmp_path: Path,
) -> None:
    told = []
    for pin in (KEYED, duress_of(KEYED)):
        (tmp_path / pin).mkdir()
        desk = Desk(Bench(tmp_path / pin))
        desk.rules()
        desk.bench.contacts(lane="east-in")
        made = desk.pin(pin)
        shell = desk.bench.gate.lane("east-in")
        decision = made.decision.model_dump(exclude={"at", "lane_id", "rule_id", "rules_age_s", "checks", "detail"})
        told.append((decision, desk.shown.signals, len(desk.bench.locks["east-in"].pulses), shell.says.say))
        alarms = [(event, body) for event, body in desk.bench.events() if isinstance(body, Alarm)]
        if pin == KEYED:
            assert alarms == []
        else:
            ((event, alarm),) = alarms
            grant = next(e for e, body in desk.bench.events() if isinstance(body, DecisionMade))
            assert alarm.alarm is AlarmKind.DURESS and event.correlation == grant.correlation
            assert event.seq == grant.seq + 1, "one batch: who has the grant has the alarm"
        desk.bench.close()
        desk.bench.keys.close()
    assert told[0] == told[1]


@pytest.mark.req("ACC-21")
@pytest.mark.parametrize(("direction", "locked"), [(Direction.IN, True), (Direction.OUT, False)])
def test_five_wrong_pins_lock_the_keypad_but_never_the_way_out(
    make_bench: Callable[..., Bench], direction: Direction, locked: bool
) -> None:
    desk = Desk(make_bench(direction=direction))
    desk.rules()
    for _ in range(5):
        assert why(desk.pin("999000")) == "pin deny unknown"
    assert why(desk.pin()) == ("pin deny wrong_attempts" if locked else "pin grant ok")
    assert why(desk.card()) == "card grant ok", "only the keypad is locked"
    desk.bench.mono += 301
    assert why(desk.pin()) == "pin grant ok"


@pytest.mark.req("ACC-21")
def test_a_stranger_with_bad_cards_raises_the_alarm_and_locks_nobodys_pin(desk: Desk) -> None:
    for number in range(8):
        assert why(desk.card(number=number)) == "card deny unknown"
    assert desk.bench.alarms(AlarmKind.WRONG_ATTEMPTS) == [False]
    assert why(desk.pin()) == "pin grant ok"


@pytest.mark.req("ACC-21")
def test_a_unit_that_is_guessed_at_from_lane_to_lane_is_locked_at_all_of_them_and_no_other_is(
    make_bench: Callable[..., Bench],
) -> None:
    desk = Desk(make_bench(codes=("east-in", "west-in", "north-in")))
    desk.rules()
    for lane in ("east-in", "west-in", "east-in", "west-in", "east-in"):
        assert why(desk.pin("999000", lane=lane)) == "pin deny unknown"
    assert why(desk.pin(lane="north-in")) == "pin deny wrong_attempts"
    assert why(desk.pin("999000", unit="77", lane="north-in")) == "pin deny unknown", "another unit may be keyed"
    raised = [body for body in desk.bench.said(Alarm) if body.alarm is AlarmKind.WRONG_ATTEMPTS]
    assert [body.device for body in raised] == ["unit"] and UNIT not in str(desk.bench.events())
    desk.bench.mono += 301
    assert why(desk.pin(lane="north-in")) == "pin grant ok"


@pytest.mark.req("ACC-21")
def test_a_right_pin_that_the_rules_refuse_is_no_guess(desk: Desk) -> None:
    desk.rules(revoked=frozenset({PIN}))
    for _ in range(6):
        assert why(desk.pin()) == "pin deny revoked"
    assert desk.bench.alarms(AlarmKind.WRONG_ATTEMPTS) == [False, False], "at the lane, and of this credential"
    desk.rules()
    assert why(desk.pin()) == "pin grant ok"


@pytest.mark.req("ACC-21")
def test_how_many_and_how_long_is_the_lanes_own_setting(desk: Desk) -> None:
    desk.bench.gate.lane("east-in").limits = Limits(wrong_max=3, pin_lock_s=60)
    for _ in range(3):
        assert why(desk.pin("999000")) == "pin deny unknown"
    assert why(desk.pin()) == "pin deny wrong_attempts"
    assert {body.detail for body in desk.bench.said(Alarm)} == {"3 in 10 min"}
    desk.bench.mono += 61
    assert why(desk.pin()) == "pin grant ok"


@pytest.mark.req("ACC-01")
def test_a_lane_that_takes_cards_alone_refuses_a_pin(desk: Desk) -> None:
    lane = desk.bench.lanes["east-in"].lane_id
    desk.rules(kinds=(KindWindow(lane_id=lane, kind=Kind.CARD),))
    assert why(desk.pin()) == "pin deny no_rule" and why(desk.card()) == "card grant ok"


@pytest.mark.req("ACC-11")
@pytest.mark.parametrize(
    ("status", "end"), [(FaceStatus.MATCHED, "card grant ok"), (FaceStatus.BELOW_THRESHOLD, "card deny low_score")]
)
def test_where_two_factors_are_wanted_a_card_waits_for_its_holders_face(
    make_bench: Callable[..., Bench], status: FaceStatus, end: str
) -> None:
    desk = Desk(make_bench(eyes=True))
    desk.rules(effect=Effect.SECOND_FACTOR)
    read = CardRead("wiegand26", 12, 34567, desk.bench.mono)
    desk.bench.gate.handle(CardSeen("east-in", read, desk.bench.mono))
    assert desk.bench.said(DecisionMade) == [] and desk.shown.signals == [Signal.WAITING]
    pending = desk.bench.gate.lane("east-in").presented.pending
    assert pending is not None
    face = FaceResult(status=status, cardholder_id=HOLDER, score=0.7, threshold=0.45)
    for _ in range(3):
        desk.bench.gate.handle(FaceSeen("east-in", face, desk.bench.mono, pending.correlation))
    made = desk.last()
    assert why(made) == end and made.decision.reason in (Reason.OK, Reason.LOW_SCORE)
    assert desk.shown.signals[-1] is (Signal.GRANTED if status is FaceStatus.MATCHED else Signal.REFUSED)


@pytest.mark.req("ACC-20", "ACC-11")
def test_under_duress_help_is_called_before_the_face_is_awaited_and_a_second_tap_is_the_same_recognition(
    make_bench: Callable[..., Bench],
) -> None:
    desk = Desk(make_bench(eyes=True))
    desk.rules(effect=Effect.SECOND_FACTOR)
    for _ in range(2):
        desk.bench.gate.handle(PinEntered("east-in", UNIT, desk.bench.store.view().pin(UNIT, KEYED), desk.bench.mono))
    assert desk.bench.said(DecisionMade) == [] and desk.bench.said(Alarm) == []
    forced = desk.bench.store.view().pin(UNIT, duress_of(KEYED))
    desk.bench.gate.handle(PinEntered("east-in", UNIT, forced, desk.bench.mono))
    pending = desk.bench.gate.lane("east-in").presented.pending
    assert pending is not None
    told = [event for event, body in desk.bench.events() if isinstance(body, Alarm)]
    assert [event.correlation for event in told] == [pending.correlation]
    face = FaceResult(status=FaceStatus.MATCHED, cardholder_id=HOLDER, score=0.7, threshold=0.45)
    desk.bench.gate.handle(FaceSeen("east-in", face, desk.bench.mono, pending.correlation))
    assert why(desk.last()) == "pin grant ok" and len(desk.bench.said(Alarm)) == 1


def test_the_lanes_screen_speaks_of_the_card_and_of_the_pin_that_were_shown(make_bench: Callable[..., Bench]) -> None:
    desk = Desk(make_bench(eyes=True))
    desk.rules(effect=Effect.SECOND_FACTOR)
    bench, link = desk.bench, SyncStatus(online_since=None, last_error=None)
    console = ConsoleGate(
        "gate", bench.codes, bench.gate.lane, bench.store.view, lambda: link, bench.now, lambda: bench.mono
    )

    def said() -> tuple[str, str]:
        screen = console.screen("east-in").said
        return screen.what.zh, screen.do.zh if screen.do else ""

    assert said()[0] == "请出示通行码或刷卡"
    bench.gate.handle(CardSeen("east-in", CardRead("wiegand26", 12, 34567, bench.mono), bench.mono))
    assert said() == ("请看镜头", "卡已读到，再核对一下本人")
    assert why(desk.pin("999000")) == "pin deny unknown"
    assert said()[0] == "房号或密码不对"
    assert why(desk.card(number=1)) == "card deny unknown"
    assert said()[0] == "没有认出这张卡"


@pytest.mark.req("ACC-22", "ACC-28")
@pytest.mark.parametrize("known", [True, False], ids=["a resident's card", "a stranger's card"])
def test_a_card_during_a_fire_ends_no_hold_and_moves_no_lock(desk: Desk, known: bool) -> None:
    """S4: a timed pulse would end what is held open. Whoever shows a card is written down, and the door stays open."""
    bench, lock = desk.bench, desk.bench.locks["east-in"]
    bench.contacts(fire=True)
    desk.card() if known else desk.card(number=1)
    desk.pin("000000")
    bench.wait(60.0)
    assert lock.holds == [True] and lock.relocked == 0
    assert bench.alarms(AlarmKind.FIRE) == [False], "told, and not over"
    bench.contacts(closed=False, fire=False)
    desk.card()
    bench.contacts(fire=False)
    assert lock.holds == [True], "the input is healthy again: a person has to end it all the same"
