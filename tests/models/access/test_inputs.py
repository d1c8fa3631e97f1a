"""What a decision stood on is kept with it, for every way in (GEN-04)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.credential import Kind
from models.access.policy import Facts, GateState, decide
from models.access.probe import MEASURES, ProbeQuality
from models.access.verification import FaceStatus, Verification
from tests.models.making import HOLDER, HOLDER_ID, MONDAY_NOON, PASS_ID, a_face, granted, two_factor, with_pass
from tests.models.strategies import facts, moments

WELL_SEEN = ProbeQuality(side_px=142.3, sharpness=0.02311, brightness=118.2, yaw=-0.118)
OWN = ("gate", "verification", "cardholder", "revoked", "uses_before", "face_opens", "face_lives", "window_margin_s")
"""Facts of one access; the others are the snapshot's, which the decision names by its version."""


@pytest.mark.req("GEN-04")
@given(facts, facts, st.lists(st.sampled_from(OWN), min_size=1, max_size=3, unique=True), moments)
def test_what_changes_the_answer_changes_what_is_kept(
    one: Facts, other: Facts, names: list[str], now: datetime
) -> None:
    """Two accesses under one snapshot that were answered differently differ in what is written down about them."""
    changed = one.model_copy(update={name: getattr(other, name) for name in names})
    first, second = decide(one, now), decide(changed, now)
    if (first.outcome, first.checks, first.kind) != (second.outcome, second.checks, second.kind):
        assert (first.inputs, first.kind) != (second.inputs, second.kind)


@pytest.mark.req("GEN-04")
@pytest.mark.parametrize(
    ("way", "asked", "kept"),
    [
        ("pass", with_pass(uses=3), {"pass": "read", "pass_gates": "8", "pass_group": "0", "uses": "3"}),
        ("card", granted(cardholder=HOLDER, verification=Verification(kind=Kind.CARD, credential_id=PASS_ID)),
         {"credential": "known", "groups": "resident"}),
        ("PIN", granted(verification=Verification(kind=Kind.PIN), gate=GateState(pin_locked=True)),
         {"pin_locked": "yes"}),
        ("face", granted(cardholder=HOLDER, verification=Verification(kind=Kind.FACE, face=a_face())),
         {"face": "matched", "face_of_holder": "yes", "consent": "yes", "groups": "resident"}),
        ("pass and face", two_factor(a_face(FaceStatus.BELOW_THRESHOLD)), {"pass": "read", "face": "below_threshold"}),
        ("button", granted(verification=Verification(kind=Kind.EXIT_BUTTON)), {"direction": "in"}),
        ("remote", granted(verification=Verification(kind=Kind.REMOTE), gate=GateState(fault="relay")),
         {"fault": "relay"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_way_in_keeps_its_own(way: str, asked: Facts, kept: dict[str, str]) -> None:
    made = decide(asked, MONDAY_NOON)
    assert kept.items() <= made.inputs.items()
    assert (made.rules_version, made.kind) == (7, asked.verification.kind)


@pytest.mark.req("GEN-04", "PRIV-01")
def test_of_somebody_who_did_not_agree_a_camera_keeps_nothing() -> None:
    refused = HOLDER.model_copy(update={"face_consent": False, "blocked": True, "valid_until": MONDAY_NOON})
    shown = a_face(probe_quality=WELL_SEEN)
    made = decide(granted(cardholder=refused, verification=Verification(kind=Kind.FACE, face=shown)), MONDAY_NOON)
    assert made.inputs == {
        "direction": "in", "face": "matched", "liveness": "not_measured", "frames": "1", "consent": "no"
    }  # fmt: skip


@pytest.mark.req("ACC-09", "ADMIN-14")
@pytest.mark.parametrize("status", [FaceStatus.MATCHED, FaceStatus.BELOW_THRESHOLD])
def test_a_compared_face_is_kept_with_how_well_it_was_seen(status: FaceStatus) -> None:
    made = decide(two_factor(a_face(status, probe_quality=WELL_SEEN)), MONDAY_NOON)
    figures = {"side_px": "142", "sharpness": "0.0231", "brightness": "118", "yaw": "0.12"}
    assert figures.items() <= made.inputs.items() and set(figures) == set(MEASURES)
    assert not set(MEASURES) & decide(two_factor(a_face(status)), MONDAY_NOON).inputs.keys()


@pytest.mark.req("GEN-04")
@given(facts, moments)
def test_no_id_of_a_person_is_among_the_words(asked: Facts, now: datetime) -> None:
    text = str(decide(asked, now).inputs)
    assert str(HOLDER_ID) not in text and HOLDER_ID.hex not in text
    if asked.cardholder is not None:
        assert str(asked.cardholder.cardholder_id) not in text


def test_an_instant_is_said_as_it_was_compared() -> None:
    until = MONDAY_NOON + timedelta(days=2)
    made = decide(two_factor(None, HOLDER.model_copy(update={"household_blocked_until": until})), MONDAY_NOON)
    assert datetime.fromisoformat(made.inputs["household_blocked_until"]) == until
