"""Consent as other domains and pages see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from central.people.consent.rules import KEEPS_TEMPLATE, AgeBand, AskedAnew, Standing


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent: at which gates (None: all of the community), and until when at the latest, which may be past."""

    gates: frozenset[UUID] | None
    until: datetime

    def at(self, gate_id: UUID | None) -> bool:
        """Whether it covers this gate; None asks for any gate at all."""
        return self.gates is None or gate_id is None or gate_id in self.gates


@dataclass(frozen=True, slots=True)
class TextView:
    text_id: UUID
    community_id: UUID
    purpose: str
    version: int
    zh: str
    en: str
    published_at: datetime
    published_by: str
    old_until: datetime
    lasts_days: int


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One act of consenting. `gates` None: every gate.

    `photos_version`: of the words under which photos were chosen to stay besides; None: that was never chosen.
    `cut_short`: it ends before its text says, because the person moved out.
    """

    consent_id: UUID
    text_version: int
    channel: str
    by_guardian: bool
    gates: tuple[UUID, ...] | None
    given_at: datetime
    expires_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_channel: str | None
    photos_version: int | None
    photos_kept_at: datetime | None
    photos_ended_at: datetime | None
    cut_short: bool = False

    @property
    def keeps_photos(self) -> bool:
        """Whether the choice stands by itself; it ends with the consent, too."""
        return self.photos_version is not None and self.photos_ended_at is None


@dataclass(frozen=True, slots=True)
class StandingView:
    """Where a person stands, with the consent that says so. `until`: when it ends by itself, while it is in force.
    `anew`: why they are asked anew, where they are."""

    standing: Standing
    age: AgeBand
    last: ConsentView | None
    until: datetime | None
    anew: AskedAnew | None = None

    def leaves_out(self, gate_id: UUID) -> bool:
        """Whether the consent given last, whatever became of it, was given for other gates and not for this one."""
        return self.last is not None and self.last.gates is not None and gate_id not in self.last.gates

    @property
    def keeps_photos(self) -> bool:
        """Whether photos may stay where they are: chosen, and the consent is not over. Who is only asked anew loses
        nothing until they answer."""
        return self.last is not None and self.last.keeps_photos and self.standing in KEEPS_TEMPLATE
