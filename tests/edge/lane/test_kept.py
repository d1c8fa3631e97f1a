"""What is written down of a decision, whichever way somebody came: nothing is skipped, and nobody is named in clear.

Each way is tried twice, once let through and once not, and the two lines in the journal hold the same fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from devices.ports import CardRead
from edge.lane.inbox import BoardDown, CardSeen, FaceSeen, PinEntered
from models.access import pins
from models.access.cards import Card, CardEntry, card_digest
from models.access.credential import RESIDENT, Cardholder, Kind
from models.access.decision import Outcome
from models.access.pins import UnitPin, UnitPins, hash_pin
from models.access.policy import Effect, KindWindow, Rule
from models.access.verification import FaceResult, FaceStatus, Liveness
from models.values.ids import new_id
from models.wire.events import DecisionMade, ImageRule
from models.wire.snapshot import CredentialEntry
from tests.edge.lane.bench import Bench, a_frame

LANE = "east-in"
KEY, SALT, UNIT, KEYED, NUMBER = bytes(range(32)), "5a" * 16, "31502", "402817", 34567
HOLDER = Cardholder(cardholder_id=new_id(), groups=frozenset({"resident"}), face_consent=True)
CARD, PIN = new_id(), new_id()
ALLOWED = (
    Rule(rule_id=new_id(), effect=Effect.ALLOW, groups=frozenset({"resident"})),
    Rule(rule_id=new_id(), effect=Effect.ALLOW, groups=frozenset({"visitor"})),
)
LIVE = FaceResult(
    status=FaceStatus.MATCHED, cardholder_id=HOLDER.cardholder_id, score=0.81, threshold=0.5, one_to_many=True,
    liveness=Liveness.LIVE, proved_by="challenge-1",
)  # fmt: skip
WAYS = ("pass", "card", "pin", "face", "exit_button", "remote")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "COST", 2)


def told(bench: Bench, holder: Cardholder = HOLDER, pictures: bool = False) -> str:
    """A resident with a card, a PIN, a face and a pass. The pass's text."""
    pass_id, token = bench.authority.a_pass(group=RESIDENT)
    digest = card_digest(KEY, Card(format="wiegand26", facility=12, number=NUMBER))
    pin = UnitPin(hash=hash_pin(KEYED, SALT), credential_id=PIN, cardholder_id=HOLDER.cardholder_id)
    bench.rules(
        rules=ALLOWED, cardholders=(holder,), pictures=pictures,
        credentials=(CredentialEntry(credential_id=pass_id, cardholder_id=holder.cardholder_id),),
        more={
            "card_key": KEY.hex(),
            "cards": (CardEntry(digest=digest, credential_id=CARD, cardholder_id=HOLDER.cardholder_id),),
            "units": (UnitPins(unit=UNIT, salt=SALT, pins=(pin,)),),
            "kinds": tuple(
                KindWindow(lane_id=bench.lanes[LANE].lane_id, kind=kind)
                for kind in (Kind.PASS, Kind.CARD, Kind.PIN, Kind.FACE)
            ),
        },
    )  # fmt: skip
    bench.gate.lane(LANE).face_opens = True
    return token


def comes(bench: Bench, way: str, token: str) -> DecisionMade:
    """Somebody comes by this way; the line that the journal got."""
    before = len(bench.said(DecisionMade))
    match way:
        case "pass":
            bench.scan(token)
        case "card":
            bench.gate.handle(CardSeen(LANE, CardRead("wiegand26", 12, NUMBER, bench.mono), bench.mono))
        case "pin":
            bench.gate.handle(PinEntered(LANE, UNIT, bench.store.view().pin(UNIT, KEYED), bench.mono))
        case "face":
            bench.gate.handle(FaceSeen(LANE, LIVE, bench.mono, frame=a_frame()))
        case "exit_button":
            bench.press()
        case "remote":
            bench.order(bench.command())
    (made,) = bench.said(DecisionMade)[before:]
    return made


@pytest.mark.req("GEN-04", "ACC-06")
@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_says_as_much_as_a_grant_by_every_way(make_bench: Callable[..., Bench], way: str) -> None:
    bench = make_bench(eyes=True)
    token = told(bench)
    granted = comes(bench, way, token)
    if way == "exit_button":  # never refused by a rule: only a board that does not answer keeps it shut, and no press
        refused = granted
    elif way == "remote":
        bench.gate.handle(BoardDown(LANE, "unit 1 did not answer"))
        refused = comes(bench, way, token)
    else:
        token = told(bench, HOLDER.model_copy(update={"household_blocked_until": bench.now() + timedelta(hours=1)}))
        refused = comes(bench, way, token)
        assert refused.decision.reason.value == "household_blocked"
        assert refused.decision.detail["until"] == refused.decision.inputs["household_blocked_until"]
    assert granted.decision.outcome is Outcome.GRANT
    for made in (granted, refused):
        assert made.decision.kind.value == way and made.decision.rules_version >= 1
        assert made.decision.checks and made.decision.checks[-1].reason is made.decision.reason
        assert made.decision.inputs["direction"] == "in" and made.duration_us >= 0
        assert made.image_rule is ImageRule.NOT_ALLOWED
    assert granted.model_dump().keys() == refused.model_dump().keys()
    if way == "face":
        assert (refused.decision.score, refused.decision.threshold) == (0.81, 0.5)


@pytest.mark.req("GEN-04", "ACC-28", "PRIV-01")
def test_no_number_name_or_text_of_a_credential_is_in_clear(make_bench: Callable[..., Bench]) -> None:
    """Of a pass the text is sealed beside the event; a card and a PIN leave nothing at all."""
    bench = make_bench(eyes=True)
    token = told(bench)
    for way in WAYS:
        comes(bench, way, token)
    written = "\n".join(event.body for event, body in bench.events() if isinstance(body, DecisionMade))
    assert token not in written and str(NUMBER) not in written and KEYED not in written and UNIT not in written
    for line in written.splitlines():
        assert set(json.loads(line)["decision"]["inputs"]) <= {
            "direction", "pass", "pass_from", "pass_until", "pass_gates", "pass_group", "uses", "uses_before",
            "margin_s", "credential", "groups", "consent", "face", "face_of_holder", "liveness", "frames", "proved_by",
            "face_opens", "face_lives",
        }  # fmt: skip


@pytest.mark.req("ACC-06")
@pytest.mark.parametrize(
    ("allowed", "seen", "rule"),
    [(True, True, "kept"), (True, False, "no_picture"), (False, True, "not_allowed"), (False, False, "not_allowed")],
)
@pytest.mark.parametrize("score", [0.2, 0.8])
def test_a_refused_face_is_told_with_reason_score_and_why_there_is_a_picture_or_none(
    make_bench: Callable[..., Bench], allowed: bool, seen: bool, rule: str, score: float
) -> None:
    bench = make_bench(eyes=True)
    told(bench, HOLDER.model_copy(update={"household_blocked_until": bench.now() + timedelta(hours=1)}), allowed)
    stranger = FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=score, threshold=0.5, one_to_many=True)
    shown = LIVE if score > 0.5 else stranger
    bench.gate.handle(FaceSeen(LANE, shown, bench.mono, frame=a_frame() if seen else None))
    (made,) = bench.said(DecisionMade)
    assert made.decision.outcome is Outcome.DENY and made.decision.score == shown.score
    assert made.decision.reason.value == ("household_blocked" if score > 0.5 else "unknown")
    assert (made.image_rule.value, made.picture) == (rule, rule == "kept")
    assert len(bench.kept.pictures) == (1 if rule == "kept" else 0)
    assert not bench.locks[LANE].pulses
