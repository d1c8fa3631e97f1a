"""Generated facts: every field of `Facts` varies, near enough to a grant that every question is reached."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from models.access.credential import Cardholder, Kind, Pass, site_tag
from models.access.passes import PassProblem
from models.access.policy import Effect, Facts, GateState, Rule
from models.access.probe import ProbeQuality
from models.access.schedule import ALWAYS, Span
from models.access.verification import Attack, FaceResult, FaceStatus, Liveness, Verification
from tests.models.making import (
    HOLDER,
    HOLDER_ID,
    LANE_ID,
    MONDAY_NOON,
    OTHER_HOLDER_ID,
    OTHER_LANE_ID,
    SITE,
    a_face,
    granted,
    two_factor,
)

GROUPS = ("visitor", "resident", "courier")

nearby = st.integers(-3 * 86_400, 3 * 86_400).map(lambda s: MONDAY_NOON + timedelta(seconds=s))
maybe_nearby = st.none() | nearby
uuids = st.builds(lambda n: UUID(int=n), st.integers(0, (1 << 128) - 1))
lane_sets = st.sampled_from([frozenset(), frozenset({LANE_ID}), frozenset({OTHER_LANE_ID})])
group_sets = st.frozensets(st.sampled_from(GROUPS))
holiday_sets = st.frozensets(st.integers(1, 4).map(lambda day: date(2026, 3, day)))

spans = st.builds(
    Span,
    days=st.frozensets(st.integers(1, 8), min_size=1),
    start_minute=st.integers(0, 1439),
    end_minute=st.integers(1, 1440),
)
rules = st.builds(
    Rule,
    rule_id=uuids,
    effect=st.sampled_from(Effect),
    groups=st.frozensets(st.sampled_from(GROUPS), min_size=1),
    lanes=lane_sets,
    schedule=st.just(ALWAYS) | st.lists(spans, max_size=2).map(tuple),
    valid_from=maybe_nearby,
    valid_until=maybe_nearby,
)
whole_seconds = st.integers(0, (1 << 32) - 1).map(lambda s: datetime.fromtimestamp(s, UTC))
signable_passes = st.builds(
    Pass,
    key_id=st.integers(0, 255),
    pass_id=uuids,
    site_tag=st.binary(min_size=8, max_size=8),
    not_before=whole_seconds,
    not_after=whole_seconds,
    gates=st.integers(0, (1 << 64) - 1),
    uses=st.integers(0, 255),
    party=st.integers(1, 20),
    group=st.integers(0, 23),
)
passes_here = st.builds(
    Pass,
    key_id=st.just(1),
    pass_id=uuids,
    site_tag=st.sampled_from([site_tag(SITE), site_tag(SITE), b"elsewher"]),
    not_before=nearby,
    not_after=nearby,
    gates=st.sampled_from([1 << 3, (1 << 64) - 1, 1 << 4]),
    uses=st.integers(0, 3),
    party=st.integers(1, 20),
    group=st.sampled_from([0, 0, 1, 1, 9]),
)
cosines = st.none() | st.floats(-1, 1)
faces = st.builds(
    FaceResult,
    status=st.sampled_from(FaceStatus) | st.just(FaceStatus.MATCHED),
    one_to_many=st.booleans(),
    cardholder_id=st.sampled_from([None, HOLDER_ID, OTHER_HOLDER_ID]),
    score=cosines,
    threshold=cosines,
    quality=st.none() | st.just("too dark"),
    liveness=st.sampled_from(Liveness),
    attack=st.none() | st.sampled_from(Attack),
    simulated=st.booleans(),
    frames=st.integers(0, 30),
    probe_quality=st.none() | st.just(ProbeQuality(side_px=90.0, sharpness=0.02, brightness=120.0, yaw=0.1)),
)
verifications = st.builds(
    Verification,
    kind=st.sampled_from(Kind) | st.just(Kind.PASS),
    read=st.none() | st.sampled_from(PassProblem) | passes_here | passes_here,
    credential_id=st.none() | uuids,
    face=st.none() | faces,
)
cardholders = st.builds(
    Cardholder,
    cardholder_id=st.sampled_from([HOLDER_ID, OTHER_HOLDER_ID]),
    groups=group_sets,
    valid_from=maybe_nearby,
    valid_until=maybe_nearby,
    blocked=st.sampled_from([False, False, True]),
    face_consent=st.booleans(),
    household_blocked_until=st.none() | maybe_nearby,
)
seldom = st.sampled_from([False, False, False, True])
gates = st.builds(
    GateState,
    fire=seldom,
    fault=st.sampled_from([None, None, None, "relay"]),
    lockdown=seldom,
    interlock=seldom,
    pin_locked=seldom,
)
moments = st.just(MONDAY_NOON) | st.integers(-2400, 2400).map(lambda s: MONDAY_NOON + timedelta(seconds=s)) | nearby

_SCENES = [granted(), granted(cardholder=HOLDER), two_factor(a_face()), two_factor(None), two_factor(a_face(), None)]
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "gate": gates,
    "verification": verifications,
    "cardholder": st.none() | cardholders,
    "face_lives": st.booleans(),
    "revoked": st.booleans(),
    "uses_before": st.integers(0, 4),
    "rules": st.lists(rules, max_size=4).map(tuple),
    "holidays": holiday_sets,
    "rules_version": st.integers(0, 9),
    "rules_issued_at": maybe_nearby,
    "rules_expire_at": maybe_nearby,
    "refer_when_stale": st.booleans(),
    "window_margin_s": st.sampled_from([0, 300, 3600]),
}


@st.composite
def _facts(draw: st.DrawFn) -> Facts:
    """A scene in which the door opens, or all but opens, with up to four of its facts drawn anew."""
    scene = dict(draw(st.sampled_from(_SCENES)))
    for name in draw(st.lists(st.sampled_from(sorted(_FIELDS)), max_size=4, unique=True)):
        scene[name] = draw(_FIELDS[name])
    return Facts(**scene)


facts = _facts()
