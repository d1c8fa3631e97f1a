"""Consent over HTTP: texts, ages, giving and taking back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.i18n import words_in
from central.base.web.bounds import BODY_PROSE_MAX, takes
from central.base.web.problems import problems
from central.people.community.queries import community_of, resident_of
from central.people.consent import queries, service
from central.people.consent.permissions import PUBLISH_TEXTS, READ_CONSENTS, RECORD_CONSENTS
from central.people.consent.rules import Standing
from central.people.consent.schemas import (
    AgeOut,
    BirthIn,
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    PhotosChoiceIn,
    Said,
    StandingOut,
    TextIn,
    TextOut,
    WithdrawIn,
)
from central.people.consent.views import StandingView

router = APIRouter(prefix="/api/v1", tags=["consent"])
Reader = Annotated[Actor, requires(READ_CONSENTS)]
Recorder = Annotated[Actor, requires(RECORD_CONSENTS)]
Publisher = Annotated[Actor, requires(PUBLISH_TEXTS)]


@router.get("/consent-texts", summary="Every version of what is consented to, newest first",
            responses=problems(401, 403, 404))  # fmt: skip
def get_texts(community_id: UUID, db: Db, actor: Reader) -> list[TextOut]:
    community_of(db, community_id)
    actor.demand(READ_CONSENTS, community_id)
    return [TextOut.model_validate(view) for view in queries.text_views(db, community_id)]


@router.post("/consent-texts", status_code=201, summary="Publish the next version",
             dependencies=[takes(BODY_PROSE_MAX)], responses=problems(401, 403, 404, 409, 413, 422))  # fmt: skip
def post_text(body: TextIn, db: Db, actor: Publisher) -> TextOut:
    """Gates stop comparing people with an older consent at `old_until`, and nothing of theirs is destroyed."""
    row = service.publish_text(
        db, actor, body.community_id, body.zh, body.en, old_until=body.old_until, lasts_days=body.lasts_days,
        now=clock.now(),
    )  # fmt: skip
    return TextOut.model_validate(queries.text_view(row))


@router.get("/residents/{resident_id}/consents", summary="Where somebody stands, and everything they consented to",
            responses=problems(401, 403, 404))  # fmt: skip
def get_consents(resident_id: UUID, db: Db, actor: Reader) -> ConsentsOut:
    resident = resident_of(db, resident_id)
    actor.demand(READ_CONSENTS, resident.community_id)
    return _present(db, resident.community_id, resident.person_id)


@router.post("/residents/{resident_id}/consents", status_code=201, summary="Record a consent as it was given",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_consent(resident_id: UUID, body: ConsentIn, db: Db, actor: Recorder) -> ConsentsOut:
    """A consent of its own: nothing else may hang on it, and whoever does not give it uses a pass, card or PIN."""
    row = service.give_consent(
        db, actor, resident_id, body.text_id, body.channel, now=clock.now(), gates=body.gates,
        guardian_id=body.guardian_id, keep_photos=body.keep_photos,
    )  # fmt: skip
    return _present(db, row.community_id, row.person_id)


@router.post("/residents/{resident_id}/consents/withdraw", summary="Take every consent back; no reason is asked",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_withdraw(resident_id: UUID, body: WithdrawIn, db: Db, actor: Recorder) -> ConsentsOut:
    """Connected gates stop comparing at once and confirm that they erased; others do so first thing on reconnect."""
    row = service.withdraw_consent(db, actor, resident_id, body.channel, now=clock.now())
    return _present(db, row.community_id, row.person_id)


@router.post("/residents/{resident_id}/consents/photos", summary="Let the photos stay at the gate, or no longer",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_photos_choice(resident_id: UUID, body: PhotosChoiceIn, db: Db, actor: Recorder) -> ConsentsOut:
    """A choice of its own: taken back, the photos are destroyed and the person is known by face as before."""
    row = service.choose_photos(db, actor, resident_id, body.keep, body.channel, now=clock.now())
    return _present(db, row.community_id, row.person_id)


@router.put("/residents/{resident_id}/birth-date", summary="Note an age, which decides who may consent",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_birth_date(resident_id: UUID, body: BirthIn, db: Db, actor: Recorder) -> AgeOut:
    """The day is kept sealed until the person is of age; of an adult only that they are one."""
    band = service.note_age(db, actor, resident_id, body.born_on, now=clock.now())
    return AgeOut(age=band, said=said(f"consent.age.{band.value}"))


def said(key: str, **params: object) -> Said:
    """The words of both languages."""
    return Said(zh_CN=words_in("zh_CN")(key, **params), en=words_in("en")(key, **params))


def standing_out(view: StandingView) -> StandingOut:
    last = ConsentOut.model_validate(view.last) if view.last is not None else None
    moved_out = view.standing is Standing.EXPIRED and view.last is not None and view.last.cut_short
    anew = f"asks_anew.{view.anew.value}" if view.anew is not None else None
    word = "moved_out" if moved_out else anew or view.standing.value
    return StandingOut(
        standing=view.standing, age=view.age, said=said(f"consent.standing.{word}"), until=view.until, last=last,
        anew=view.anew,
    )  # fmt: skip


def _present(db: Db, community_id: UUID, person_id: UUID) -> ConsentsOut:
    view = queries.standing_of(db, community_id, person_id, clock.now())
    every = queries.consent_views(db, community_id, person_id)
    return ConsentsOut(now=standing_out(view), all=[ConsentOut.model_validate(one) for one in every])
