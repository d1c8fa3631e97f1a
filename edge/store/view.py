"""The rules as a decision needs them: indexed once when a snapshot arrives, immutable ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from models.access.cards import CardEntry
from models.access.credential import Cardholder
from models.access.pins import PinMatch, find_pin
from models.access.policy import Rule
from models.site.topology import Lane
from models.wire.faces import NodeKey
from models.wire.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class RulesView:
    """One snapshot, ready to be asked. Without a snapshot everything is empty and `version` is 0."""

    snapshot: Snapshot | None = None
    version: int = 0
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    rules: tuple[Rule, ...] = ()
    holidays: frozenset[date] = frozenset()
    pass_keys: Mapping[int, bytes] = field(default_factory=lambda: MappingProxyType({}))
    lanes: Mapping[UUID, Lane] = field(default_factory=lambda: MappingProxyType({}))
    _cardholders: Mapping[UUID, Cardholder] = field(default_factory=lambda: MappingProxyType({}))
    _left_out: Mapping[UUID, frozenset[UUID]] = field(default_factory=lambda: MappingProxyType({}))
    cards: Mapping[str, CardEntry] = field(default_factory=lambda: MappingProxyType({}))
    _ends: Mapping[UUID, datetime] = field(default_factory=lambda: MappingProxyType({}))
    _holder_of: Mapping[UUID, UUID] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def corrected(self) -> frozenset[UUID]:
        """Visits here of which a person said that it was somebody else (ACC-13)."""
        return self.snapshot.corrected if self.snapshot is not None else frozenset()

    def nodes(self, by_mail: tuple[NodeKey, ...]) -> tuple[NodeKey, ...]:
        """The site's other nodes, to whom faces are sealed and from whom they are taken: those of the signed rules.
        `by_mail`, which nobody signed, counts only beside rules of a central that does not name them yet."""
        if self.snapshot is None:
            return ()
        return by_mail if self.snapshot.nodes is None else self.snapshot.nodes

    @property
    def maker(self) -> UUID | None:
        """The site's enrolment node; None where the rules name none."""
        return self.snapshot.maker if self.snapshot is not None else None

    def makers(self, by_mail: tuple[NodeKey, ...]) -> tuple[NodeKey, ...]:
        """From whom templates are taken: of the site's other nodes the enrolment node alone, once rules name it. One
        stolen gate then gives the others nobody's face, and the enrolment node takes none of anybody."""
        nodes = self.nodes(by_mail)
        return nodes if self.maker is None else tuple(one for one in nodes if one.node_id == self.maker)

    def left_out(self, cardholder_id: UUID) -> frozenset[UUID]:
        """The nodes at whose gates this person did not agree to be known by face: nothing is sealed for them."""
        return self._left_out.get(cardholder_id, frozenset())

    def is_revoked(self, credential_id: UUID) -> bool:
        return self.snapshot is not None and credential_id in self.snapshot.revoked

    def cardholder_of(self, pass_id: UUID) -> Cardholder | None:
        """Who holds this pass, card or PIN; None for a visitor's pass, which is complete in itself.

        A PIN or card that ends by itself, as a visitor's PIN does, ends its holder's time with it.
        """
        holder = self._cardholders.get(self._holder_of.get(pass_id, pass_id))
        ends = self._ends.get(pass_id)
        if holder is None or ends is None or (holder.valid_until is not None and holder.valid_until <= ends):
            return holder
        return holder.model_copy(update={"valid_until": ends})

    def pin(self, unit: str, pin: str) -> PinMatch | None:
        """Whose PIN this is. Slow on purpose: never asked in the thread that runs the lanes."""
        return find_pin(self.snapshot.units if self.snapshot else (), unit, pin)

    def cardholder(self, cardholder_id: UUID) -> Cardholder | None:
        return self._cardholders.get(cardholder_id)

    def lane(self, lane_id: UUID) -> Lane | None:
        return self.lanes.get(lane_id)


def view_of(snapshot: Snapshot) -> RulesView:
    """Index a snapshot."""
    pins = tuple(pin for unit in snapshot.units for pin in unit.pins)
    holders = {entry.credential_id: entry.cardholder_id for entry in snapshot.credentials}
    holders |= {card.credential_id: card.cardholder_id for card in snapshot.cards}
    holders |= {pin.credential_id: pin.cardholder_id for pin in pins}
    ends = [(one.credential_id, one.valid_until) for one in pins]
    ends += [(card.credential_id, card.valid_until) for card in snapshot.cards]
    return RulesView(
        snapshot=snapshot,
        version=snapshot.version,
        issued_at=snapshot.issued_at,
        expires_at=snapshot.expires_at,
        rules=snapshot.rules,
        holidays=snapshot.holidays,
        pass_keys=MappingProxyType({key.key_id: bytes.fromhex(key.public_key) for key in snapshot.pass_keys}),
        lanes=MappingProxyType({lane.lane_id: lane for lane in snapshot.lanes}),
        _cardholders=MappingProxyType({holder.cardholder_id: holder for holder in snapshot.cardholders}),
        _left_out=MappingProxyType({one.cardholder_id: frozenset(one.nodes) for one in snapshot.left_out}),
        cards=MappingProxyType({card.digest: card for card in snapshot.cards}),
        _ends=MappingProxyType({credential: end for credential, end in ends if end is not None}),
        _holder_of=MappingProxyType(holders),
    )
