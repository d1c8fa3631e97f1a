"""Decisions of every kind that the samples of the wire carry."""

from datetime import timedelta

from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from tests.models.making import HOLDER_ID, LANE_ID, MONDAY_NOON, PASS_ID, uuid
from tests.models.parking.tariffs import T1

GRANTED = Decision(
    outcome=Outcome.GRANT,
    reason=Reason.OK,
    kind=Kind.PASS,
    at=MONDAY_NOON,
    lane_id=LANE_ID,
    cardholder_id=HOLDER_ID,
    credential_id=PASS_ID,
    rule_id=uuid(2),
    rules_version=12,
    rules_age_s=14_400,
    score=0.625,
    threshold=0.45,
    detail={"quality": "good"},
    checks=(
        Check(step="gate", passed=True, reason=Reason.OK),
        Check(step="second_factor", passed=True, reason=Reason.OK, detail={"quality": "good"}),
    ),
)
PAYS = Decision(
    outcome=Outcome.REFER,
    reason=Reason.UNKNOWN,
    kind=Kind.PLATE,
    at=MONDAY_NOON,
    lane_id=LANE_ID,
    rules_version=12,
    rules_age_s=60,
    detail={
        "case": "pay",
        "ask_fen": "2000",
        "fee_fen": "700",
        "due_fen": "700",
        "owed_fen": "1300",
        "tariff": f"{T1.tariff_id} 1",
        "bill": "first_block 0 60 1 500 500; blocks 60 120 1 200 200",
    },
    checks=(Check(step="plate_pay", passed=False, reason=Reason.UNKNOWN),),
    inputs={"direction": "out", "charged": "yes", "inside_since": "2026-03-02T02:00:00+00:00"},
)
REFUSED = Decision(
    outcome=Outcome.DENY,
    reason=Reason.REVOKED,
    kind=Kind.PASS,
    at=MONDAY_NOON + timedelta(microseconds=1),
    lane_id=LANE_ID,
    rules_version=0,
    checks=(Check(step="revoked", passed=False, reason=Reason.REVOKED),),
)
LIVING = Decision(
    outcome=Outcome.GRANT,
    reason=Reason.OK,
    kind=Kind.FACE,
    at=MONDAY_NOON,
    lane_id=LANE_ID,
    cardholder_id=HOLDER_ID,
    rules_version=12,
    score=0.71,
    threshold=0.55,
    detail={"liveness": "live_simulated", "proved_by": "nir-1"},
)
