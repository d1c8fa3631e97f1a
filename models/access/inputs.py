"""What a decision stood on, as words: kept with it, so that it can be made again in a year (GEN-04).

Rules, holidays, keys and kinds are those of the snapshot that the decision names by its version. Everything else that
the policy looked at is here, and how well a compared face was seen. Ids, scores, figures and instants only: what names
a person is sealed beside the event, and of a holder who does not agree to be known by face a camera says no more than
that.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from models.access.credential import Cardholder, Kind, Pass, site_tag
from models.access.lifts import in_order
from models.access.passes import PassProblem
from models.access.verification import FaceResult

if TYPE_CHECKING:
    from models.access.policy import Facts, GateState

YES, NO = "yes", "no"


def inputs_of(facts: "Facts", now: datetime) -> dict[str, str]:
    """Only what was there to be said: a fact that stands at its default is left out."""
    verification, holder = facts.verification, facts.cardholder
    said = {"direction": facts.lane.direction.value, **_gate(facts.gate), **_presented(facts)}
    compared = holder is None or holder.may_be_compared(now)
    if verification.kind is Kind.FACE and not compared:
        return said | _face(verification.face, None) | {"consent": NO}
    if compared:  # else no face was asked for, and one that was looked at before has no place in the record
        said |= _face(verification.face, holder) | _how_seen(verification.face)
    if holder is not None:
        said |= _holder(holder)
    if facts.revoked and not isinstance(verification.read, PassProblem):  # of a text that is no pass nobody asks
        said["revoked"] = YES
    if facts.face_opens:
        said["face_opens"] = YES
    if facts.face_lives:
        said["face_lives"] = YES
    if facts.floors is not None:
        said["floors"] = " ".join(in_order(facts.floors))
    if facts.passback is not None:
        zone, last = facts.passback.zone, facts.passback.last
        said["passback"] = f"{zone.mode.value} {zone.minutes}" + ("" if facts.passback.trusted else " reads_lost")
        if last is not None:
            said["last_passed"] = f"{last.direction.value} {last.at.isoformat()}"
    return said


def _gate(gate: "GateState") -> dict[str, str]:
    states = {"fire": gate.fire, "lockdown": gate.lockdown, "interlock": gate.interlock, "ebike": gate.ebike}
    states |= {"pin_locked": gate.pin_locked}
    said = {name: YES for name, on in states.items() if on}
    if gate.fault is not None:
        said["fault"] = gate.fault
    if gate.lockdown:
        said["lockdown_admits"] = _words(gate.lockdown_groups)
    return said


def _presented(facts: "Facts") -> dict[str, str]:
    read = facts.verification.read
    if isinstance(read, PassProblem):
        return {"pass": read.value}
    if not isinstance(read, Pass):
        return {} if facts.verification.credential_id is None else {"credential": "known"}
    return {
        "pass": "read" if read.site_tag == site_tag(facts.site_id) else "other_site",
        "pass_from": read.not_before.isoformat(),
        "pass_until": read.not_after.isoformat(),
        "pass_gates": f"{read.gates:x}",
        "pass_group": str(read.group),
        "uses": str(read.uses),
        "uses_before": str(facts.uses_before),
        "margin_s": str(facts.window_margin_s),
    }


def _face(face: FaceResult | None, holder: Cardholder | None) -> dict[str, str]:
    if face is None:
        return {}
    said = {"face": face.status.value, "liveness": face.liveness_word, "frames": str(face.frames)}
    if holder is not None and face.cardholder_id is not None:
        said["face_of_holder"] = YES if face.cardholder_id == holder.cardholder_id else NO
    if face.quality is not None:
        said["quality"] = face.quality
    if face.model is not None:
        said["model"] = face.model
    if face.proved_by:
        said["proved_by"] = face.proved_by
    return said


def _how_seen(face: FaceResult | None) -> dict[str, str]:
    return face.probe_quality.words() if face is not None and face.probe_quality is not None else {}


def _holder(holder: Cardholder) -> dict[str, str]:
    said = {"groups": _words(holder.groups)}
    instants = {
        "valid_from": holder.valid_from,
        "valid_until": holder.valid_until,
        "consent_until": holder.face_consent_until,
        "household_blocked_until": holder.household_blocked_until,
    }
    said |= {name: at.isoformat() for name, at in instants.items() if at is not None}
    if holder.blocked:
        said["blocked"] = YES
    if holder.face_consent:
        said["consent"] = YES
    return said


def _words(groups: frozenset[str]) -> str:
    return " ".join(sorted(groups))
