"""Facts for the policy, from what the node has on its own disk. Nothing here decides."""

from datetime import datetime
from uuid import UUID

from devices.ports import CardRead
from edge.store.store import RulesView
from models.access.cards import Card, card_digest
from models.access.credential import Cardholder, Kind, Pass
from models.access.lifts import Lift, floors_freed
from models.access.passes import PassProblem, claimed_pass, read_pass
from models.access.pins import PinMatch
from models.access.policy import Facts, GateState
from models.access.verification import FaceResult, FaceStatus, Verification
from models.site.topology import Lane


def verification_of(token: str, view: RulesView) -> Verification:
    """What a scanned text turns out to be. A refused pass still says which one it claims to be, for the record."""
    read = read_pass(token, view.pass_keys)
    claimed = claimed_pass(token) if isinstance(read, PassProblem) else read
    return Verification(kind=Kind.PASS, read=read, credential_id=claimed.pass_id if claimed else None)


def of_card(read: CardRead, view: RulesView) -> tuple[Verification, str | None]:
    """What a card turns out to be, and its digest: what the record says instead of its number."""
    key = view.snapshot.card_key if view.snapshot else ""
    if not key:
        return Verification(kind=Kind.CARD), None
    digest = card_digest(bytes.fromhex(key), Card(format=read.format, facility=read.facility, number=read.number))
    entry = view.cards.get(digest)
    return Verification(kind=Kind.CARD, credential_id=entry.credential_id if entry else None), digest


def of_pin(match: PinMatch | None, unit: str) -> Verification:
    """What was keyed: the same under duress as without."""
    return Verification(kind=Kind.PIN, credential_id=match.pin.credential_id if match else None, unit=unit)


def gather(
    site_id: UUID,
    lane: Lane,
    view: RulesView,
    verification: Verification,
    gate: GateState,
    now: datetime,
    uses_before: int = 0,
    face_opens: bool = False,
    face_lives: bool = False,
    lift: Lift | None = None,
) -> Facts:
    """All that the policy may know about this recognition at this lane. `face_opens`, `face_lives` and `lift`: as
    the site file says."""
    read = verification.read if isinstance(verification.read, Pass) else None
    face = verification.face
    named = read.pass_id if read is not None else None
    if verification.kind in (Kind.CARD, Kind.PIN):
        named = verification.credential_id
    if named is not None:
        cardholder = view.cardholder_of(named)
    else:  # also where it opens nothing: the guard who is asked is told whose it is
        matched = face is not None and face.status is FaceStatus.MATCHED
        cardholder = view.cardholder(face.cardholder_id) if matched and face and face.cardholder_id else None
    snapshot = view.snapshot
    return Facts(
        site_id=site_id,
        lane=lane,
        gate=gate,
        face_opens=face_opens,
        face_lives=face_lives,
        floors=_floors(lift, lane, view, verification.kind, named, cardholder, now),
        verification=verification,
        cardholder=cardholder,
        revoked=view.is_revoked(named) if named else False,
        kinds=tuple(one for one in snapshot.kinds if one.lane_id == lane.lane_id) if snapshot else (),
        uses_before=uses_before,
        rules=view.rules,
        holidays=view.holidays,
        rules_version=view.version,
        rules_issued_at=view.issued_at,
        rules_expire_at=view.expires_at,
        refer_when_stale=snapshot.refer_when_stale if snapshot else False,
    )


def _floors(
    lift: Lift | None, lane: Lane, view: RulesView, kind: Kind, named: UUID | None, cardholder: Cardholder | None,
    now: datetime,
) -> frozenset[str] | None:  # fmt: skip
    if lift is None:
        return None
    subjects = frozenset(one for one in (named, cardholder.cardholder_id if cardholder else None) if one is not None)
    return floors_freed(lift, lane.lane_id, kind, view.snapshot.floors if view.snapshot else (), subjects, now)


def with_face(verification: Verification, face: FaceResult) -> Verification:
    """The same recognition, with the face that was looked at for it."""
    return verification.model_copy(update={"face": face})
