"""The demo's passes: one for each thing a gate can say about a pass, named by its reason.

at east-in        visitor ok · upstairs ok (a visitor of 5-2-1102, for the lift)
                  resident second_factor · no_face second_factor, then no_reference
                  no_consent, withdrawn: let in by the pass alone, for nobody is asked for a face without a consent
                  expired · not_yet · revoked · used_up (after its one entry) · wrong_gate · wrong_time · blocked
never stored      unknown_key (a key id of nobody) · forged (our key id, another's signature)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.access import queries, service
from central.gates.access.rules import PassState
from central.gates.access.views import IssuedPass, PassView
from models.access.credential import Window
from models.access.passes import claimed_pass, sign_pass

DAY, YEAR = timedelta(days=1), timedelta(days=365)
ELSEWHERE = 2
"""The gate that has no lanes: 西门."""
STRANGE_KEY = 250


@dataclass(frozen=True, slots=True)
class DemoResident:
    """A sample resident; `name` is masked, as everywhere."""

    resident_id: UUID
    person_id: UUID
    cardholder_id: UUID
    house_id: UUID
    house: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoPass:
    """`holder` is the cardholder whose pass it is; None for a visitor's. `stored` False: central never issued it."""

    pass_id: UUID
    token: str
    holder: UUID | None = None
    stored: bool = True

    def __repr__(self) -> str:
        return f"DemoPass({self.pass_id}, token=…)"


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the demo's passes are issued: the session, who issues, and what there is already."""

    db: Session
    actor: Actor
    site: UUID
    now: datetime
    there: tuple[PassView, ...]

    def visitor(
        self, host: DemoResident, name: str, fits: Callable[[PassView], bool], window: Window, *, uses: int = 0,
        gates: list[int] | None = None, issued: datetime | None = None,
    ) -> DemoPass:  # fmt: skip
        """The host's visitor pass that fits, or a new one (`issued` is the instant of issue; now)."""
        theirs = (view for view in self.there if view.kind == "visitor" and view.house == host.house)
        found = next(filter(fits, theirs), None)
        if found is not None:
            return _demo(service.sign_again(self.db, self.actor, found.pass_id), None)
        made = service.issue_visitor_pass(
            self.db, self.actor, host.house_id, name, "190-0000-9000", gates, window, uses, now=issued or self.now
        )
        return _demo(made, None)

    def resident(self, holder: DemoResident) -> DemoPass:
        """The holder's own pass, or a new one for a year."""
        theirs = (view for view in self.there if view.cardholder_id == holder.cardholder_id)
        found = next((view for view in theirs if _lasts(view, self.now)), None)
        if found is not None:
            return _demo(service.sign_again(self.db, self.actor, found.pass_id), holder)
        window = Window(start=self.now, end=self.now + YEAR)
        return _demo(
            service.issue_resident_pass(self.db, self.actor, holder.cardholder_id, window=window, now=self.now), holder
        )


def seed_passes(
    db: Session, actor: Actor, site: UUID, residents: tuple[DemoResident, ...], seed: int, now: datetime
) -> dict[str, DemoPass]:
    """Every pass of the demo by name. Each has a host or holder of its own, by which a second start finds it."""
    desk = _Desk(db, actor, site, now, tuple(queries.passes_of(db, frozenset({site}), now, limit=1000)))
    month = Window(start=now, end=now + 30 * DAY)
    passes = {
        "resident": desk.resident(residents[0]),
        "no_face": desk.resident(residents[1]),
        "visitor": desk.visitor(residents[2], "周示例访", lambda view: _lasts(view, now), month),
        "upstairs": desk.visitor(residents[0], "许示例访", lambda view: _lasts(view, now), month),
        "expired": desk.visitor(
            residents[3], "郑示例访", lambda view: view.state is PassState.ENDED,
            Window(start=now - 2 * DAY, end=now - DAY), issued=now - 2 * DAY,
        ),
        "not_yet": desk.visitor(
            residents[4], "冯示例访",
            lambda view: view.state is PassState.UPCOMING and view.not_before > now + DAY,
            Window(start=now + 20 * DAY, end=now + 21 * DAY),
        ),
        "used_up": desk.visitor(residents[5], "卫示例访", lambda view: _lasts(view, now), month, uses=1),
        "wrong_gate": desk.visitor(residents[6], "沈示例访", lambda view: _lasts(view, now), month, gates=[ELSEWHERE]),
        "revoked": _revoked(desk, residents[7], month),
        "wrong_time": desk.resident(residents[8]),
        "blocked": _blocked(desk, residents[9]),
        "no_consent": desk.resident(residents[20]),
        "withdrawn": desk.resident(residents[21]),
    }  # fmt: skip
    return passes | _strangers(passes["visitor"].token, seed)


def _lasts(view: PassView, now: datetime) -> bool:
    return view.state is PassState.OPEN and view.not_after > now + DAY


def _revoked(desk: _Desk, host: DemoResident, window: Window) -> DemoPass:
    def fits(view: PassView) -> bool:
        return view.state is PassState.REVOKED and view.not_after > desk.now + DAY

    known = {view.pass_id for view in desk.there}
    made = desk.visitor(host, "韩示例访", fits, window)
    if made.pass_id not in known:
        service.revoke_pass(desk.db, desk.actor, made.pass_id, "演示：住户取消邀请", now=desk.now)
    return made


def _blocked(desk: _Desk, holder: DemoResident) -> DemoPass:
    """Issued, then blocked. A blocked cardholder gets no pass, so a worn out one is replaced between the two."""
    cardholders = queries.cardholders_of(desk.db, desk.site, desk.now)
    blocked = any(view.cardholder_id == holder.cardholder_id and view.blocked_at for view in cardholders)
    lasting = any(view.cardholder_id == holder.cardholder_id and _lasts(view, desk.now) for view in desk.there)
    if blocked and not lasting:
        service.unblock_cardholder(desk.db, desk.actor, holder.cardholder_id, "演示：换新通行码")
    made = desk.resident(holder)
    if not blocked or not lasting:
        service.block_cardholder(desk.db, desk.actor, holder.cardholder_id, "演示：停用", now=desk.now)
    return made


def _strangers(token: str, seed: int) -> dict[str, DemoPass]:
    """Two codes that central never made: the visitor's claims under other ids, signed with a key of our own."""
    claims = claimed_pass(token)
    assert claims is not None
    key = SigningKey(hashlib.sha256(f"menting demo {seed}".encode()).digest())
    made = {}
    for name, key_id in (("unknown_key", STRANGE_KEY), ("forged", claims.key_id)):
        digest = hashlib.sha256(f"{name} {seed}".encode()).digest()
        strange = claims.model_copy(update={"key_id": key_id, "pass_id": UUID(bytes=digest[:16])})
        made[name] = DemoPass(strange.pass_id, sign_pass(strange, key), stored=False)
    return made


def _demo(issued: IssuedPass, holder: DemoResident | None) -> DemoPass:
    return DemoPass(issued.pass_id, issued.token, holder.cardholder_id if holder else None)
