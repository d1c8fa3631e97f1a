"""Who may ask what of access: every route, every role, two tenants, two communities."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from central.base.kernel.actor import Actor, ActorKind
from central.gates.access import (
    routes,
    routes_credentials,
    routes_holders,
    routes_households,
    routes_kinds,
    routes_rules,
    routes_zones,
)
from central.gates.access.queries import holder_id_of
from central.gates.access.queries_households import household_blocks
from central.gates.access.queries_zones import lockdowns_of, zones_of
from central.gates.access.service import (
    add_cardholder,
    approve_lockdown,
    block_cardholder,
    block_household,
    give_card,
    request_lockdown,
    set_pin,
    set_zone,
    withdraw_key,
)
from central.gates.access.tables import CardRow, PinRow
from central.gates.visits import explain
from central.people.community.service import add_community
from models.access.cards import Card
from models.access.passback import PassbackMode
from models.values.ids import new_id
from tests.central.people.routes_matrix import ADMINISTRATOR, GUARD, MANAGER, Call, check_call, routes_of, shape
from tests.central.people.town import Town

API = "/api/v1"
WHY = {"reason": "住户要求"}


def in_community(town: Town) -> dict[str, str]:
    return {"community_id": str(town.community)}


def window(town: Town) -> dict[str, str]:
    return {"starts_at": town.window().start.isoformat(), "ends_at": town.window().end.isoformat()}


def blocked(town: Town) -> None:
    with town.session() as db:
        block_cardholder(db, town.actor, town.cardholder, "丢失手机", now=town.now)


def settled(town: Town) -> None:
    """The town's own rotation is over."""
    with town.session() as db:
        withdraw_key(db, town.actor, town.old_key, "换锁", now=town.now)


def person(town: Town) -> Actor:
    return Actor(town.tenant_id, ActorKind.ACCOUNT, new_id(), "李*", town.actor.grants)


def zoned(town: Town) -> None:
    with town.session() as db:
        set_zone(db, town.actor, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now)


def zone(town: Town) -> dict[str, object]:
    with town.session() as db:
        there = zones_of(db, town.community)
    return {"id": there[0].zone_id if there else new_id()}


def a_zone(town: Town) -> dict[str, object]:
    return in_community(town) | {"name": "地库", "mode": "soft", "lanes": [str(town.lane)]}


def asked(town: Town) -> None:
    with town.session() as db:
        until = town.now + timedelta(hours=1)
        request_lockdown(db, person(town), town.community, [town.lane], "staff", until, "演练", now=town.now)


def running(town: Town) -> None:
    asked(town)
    with town.session() as db:
        approve_lockdown(db, person(town), lockdown(town)["id"], now=town.now)


def lockdown(town: Town) -> dict[str, UUID]:
    with town.session() as db:
        return {"id": lockdowns_of(db, town.community, town.now)[0].lockdown_id}


def a_lockdown(town: Town) -> dict[str, object]:
    until = (town.now + timedelta(hours=1)).isoformat()
    return in_community(town) | {"lanes": [str(town.lane)], "admits": "staff", "until": until, "reason": "演练"}


def a_card(town: Town) -> dict[str, str]:
    """The town's card, given when there is none yet."""
    with town.session() as db:
        found = db.scalar(select(CardRow.id))
        card = Card(format="wiegand26", facility=12, number=34567)
        return {"id": str(found or give_card(db, town.actor, town.cardholder, card, now=town.now).id)}


def a_household_block(town: Town) -> dict[str, str]:
    with town.session() as db:
        if there := household_blocks(db, town.community, town.now):
            return {"id": str(there[0].block_id)}
        until = town.now + timedelta(days=1)
        return {"id": str(block_household(db, town.actor, town.house, until, "演练", now=town.now).id)}


def neighbour(town: Town) -> str:
    """The other one of the house, known to the gates."""
    with town.session() as db:
        found = holder_id_of(db, town.community, town.stranger)
        return str(found or add_cardholder(db, town.actor, town.community, town.stranger).id)


def a_pin(town: Town) -> dict[str, str]:
    with town.session() as db:
        found = db.scalar(select(PinRow.id))
        return {"id": str(found or set_pin(db, town.actor, town.cardholder, town.house, now=town.now).pin_id)}


CALLS = (
    Call("GET", f"{API}/cards", MANAGER, query=in_community),
    Call("POST", f"{API}/cards", MANAGER, 201,
         lambda t: {"cardholder_id": str(t.cardholder), "format": "wiegand26", "facility": 12, "number": 1}),
    Call("POST", f"{API}/cards/{{id}}/revoke", MANAGER, 204, lambda t: WHY, path=a_card),
    Call("POST", f"{API}/cards/{{id}}/name", MANAGER, 200, lambda t: {"name": "蓝色门卡"}, path=a_card),
    Call("POST", f"{API}/cards/{{id}}/pass-on", MANAGER, 201,
         lambda t: WHY | {"cardholder_id": neighbour(t)}, path=a_card),
    Call("GET", f"{API}/lane-kinds", GUARD, query=in_community),
    Call("PUT", f"{API}/lane-kinds/{{id}}", MANAGER, 200, lambda t: {"kinds": [{"kind": "card"}, {"kind": "pin"}]},
         path=lambda t: {"id": t.lane}),
    Call("POST", f"{API}/pins", MANAGER, 201, lambda t: {"cardholder_id": str(t.cardholder), "house_id": str(t.house)}),
    Call("POST", f"{API}/pins/{{id}}/drop", MANAGER, 204, lambda t: WHY, path=a_pin),
    Call("GET", f"{API}/passes", GUARD, query=lambda t: in_community(t) | {"house_id": t.house}),
    Call("POST", f"{API}/passes", GUARD, 201,
         lambda t: {"house_id": str(t.house), "visitor_name": "王示例", "window": window(t)}),
    Call("POST", f"{API}/passes/resident", MANAGER, 201,
         lambda t: {"cardholder_id": str(t.cardholder), "window": window(t)}),
    Call("GET", f"{API}/passes/{{id}}", GUARD, path=lambda t: {"id": t.visitor_pass}),
    Call("GET", f"{API}/passes/{{id}}/picture.{{form}}", GUARD, path=lambda t: {"id": t.visitor_pass, "form": "png"}),
    Call("POST", f"{API}/passes/{{id}}/revoke", GUARD, 204, lambda t: WHY, path=lambda t: {"id": t.visitor_pass}),
    Call("POST", f"{API}/passes/{{id}}/change", MANAGER, 201, lambda t: WHY | {"uses": 3},
         path=lambda t: {"id": t.resident_pass}),
    Call("GET", f"{API}/explain", GUARD, query=lambda t: {"pass_id": t.visitor_pass, "lane_id": t.lane}),
    Call("GET", f"{API}/explain/who", GUARD, query=lambda t: {"lane_id": t.lane}),
    Call("GET", f"{API}/cardholders", GUARD, query=in_community),
    Call("POST", f"{API}/cardholders", MANAGER, 201, lambda t: in_community(t) | {"person_id": str(t.stranger)}),
    Call("GET", f"{API}/cardholders/{{id}}", GUARD, path=lambda t: {"id": t.cardholder}),
    Call("POST", f"{API}/cardholders/{{id}}/groups", MANAGER, 200, lambda t: {"groups": ["help"]},
         path=lambda t: {"id": t.cardholder}),
    Call("POST", f"{API}/cardholders/{{id}}/block", MANAGER, 200, lambda t: WHY, path=lambda t: {"id": t.cardholder}),
    Call("POST", f"{API}/cardholders/{{id}}/unblock", MANAGER, 200, lambda t: WHY, path=lambda t: {"id": t.cardholder},
         before=blocked),
    Call("GET", f"{API}/household-blocks", GUARD, query=in_community),
    Call("POST", f"{API}/household-blocks", MANAGER, 201,
         lambda t: WHY | {"house_id": str(t.house), "until": (t.now + timedelta(days=2)).isoformat()}),
    Call("POST", f"{API}/household-blocks/{{id}}/end", MANAGER, 200, lambda t: WHY, path=a_household_block),
    Call("GET", f"{API}/rules", GUARD, query=in_community),
    Call("POST", f"{API}/rules", MANAGER, 201,
         lambda t: in_community(t) | {"name": "住户", "effect": "allow", "groups": ["resident"],
                                      "lanes": [str(t.lane)], "replaces": str(t.rule)}),
    Call("POST", f"{API}/rules/{{id}}/retire", MANAGER, path=lambda t: {"id": t.rule}),
    Call("GET", f"{API}/holidays", GUARD, query=in_community),
    Call("POST", f"{API}/holidays", MANAGER, 201, lambda t: in_community(t) | {"day": "2027-02-06", "name": "春节"}),
    Call("DELETE", f"{API}/holidays/{{id}}", MANAGER, 204, path=lambda t: {"id": t.holiday}),
    Call("GET", f"{API}/passback-zones", GUARD, query=in_community),
    Call("POST", f"{API}/passback-zones", MANAGER, 201, a_zone),
    Call("PUT", f"{API}/passback-zones/{{id}}", MANAGER, 200, a_zone, path=zone, before=zoned),
    Call("DELETE", f"{API}/passback-zones/{{id}}", MANAGER, 204, path=zone, before=zoned),
    Call("GET", f"{API}/lockdowns", GUARD, query=in_community),
    Call("POST", f"{API}/lockdowns", GUARD, 201, a_lockdown),
    Call("POST", f"{API}/lockdowns/{{id}}/approve", MANAGER, path=lockdown, before=asked),
    Call("POST", f"{API}/lockdowns/{{id}}/withdraw", GUARD, 403, lambda t: WHY, path=lockdown, before=asked),
    Call("POST", f"{API}/lockdowns/{{id}}/end", MANAGER, 200, lambda t: WHY, path=lockdown, before=running),
    Call("GET", f"{API}/pass-keys", GUARD, query=in_community),
    Call("POST", f"{API}/pass-keys/rotate", ADMINISTRATOR, 201, in_community, before=settled),
    Call("POST", f"{API}/pass-keys/{{id}}/withdraw", ADMINISTRATOR, 200, lambda t: WHY,
         path=lambda t: {"id": t.old_key}),
    Call("GET", f"{API}/gate-settings/{{id}}", GUARD, path=lambda t: {"id": t.community}),
    Call("POST", f"{API}/gate-settings/{{id}}", MANAGER, 200, lambda t: {"send_pictures": True},
         path=lambda t: {"id": t.community}),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    routers = (
        *(
            routes.router,
            routes_holders.router,
            routes_households.router,
            routes_rules.router,
            routes_zones.router,
            explain.router,
        ),
        *routes_credentials.routers,
        routes_kinds.router,
    )
    assert {shape(call.id) for call in CALLS} == routes_of(routers)


@pytest.mark.req("ADMIN-02", "SEC-04")
def test_a_second_id_is_no_way_into_another_tenant(town, other_town, login_as):
    manager = login_as("manager")
    ask = {"pass_id": str(town.visitor_pass), "lane_id": str(other_town.lane)}
    assert manager.get(f"{API}/explain", params=ask).status_code == 404
    assert manager.get(f"{API}/passes", params=in_community(town) | {"house_id": other_town.house}).status_code == 404
    rule = in_community(town) | {"name": "住户", "effect": "allow", "groups": ["resident"]}
    refused = manager.post(f"{API}/rules", json=rule | {"lanes": [str(other_town.lane)]})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["lanes"])
    assert manager.post(f"{API}/rules", json=rule | {"replaces": str(other_town.rule)}).status_code == 404
    stranger = in_community(town) | {"person_id": str(other_town.person)}
    assert manager.post(f"{API}/cardholders", json=stranger).status_code == 404


@pytest.mark.req("SEC-04")
def test_a_rule_of_another_community_is_not_replaced_from_here(town, login_as):
    with town.session() as db:
        other = add_community(db, town.actor, "云岭").id
    body = {
        "community_id": str(other),
        "name": "住户",
        "effect": "allow",
        "groups": ["resident"],
        "replaces": str(town.rule),
    }
    assert login_as("manager").post(f"{API}/rules", json=body).status_code == 422
    shown = login_as("manager").get(f"{API}/rules", params=in_community(town)).json()
    assert [rule["rule_id"] for rule in shown] == [str(town.rule)]


def test_a_replaced_rule_stands_no_longer_and_is_kept(town, login_as):
    manager = login_as("manager")
    body = in_community(town) | {"name": "访客", "effect": "deny", "groups": ["visitor"], "replaces": str(town.rule)}
    new = manager.post(f"{API}/rules", json=body).json()
    assert [rule["rule_id"] for rule in manager.get(f"{API}/rules", params=in_community(town)).json()] == [
        new["rule_id"]
    ]
    kept = manager.get(f"{API}/rules", params=in_community(town) | {"retired": True}).json()
    assert {rule["rule_id"]: rule["retired_at"] is not None for rule in kept} == {
        str(town.rule): True,
        new["rule_id"]: False,
    }


def test_problems_name_the_field_in_words(town, login_as):
    body = {"house_id": str(town.house), "visitor_name": "王示例", "gates": [9], "window": window(town)}
    refused = login_as("guard").post(f"{API}/passes", json=body)
    assert refused.status_code == 422
    assert refused.json()["fields"] == {"gates": "请至少选择一个本小区的大门。"}
