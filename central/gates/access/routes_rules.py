"""Rules, holidays, keys and the settings of the gates over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.web.problems import problems
from central.gates.access import queries, service
from central.gates.access.permissions import EDIT_RULES, READ_RULES, ROTATE_KEYS
from central.gates.access.schemas import (
    HolidayIn,
    HolidayOut,
    KeyOut,
    ReasonIn,
    RotateIn,
    RotationOut,
    RuleIn,
    RuleOut,
    SettingsIn,
    SettingsOut,
)
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1", tags=["access"])
Reader = Annotated[Actor, requires(READ_RULES)]
Editor = Annotated[Actor, requires(EDIT_RULES)]
KeyKeeper = Annotated[Actor, requires(ROTATE_KEYS)]


@router.get("/rules", summary="The rules of a community", responses=problems(401, 403, 404))
def get_rules(community_id: UUID, db: Db, actor: Reader, retired: bool = False) -> list[RuleOut]:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return [RuleOut.model_validate(view) for view in queries.rules_of(db, community_id, retired=retired)]


@router.post("/rules", status_code=201, summary="Add a rule, or put it in the place of another",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_rule(body: RuleIn, db: Db, actor: Editor) -> RuleOut:
    now = clock.now()
    if body.replaces is not None:
        old = service.retire_rule(db, actor, body.replaces, now=now)
        if old.community_id != body.community_id:
            raise Invalid("access.rule_elsewhere", fields={"replaces": "access.rule_elsewhere"})
    rule = service.add_rule(
        db, actor, body.community_id, body.name, body.effect, body.groups, now=now, lanes=body.lanes,
        schedule=body.schedule, valid_from=body.valid_from, valid_until=body.valid_until, replaces=body.replaces,
    )  # fmt: skip
    return RuleOut.model_validate(queries.rule_view(rule))


@router.post("/rules/{rule_id}/retire", summary="The rule counts no longer", responses=problems(401, 403, 404, 409))
def post_retire(rule_id: UUID, db: Db, actor: Editor) -> RuleOut:
    return RuleOut.model_validate(queries.rule_view(service.retire_rule(db, actor, rule_id, now=clock.now())))


@router.get("/holidays", summary="The holidays of a community", responses=problems(401, 403, 404))
def get_holidays(community_id: UUID, db: Db, actor: Reader) -> list[HolidayOut]:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return [HolidayOut.model_validate(view) for view in queries.holidays_of(db, community_id)]


@router.post("/holidays", status_code=201, summary="Add a holiday", responses=problems(401, 403, 404, 409, 422))
def post_holiday(body: HolidayIn, db: Db, actor: Editor) -> HolidayOut:
    row = service.add_holiday(db, actor, body.community_id, body.day, body.name)
    return HolidayOut(holiday_id=row.id, community_id=row.community_id, day=row.day, name=row.name)


@router.delete("/holidays/{holiday_id}", status_code=204, summary="Remove a holiday", responses=problems(401, 403, 404))
def delete_holiday(holiday_id: UUID, db: Db, actor: Editor) -> None:
    service.remove_holiday(db, actor, holiday_id)


@router.get("/pass-keys", summary="The keys that sign passes: numbers and dates", responses=problems(401, 403, 404))
def get_keys(community_id: UUID, db: Db, actor: Reader) -> list[KeyOut]:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return [KeyOut.model_validate(view) for view in queries.keys_of(db, community_id)]


@router.post("/pass-keys/rotate", status_code=201, summary="A new key signs; the old one is accepted for an overlap",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_rotate(body: RotateIn, db: Db, actor: KeyKeeper) -> RotationOut:
    overlap = timedelta(days=body.overlap_days)
    return RotationOut.model_validate(
        service.rotate_key(db, actor, body.community_id, now=clock.now(), overlap=overlap)
    )


@router.post("/pass-keys/{key_id}/withdraw", summary="An older key is accepted no more, at once",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_withdraw(key_id: UUID, body: ReasonIn, db: Db, actor: KeyKeeper) -> RotationOut:
    return RotationOut.model_validate(service.withdraw_key(db, actor, key_id, body.reason, now=clock.now()))


@router.get("/gate-settings/{community_id}", summary="What all gates of a community are told to do",
            responses=problems(401, 403, 404))  # fmt: skip
def get_settings(community_id: UUID, db: Db, actor: Reader) -> SettingsOut:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return SettingsOut.model_validate(service.settings_of(db, community_id))


@router.post("/gate-settings/{community_id}", summary="Change what the gates are told to do",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_settings(community_id: UUID, body: SettingsIn, db: Db, actor: Editor) -> SettingsOut:
    settings = service.change_settings(
        db,
        actor,
        community_id,
        refer_when_stale=body.refer_when_stale,
        send_pictures=body.send_pictures,
        picture_passed_s=body.picture_passed_s,
        picture_refused_days=body.picture_refused_days,
    )
    return SettingsOut.model_validate(settings)
