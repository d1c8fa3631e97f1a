"""Cards and PINs over the pages: pressed twice done once, shown masked, never a number, a digest or a PIN twice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.access import queries_credentials as queries
from central.gates.access import service as access
from central.gates.nodes.queries import nodes
from central.oversight.console.told_gates import told_of
from central.people.community import queries as community
from central.people.community import service as people
from central.people.community.rules import Tie
from models.access.cards import Card
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def manager(login_as, site):
    return login_as("manager", community=site.community_id)


@pytest.fixture
def home(site):
    with site.gate.session() as db:
        return next(one for one in community.residents_of(db, site.community_id) if one.house == "5-2-101")


@pytest.fixture
def address(home):
    return f"/people/homes/{home.resident_id}/cards"


def send(client, where, **fields):
    return client.post(where, data=fields, headers=HTML)


def cards(site, holder=0):
    with site.gate.session() as db:
        return queries.cards_of(db, site.cardholders[holder])


def keeper(site):
    return system(site.tenant_id, "test", ("credential.edit", "person.edit"))


def test_a_card_is_given_once_however_often_it_is_pressed_and_shown_by_its_last_digits(manager, site, address):
    fields = {"printed": "wiegand26", "number": "012,54321", "name": "蓝色门卡"}
    assert send(manager, address, **fields).headers["location"] == f"{address}?said=given"
    again = send(manager, address, **fields)
    assert again.status_code == 409 and "已经持有这张卡" in again.text
    (card,) = cards(site)
    assert (card.name, card.label, card.weak) == ("蓝色门卡", "21", True)
    text = manager.get(address, headers=HTML).text
    assert "•••• 21" in text and "54321" not in text


def test_a_lost_card_is_taken_back_once_and_only_at_its_owner(manager, site, address, home):
    send(manager, address, printed="wiegand26", number="012,34567")
    (card,) = cards(site)
    assert send(manager, f"{address}/{card.card_id}/revoke").status_code == 422
    for _ in range(2):
        answer = send(manager, f"{address}/{card.card_id}/revoke", reason="遗失")
        assert answer.headers["location"] == f"{address}?said=taken_back"
    (gone,) = cards(site)
    assert gone.revoked_reason == "遗失" and gone.told_version > card.told_version
    with site.gate.session() as db:
        other = next(one for one in community.residents_of(db, site.community_id) if one.house == "5-2-102")
    elsewhere = f"/people/homes/{other.resident_id}/cards/{card.card_id}"
    assert send(manager, f"{elsewhere}/revoke", reason="x").status_code == 404
    assert send(manager, f"{elsewhere}/name", name="x").status_code == 404


def test_a_card_goes_to_somebody_of_the_household_and_to_nobody_else(manager, site, address, home):
    with site.gate.session() as db:
        wife = people.add_resident(
            db, keeper(site), home.house_id, "周示例", None, Tie.FAMILY, starts_at=home.starts_at
        )
        mine = access.add_cardholder(
            db, system(site.tenant_id, "test", ("person.edit", "rule.edit")), site.community_id, wife.person_id
        ).id
    send(manager, address, printed="uid", number="04A2B3C4", name="卡")
    (card,) = cards(site)
    refused = send(manager, f"{address}/{card.card_id}/pass-on", cardholder=str(site.cardholders[1]))
    assert refused.status_code == 422 and "同住" in refused.text
    for _ in range(2):
        answer = send(manager, f"{address}/{card.card_id}/pass-on", cardholder=str(mine))
        assert answer.headers["location"] == f"{address}?said=passed_on"
    with site.gate.session() as db:
        assert [(one.name, one.revoked_at) for one in queries.cards_of(db, mine)] == [("卡", None)]


def test_a_card_read_too_long_ago_is_to_be_held_up_again(manager, site, address):
    long_ago = clock.now() - timedelta(minutes=6)
    shown = site.gate.decide(Outcome.DENY, Reason.UNKNOWN, kind=Kind.CARD, detail={"card": "ab" * 16}, at=long_ago)
    site.gate.tell(long_ago)
    answer = send(manager, f"{address}/read", visit=str(shown.correlation))
    assert answer.status_code == 422 and "再刷一次" in answer.text and cards(site) == []


@pytest.mark.req("ACC-27")
def test_a_pin_stands_in_one_answer_alone_and_what_was_typed_never_comes_back(manager, site, address, home):
    where = address.removesuffix("/cards") + "/pin"
    shown = send(manager, where, house_id=str(home.house_id))
    pin = re.search(r"52101 # (\d{6}) #", shown.text)
    assert shown.status_code == 200 and pin and shown.headers["cache-control"] == "no-store"
    assert pin[1] not in manager.get(address, headers=HTML).text
    refused = send(manager, where, house_id=str(home.house_id), pin="123456")
    assert refused.status_code == 422 and "太容易" in refused.text and "123456" not in refused.text
    with site.gate.session() as db:
        (one,) = queries.pins_of(db, site.cardholders[0])
    for _ in range(2):
        dropped = send(manager, f"{address.removesuffix('/cards')}/pins/{one.pin_id}/drop", reason="忘记")
        assert "said=pin_dropped" in dropped.headers["location"]
    with site.gate.session() as db:
        assert queries.pins_of(db, site.cardholders[0]) == []


def test_a_node_knows_of_a_change_by_the_rules_it_says_it_has(site):
    with site.gate.session() as db:
        here = nodes(db, [site.community_id], clock.now())  # it said 318
    assert [len(told_of(here, version).waiting) for version in (318, 319)] == [0, 1]
    assert told_of([], 1).all == 0


@pytest.mark.req("ACC-28")
def test_the_report_says_whom_to_give_another_first_and_who_used_theirs(manager, site):
    with site.gate.session() as db:
        actor, now = keeper(site), clock.now()
        for holder, number, weak in ((0, 1, True), (1, 2, False), (2, 3, True)):
            card = Card(format="wiegand26", facility=1, number=number)
            access.give_card(db, actor, site.cardholders[holder], card, now=now, weak=weak, name="=1+1")
        staff = system(site.tenant_id, "test", ("person.edit", "rule.edit"))
        access.change_groups(db, staff, site.cardholders[2], ["resident", "staff"])
    used = cards(site, 0)[0]
    site.gate.decide(
        Outcome.GRANT, kind=Kind.CARD, credential_id=used.card_id, cardholder_id=site.cardholders[0]
    )  # fmt: skip
    site.gate.decide(Outcome.DENY, Reason.REVOKED, kind=Kind.CARD, credential_id=cards(site, 2)[0].card_id)
    site.gate.tell()
    here = {"community": str(site.community_id)}
    text = manager.get("/cards", params=here, headers=HTML).text
    assert "弱卡 2 张，能证明自己的卡 1 张" in text
    assert text.index("欧阳*") < text.index("张*") if "欧阳*" in text else text.index("欧*") < text.index("张*")
    assert text.count("从未开门") == 1, "a refusal is no use"
    answer = manager.get("/cards/list.csv", params=here, headers=HTML)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8" and answer.text.startswith("\ufeff房号")
    lines = answer.text.splitlines()
    assert len(lines) == 4 and all("'=1+1" in line for line in lines[1:])
    assert not any(name in answer.text for name in ("张示例", "李样本", "欧阳演示"))


def test_somebody_whom_the_gates_do_not_know_is_given_nothing(manager, site, home):
    with site.gate.session() as db:
        new = people.add_resident(db, keeper(site), home.house_id, "周示例", None, Tie.FAMILY, starts_at=home.starts_at)
    where = f"/people/homes/{new.id}/cards"
    assert "还不认识" in manager.get(where, headers=HTML).text
    answer = send(manager, where, printed="uid", number="04A2B3C4")
    assert answer.status_code == 409 and "还不认识" in answer.text
