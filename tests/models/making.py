"""One site, two lanes and two people that the tests of models share, and facts under which the door opens."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from nacl.signing import SigningKey

from models.access.credential import RESIDENT, VISITOR, Cardholder, Kind, Pass, site_tag
from models.access.policy import Effect, Facts, Rule
from models.access.verification import FaceResult, FaceStatus, Verification
from models.site.topology import Direction, Lane
from models.values.time import SITE_TZ

SITE = UUID("01980000-0000-7000-8741-5244454e3031")
LANE_ID = UUID("01980000-0000-7000-8000-0000000000a1")
OTHER_LANE_ID = UUID("01980000-0000-7000-8000-0000000000a2")
HOLDER_ID = UUID("01980000-0000-7000-8000-0000000000c1")
OTHER_HOLDER_ID = UUID("01980000-0000-7000-8000-0000000000c2")
PASS_ID = UUID("01980000-0000-7000-8000-0000000000d1")
NODE_ID = UUID("01980000-0000-7000-8000-0000000000e1")

KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(bytes(range(1, 33)))
PUBLIC = bytes(KEY.verify_key)

MONDAY_NOON = datetime(2026, 3, 2, 12, 0, tzinfo=SITE_TZ)

LANE = Lane(
    lane_id=LANE_ID,
    code="east-in",
    name="东门入口",
    gate_id=UUID("01980000-0000-7000-8000-0000000000b1"),
    gate_number=3,
    direction=Direction.IN,
)
HOLDER = Cardholder(cardholder_id=HOLDER_ID, groups=frozenset({"resident"}), face_consent=True)


def uuid(number: int) -> UUID:
    """A fixed id of version 7 with a readable end."""
    return UUID(f"01980000-0000-7000-8000-{number:012x}")


def a_pass(**changes: Any) -> Pass:
    """A visitor's pass for gate 3, one hour around Monday noon, without a limit of entries."""
    fields: dict[str, Any] = {
        "key_id": 1,
        "pass_id": PASS_ID,
        "site_tag": site_tag(SITE),
        "not_before": MONDAY_NOON - timedelta(minutes=30),
        "not_after": MONDAY_NOON + timedelta(minutes=30),
        "gates": 1 << 3,
        "uses": 0,
        "party": 1,
        "group": VISITOR,
    }
    return Pass(**{**fields, **changes})


def a_rule(number: int, effect: Effect = Effect.ALLOW, groups: tuple[str, ...] = ("visitor",), **more: Any) -> Rule:
    return Rule(rule_id=uuid(number), effect=effect, groups=frozenset(groups), **more)


def a_face(status: FaceStatus = FaceStatus.MATCHED, **changes: Any) -> FaceResult:
    """The cardholder's own face, compared one to one and found mated."""
    fields: dict[str, Any] = {"status": status, "cardholder_id": HOLDER_ID, "score": 0.71, "threshold": 0.45}
    return FaceResult(**{**fields, **changes})


def granted(**changes: Any) -> Facts:
    """Facts under which a visitor's pass opens the lane at MONDAY_NOON, with the given facts changed."""
    fields: dict[str, Any] = {
        "site_id": SITE,
        "lane": LANE,
        "verification": Verification(kind=Kind.PASS, read=a_pass(), credential_id=PASS_ID),
        "rules": (a_rule(1),),
        "rules_version": 7,
        "rules_issued_at": MONDAY_NOON - timedelta(hours=3),
        "rules_expire_at": MONDAY_NOON + timedelta(hours=69),
    }
    return Facts(**{**fields, **changes})


def with_pass(**changes: Any) -> Facts:
    return granted(verification=Verification(kind=Kind.PASS, read=a_pass(**changes), credential_id=PASS_ID))


def two_factor(face: FaceResult | None, cardholder: Cardholder | None = HOLDER, **changes: Any) -> Facts:
    """A resident's pass at a lane that asks for a second factor."""
    shown = Verification(kind=Kind.PASS, read=a_pass(group=RESIDENT), credential_id=PASS_ID, face=face)
    rules = (a_rule(2, Effect.SECOND_FACTOR, ("resident",)),)
    return granted(verification=shown, rules=rules, cardholder=cardholder, **changes)
