"""An enrolment as the phone, the desk and the page behind a link see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from central.gates.face_enrolment.own_gates import AtCentral, AtGate
from central.gates.face_enrolment.rules import EnrolmentState, Step
from central.gates.nodes.faces.queries import KeptView
from central.people.community.views import PersonBrief, ResidentView
from central.people.consent.rules import AskedAnew, Channel, Standing
from central.people.consent.siblings import Called
from central.people.consent.views import TextView
from models.wire.faces import EnrolmentKey


@dataclass(frozen=True, slots=True)
class Enrolment:
    """For the phone's page. `key` None: no node of this site can make templates just now. `agrees`: whether the consent
    is in force, without which no photo is taken. `maker_away`: photos wait, and their node is not reached just now.
    `records_wait`: that node takes none of this person until somebody has decided about its records."""

    enrolment_id: UUID
    cardholder_id: UUID
    state: EnrolmentState
    problems: tuple[dict[str, object], ...]
    may_send: bool
    agrees: bool
    key: EnrolmentKey | None
    maker_away: bool
    records_wait: bool


@dataclass(frozen=True, slots=True)
class LastTry:
    """For the desk: what became of the last link. `over`: it opens no more. `at`: of the answer, else when it was
    made. `used_up`: it takes no more photos."""

    state: EnrolmentState
    problems: tuple[str, ...]
    over: bool
    at: datetime
    used_up: bool


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """What the page behind a link says first. `text`: the newest version; None while none was published.
    `newer_text`: it is newer than what they agreed to. `until`: when the consent in force ends by itself.
    `anew`: why they are asked anew, where they are.

    `child`: a guardian has to consent, and only the one whom the link names may: `guardian`, None where it names none
    who still can. `earlier`: the gates have another face model than when the person enrolled, and know them no more.
    `keeps_photos`: chosen besides; `photos_ended_at`: taken back; `kept`: where some were, and what is left there.
    `link_until`: when the link ends, and with it the one step that takes the consent back. `both`: lanes where the
    rules want a pass, card or PIN beside this person's face; `every_lane`: that is all of them. `withdrawn_here`: taken
    back since this link was made, and not agreed to anew. `not_at`: the enrolment node's gate, by name, where the
    consent leaves it out: no photos are taken then. `no_maker`: there is no enrolment node: nobody would open photos.
    `records_wait`: the enrolment node, by name, where it takes no photos of this person until somebody has decided
    about its records.
    `known`: the enrolment node has a template that can be used again: no new photos are wanted. `left_at`: since when
    the person lives there no more, whatever the consent says; None of who does.
    `person`: whose face it is for; `called`: told apart from who else is at home there, whose link one phone may hold.
    `problems`: what the node found wrong with the photos that were sent last; empty once new ones are on their way.
    `maker_away`: photos wait, and the node that opens them is not reached. `gates`: what each says of this face,
    `central` of their pictures; `settled`: when all had confirmed the last withdrawal. `handler`: the company.
    """

    community: str
    person: PersonBrief
    called: Called
    handler: str
    standing: Standing
    anew: AskedAnew | None
    step: Step
    text: TextView | None
    newer_text: bool
    state: EnrolmentState
    problems: tuple[dict[str, object], ...]
    maker_away: bool
    channel: Channel
    child: bool
    guardian: ResidentView | None
    earlier: bool
    keeps_photos: bool
    not_at: str | None
    until: datetime | None
    link_until: datetime
    gates: tuple[AtGate, ...]
    settled: datetime | None
    central: AtCentral
    withdrawn_here: bool
    both: tuple[str, ...]
    every_lane: bool
    no_maker: bool
    records_wait: str | None
    known: bool
    left_at: datetime | None
    photos_ended_at: datetime | None
    kept: tuple[KeptView, ...]
