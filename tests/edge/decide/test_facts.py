"""The policy's shared vectors through the edge's own path: token read, snapshot indexed, facts gathered, decided."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from edge.decide.facts import gather, verification_of, with_face
from edge.store.view import RulesView, view_of
from models.access.credential import Kind, Pass
from models.access.passes import PassProblem, sign_pass
from models.access.policy import Facts, decide
from models.access.verification import Verification
from models.values.ids import new_id
from models.wire.snapshot import CredentialEntry, PassKey, Snapshot
from tests.models.vectors import load
from tests.models.vectors.load import Case

KEY, OTHER_KEY = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
NO_DOOR_HERE = {Kind.CARD, Kind.PIN}
"""Ways in that this version's lanes do not have; the policy itself is asked about them in tests/models."""


def sent_down(facts: Facts) -> RulesView:
    """The rules of a case as central would send them: signed content, indexed by the node."""
    if facts.rules_issued_at is None or facts.rules_expire_at is None:
        return RulesView()
    read, holder = facts.verification.read, facts.cardholder
    snapshot = Snapshot(
        tenant_id=new_id(), site_id=facts.site_id, node_id=new_id(), version=facts.rules_version,
        issued_at=facts.rules_issued_at, expires_at=facts.rules_expire_at, lanes=(facts.lane,), rules=facts.rules,
        pass_keys=(PassKey(key_id=1, public_key=bytes(KEY.verify_key).hex()),), holidays=facts.holidays,
        cardholders=(holder,) if holder else (),
        credentials=(
            (CredentialEntry(credential_id=read.pass_id, cardholder_id=holder.cardholder_id),)
            if holder is not None and isinstance(read, Pass) else ()
        ),
        revoked=frozenset({facts.verification.credential_id}) if facts.revoked and facts.verification.credential_id
        else frozenset(),
        refer_when_stale=facts.refer_when_stale,
    )  # fmt: skip
    return view_of(Snapshot.model_validate_json(snapshot.model_dump_json()))


def shown(facts: Facts) -> str | None:
    """What is held in front of the scanner in this case."""
    read, credential = facts.verification.read, facts.verification.credential_id
    if isinstance(read, Pass):
        return sign_pass(read, KEY)
    if credential is None:
        return "WEATHER TODAY: RAIN" if read is PassProblem.MALFORMED else None
    base = next(case.facts.verification.read for case in load.cases() if isinstance(case.facts.verification.read, Pass))
    assert isinstance(base, Pass)
    claims = base.model_copy(update={"pass_id": credential})
    match read:
        case PassProblem.FORGED:
            return sign_pass(claims, OTHER_KEY)
        case PassProblem.UNKNOWN_KEY:
            return sign_pass(claims.model_copy(update={"key_id": 9}), KEY)
        case _:
            return None


def at_the_lane(case: Case) -> Verification | None:
    """The verification that the lane makes of what is presented; None where a lane never makes such a one."""
    told = case.facts.verification
    if told.kind in NO_DOOR_HERE:
        return None
    if told.kind is not Kind.PASS:
        return Verification(kind=told.kind, face=told.face, credential_id=told.credential_id)
    token = shown(case.facts)
    if token is None:
        return None
    verification = verification_of(token, sent_down(case.facts))
    return with_face(verification, told.face) if told.face else verification


def runs_here(case: Case) -> bool:
    """Not at a lane: margins other than the site's, and rules that never expire although there are some."""
    facts = case.facts
    same_margin = facts.window_margin_s == Facts.model_fields["window_margin_s"].default
    has_rules = facts.rules_issued_at is not None and facts.rules_expire_at is not None and facts.rules_version > 0
    return same_margin and has_rules and at_the_lane(case) is not None


CASES = [case for case in load.cases() if runs_here(case)]


def test_nearly_every_vector_runs_through_the_edge() -> None:
    left_out = {case.name for case in load.cases()} - {case.name for case in CASES}
    assert len(CASES) >= 60, f"left out: {sorted(left_out)}"


@pytest.mark.req("GEN-05")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_edge_gives_the_bytes_of_the_shared_vectors(case: Case) -> None:
    facts, verification = case.facts, at_the_lane(case)
    assert verification is not None
    view = sent_down(facts)
    gathered = gather(
        facts.site_id,
        facts.lane,
        view,
        verification,
        facts.gate,
        case.now,
        facts.uses_before,
        facts.face_opens,
        facts.face_lives,
    )
    assert decide(gathered, case.now).model_dump_json() == case.decision_json
