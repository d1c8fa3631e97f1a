"""Cards and PINs at central: given, refused, taken back, and told to the gates; what a lane takes, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.base.kernel.secrets import unseal
from central.gates.access import queries_credentials as queries
from central.gates.access import service, snapshot
from central.gates.access.set_kinds import face_alone
from central.gates.access.set_pin import code_of_label
from central.gates.access.tables import CardRow, GateSettingsRow, PinRow
from central.people.community.rules import Tie
from central.people.community.service import add_house, add_resident, add_unit
from models.access.cards import Card, card_digest
from models.access.credential import Kind
from models.access.pins import duress_of, find_pin
from models.access.schedule import ALWAYS, Span
from tests.central.people.assessed import assess
from tests.central.people.town import SINCE

CARD = Card(format="wiegand26", facility=12, number=34567)
EVERY_DAY = frozenset(range(1, 9))


def span(start: int, end: int, days: frozenset[int] = EVERY_DAY) -> Span:
    return Span(days=days, start_minute=start * 60, end_minute=end * 60)


def told(town, at=None) -> snapshot.SnapshotParts:
    with town.session() as db:
        return snapshot.parts(db, town.community, at or town.now)


def give(town, card: Card = CARD):
    with town.session() as db:
        return service.give_card(db, town.actor, town.cardholder, card, now=town.now).id


def pin(town, pin: str | None = "402817", **more) -> service.GivenPin:
    with town.session() as db:
        return service.set_pin(db, town.actor, town.cardholder, town.house, now=town.now, pin=pin, **more)


def a_neighbour(db, town, *, house=None):
    """Somebody else of the house (or of another), known to the gates."""
    one = add_resident(db, town.actor, house or town.house, "李示例", None, Tie.FAMILY, starts_at=SINCE)
    return service.add_cardholder(db, town.actor, town.community, one.person_id).id


@pytest.mark.req("ACC-28")
def test_a_card_is_told_as_a_digest_under_the_sites_key_and_marked_weak(town):
    before = told(town)
    card_id = give(town)
    after = told(town)
    (entry,) = after.cards
    assert entry.digest == card_digest(bytes.fromhex(after.card_key), CARD)
    assert (entry.credential_id, entry.cardholder_id, entry.weak) == (card_id, town.cardholder, True)
    assert after.version > before.version


def test_the_card_key_lies_sealed_and_is_made_once(town):
    give(town)
    first = told(town).card_key
    give(town, CARD.model_copy(update={"number": 7}))
    assert told(town).card_key == first and len(first) == 64
    with town.session() as db:
        sealed = db.scalars(
            select(GateSettingsRow.sealed_card_key).where(GateSettingsRow.community_id == town.community)
        ).one()
        assert bytes.fromhex(first) not in sealed
        assert unseal(db, sealed, f"card_key:{town.community}").hex() == first


def test_a_card_that_is_given_is_refused_without_a_name(town):
    give(town)
    with town.session() as db:
        other = a_neighbour(db, town)
    with town.session() as db, pytest.raises(Conflict) as refused:
        service.give_card(db, town.actor, other, CARD, now=town.now)
    assert refused.value.key == "access.card_taken"
    assert refused.value.extra == {"cardholder_id": str(town.cardholder)}
    with town.session() as db, pytest.raises(Conflict, match="card_theirs"):
        service.give_card(db, town.actor, town.cardholder, CARD, now=town.now)


def test_a_revoked_card_is_told_as_revoked_and_may_be_given_again(town):
    first = give(town)
    with town.session() as db:
        service.revoke_card(db, town.actor, first, "遗失", now=town.now)
    assert first in told(town).revoked
    assert [entry.credential_id for entry in told(town).cards] == [first]
    with town.session() as db, pytest.raises(Conflict, match="card_already_revoked"):
        service.revoke_card(db, town.actor, first, "遗失", now=town.now)
    again = give(town)
    assert [entry.credential_id for entry in told(town).cards] == [again]
    assert again not in told(town).revoked


def test_a_card_is_bound_as_a_lane_has_read_it(town):
    with town.session() as db:
        service.bind_card(db, town.actor, town.cardholder, "ab" * 16, now=town.now)
    assert [entry.digest for entry in told(town).cards] == ["ab" * 16]
    with town.session() as db, pytest.raises(Invalid, match="card_not_read"):
        service.bind_card(db, town.actor, town.cardholder, "not a digest", now=town.now)


def test_neither_number_nor_pin_is_in_a_row_or_in_the_audit(town):
    give(town)
    pin(town)
    with town.session() as db:
        said = [
            str(row.after) for row in db.scalars(select(AuditRow).where(AuditRow.what.in_(["card.give", "pin.set"])))
        ]
        assert len(said) == 2
        rows = [db.scalars(select(CardRow)).one(), db.scalars(select(PinRow)).one()]
        kept = said + [str(vars(row)) for row in rows]
    assert not any("34567" in text or "402817" in text for text in kept)


@pytest.mark.req("ACC-27", "ACC-20")
def test_a_pin_is_told_hashed_behind_its_unit_with_its_duress_code(town):
    given = pin(town)
    assert (given.unit, given.pin) == ("521102", "402817")
    units = told(town).units
    plain, duress = find_pin(units, "521102", "402817"), find_pin(units, "521102", duress_of("402817"))
    assert plain is not None and plain.pin.cardholder_id == town.cardholder and not plain.duress
    assert duress is not None and duress.duress


@pytest.mark.req("ACC-27")
@pytest.mark.parametrize(
    ("wanted", "key"),
    [("12345", "pin_form"), ("40281a", "pin_form"), ("123456", "pin_trivial"), ("777777", "pin_trivial")],
)
def test_what_is_no_pin_or_easily_guessed_is_refused(town, wanted, key):
    with pytest.raises(Invalid, match=key):
        pin(town, wanted)


@pytest.mark.req("ACC-20", "ACC-27")
@pytest.mark.parametrize(
    "wanted", ["402817", "402818", "402816"], ids=["theirs", "their duress", "theirs is my duress"]
)
def test_nobody_of_the_unit_gets_a_pin_that_is_anothers_or_next_to_it(town, wanted):
    pin(town)
    with town.session() as db:
        other = a_neighbour(db, town)
    with town.session() as db, pytest.raises(Invalid, match="pin_not_free"):
        service.set_pin(db, town.actor, other, town.house, now=town.now, pin=wanted)


def test_a_new_pin_ends_the_one_before_and_a_dropped_one_is_gone(town):
    old = pin(town)
    new = pin(town, None)
    units = told(town).units
    assert find_pin(units, new.unit, old.pin) is None and find_pin(units, new.unit, new.pin) is not None
    with town.session() as db:
        service.drop_pin(db, town.actor, new.pin_id, "忘记", now=town.now)
    assert told(town).units == ()
    assert {old.pin_id, new.pin_id} <= told(town).revoked


@pytest.mark.req("ACC-27")
def test_a_pin_with_an_end_ends(town):
    pin(town, valid_until=town.now + timedelta(hours=2))
    assert told(town).units[0].pins[0].valid_until == town.now + timedelta(hours=2)
    assert told(town, town.now + timedelta(hours=2)).units == ()


def test_two_houses_with_the_same_digits_are_told_apart_by_the_desk(town):
    pin(town)
    with town.session() as db:
        house = add_house(db, town.actor, add_unit(db, town.actor, town.building, "21").id, "102").id
        other = a_neighbour(db, town, house=house)
    with town.session() as db, pytest.raises(Conflict, match="unit_code_taken"):
        service.set_pin(db, town.actor, other, house, now=town.now)
    with town.session() as db:
        given = service.set_pin(db, town.actor, other, house, now=town.now, code="5210102")
    assert given.unit == "5210102"


def test_a_pin_is_set_at_home_only(town):
    with town.session() as db:
        house = add_house(db, town.actor, town.unit, "1103").id
    with town.session() as db, pytest.raises(Invalid, match="pin_not_their_home"):
        service.set_pin(db, town.actor, town.cardholder, house, now=town.now)


def test_a_unit_is_keyed_by_the_digits_of_its_label():
    assert code_of_label("3-1-502") == "31502"
    assert code_of_label("A栋-2-1102") == "21102"


@pytest.mark.req("ACC-01")
def test_a_lane_says_which_kinds_it_takes_and_when(town):
    hours = (span(7, 20),)
    with town.session() as db:
        assess(db, town.community)
        service.set_kinds(db, town.actor, town.community, town.lane, {Kind.CARD: ALWAYS, Kind.FACE: hours})
    assert {(one.lane_id, one.kind, one.schedule) for one in told(town).kinds} == {
        (town.lane, Kind.CARD, ALWAYS), (town.lane, Kind.FACE, hours),
    }  # fmt: skip
    with town.session() as db:
        service.set_kinds(db, town.actor, town.community, town.lane, {})
    assert told(town).kinds == ()


@pytest.mark.req("PRIV-10")
def test_without_a_current_impact_assessment_no_lane_is_set_to_take_faces(town):
    both, cards = {Kind.CARD: ALWAYS, Kind.FACE: ALWAYS}, {Kind.CARD: ALWAYS}
    with town.session() as db:
        service.set_kinds(db, town.actor, town.community, town.lane, cards)
    for kinds in (both, {}):
        with town.session() as db, pytest.raises(Conflict, match=r"assessment\.needed"):
            service.set_kinds(db, town.actor, town.community, town.lane, kinds)
    assert {one.kind for one in told(town).kinds} == {Kind.CARD}
    with town.session() as db:
        assess(db, town.community, town.now - timedelta(days=366))
        with pytest.raises(Conflict, match=r"assessment\.needed"):
            service.set_kinds(db, town.actor, town.community, town.lane, both)
    with town.session() as db:
        assess(db, town.community)
        service.set_kinds(db, town.actor, town.community, town.lane, both)
    assert {one.kind for one in told(town).kinds} == {Kind.CARD, Kind.FACE}


@pytest.mark.req("ACC-07")
@pytest.mark.parametrize(
    ("others", "minute"),
    [
        ({}, 0),
        ({Kind.CARD: (span(6, 22),)}, 0),
        ({Kind.CARD: (span(0, 12),), Kind.PIN: (span(13, 24),)}, 12 * 60),
        ({Kind.PASS: (span(0, 24, frozenset(range(1, 8))),)}, 0),
        ({Kind.CARD: (span(20, 8),)}, 8 * 60),
    ],
    ids=["nothing else", "not at night", "a gap at noon", "not on holidays", "nights only"],
)
def test_an_hour_with_the_face_alone_is_refused(town, others, minute):
    assert face_alone({Kind.FACE: ALWAYS} | others) == minute
    with town.session() as db, pytest.raises(Invalid, match="face_alone"):
        service.set_kinds(db, town.actor, town.community, town.lane, {Kind.FACE: ALWAYS} | others)
    assert told(town).kinds == ()


@pytest.mark.req("ACC-07")
def test_other_kinds_may_share_the_hours_of_the_face():
    halves = {Kind.CARD: (span(8, 20),), Kind.PIN: (span(20, 8),)}
    assert face_alone({Kind.FACE: ALWAYS} | halves) is None
    assert face_alone({Kind.FACE: (span(22, 2),), Kind.CARD: (span(22, 2),)}) is None
    assert face_alone({Kind.CARD: ALWAYS}) is None


def test_a_guard_gives_no_cards_and_another_tenant_finds_none(town, other_town):
    card_id, given = give(town), pin(town)
    with other_town.session() as db:
        for deed in (
            lambda: service.revoke_card(db, other_town.actor, card_id, "x", now=town.now),
            lambda: service.drop_pin(db, other_town.actor, given.pin_id, "x", now=town.now),
            lambda: service.give_card(db, other_town.actor, town.cardholder, CARD, now=town.now),
        ):
            with pytest.raises(NotFound):
                deed()
    nobody = replace(town.actor, grants=())
    with town.session() as db, pytest.raises(Forbidden):
        service.give_card(db, nobody, town.cardholder, CARD, now=town.now)


@pytest.mark.req("ACC-28")
def test_weak_cards_are_listed_by_themselves(town, login_as):
    give(town)
    with town.session() as db:
        strong = CARD.model_copy(update={"number": 9})
        service.give_card(db, town.actor, town.cardholder, strong, now=town.now, weak=False)
    asked = {"community_id": str(town.community), "weak": True}
    answer = login_as("manager").get("/api/v1/cards", params=asked).json()
    assert [(card["label"], card["weak"]) for card in answer["items"]] == [("67", True)]


def test_a_taken_card_is_refused_in_words(town, login_as):
    body = {"cardholder_id": str(town.cardholder), "format": "wiegand26", "facility": 12, "number": 34567}
    give(town)
    refused = login_as("manager").post("/api/v1/cards", json=body)
    assert (refused.status_code, refused.json()["detail"]) == (409, "这位住户已经持有这张卡，无需再发。")


@pytest.mark.req("ACC-01")
def test_saying_again_what_a_lane_takes_changes_nothing(town):
    def say():
        with town.session() as db:
            service.set_kinds(db, town.actor, town.community, town.lane, {Kind.CARD: ALWAYS})

    say()
    before = told(town)
    say()
    assert told(town) == before


def test_a_card_passed_on_opens_for_the_other_alone_and_keeps_its_name(town):
    with town.session() as db:
        other = a_neighbour(db, town)
        first = service.give_card(db, town.actor, town.cardholder, CARD, now=town.now, name="蓝色门卡").id
    with town.session() as db:
        moved = service.pass_card_on(db, town.actor, first, other, "转给家人", now=town.now)
        moved_id, said = moved.id, (moved.name, moved.label)
    assert said == ("蓝色门卡", "67")
    after = told(town)
    assert [(one.credential_id, one.cardholder_id) for one in after.cards] == [(moved_id, other)]
    assert first in after.revoked and moved_id not in after.revoked
    with town.session() as db, pytest.raises(Conflict, match="card_theirs"):
        service.pass_card_on(db, town.actor, moved_id, other, "x", now=town.now)
    assert told(town) == after, "what is refused takes nothing back"


@pytest.mark.req("ACC-28")
def test_a_card_with_an_end_is_told_with_it(town):
    until = town.now + timedelta(days=30)
    with town.session() as db:
        service.give_card(db, town.actor, town.cardholder, CARD, now=town.now, valid_until=until)
    assert [one.valid_until for one in told(town).cards] == [until]
    with town.session() as db, pytest.raises(Invalid, match="window_over"):
        service.give_card(
            db, town.actor, town.cardholder, CARD.model_copy(update={"number": 7}), now=town.now, valid_until=town.now
        )


def test_each_deed_says_with_which_rules_the_gates_hear_of_it(town):
    with town.session() as db:
        row = service.give_card(db, town.actor, town.cardholder, CARD, now=town.now)
        card_id, given = row.id, row.told_version
    assert given == told(town).version
    with town.session() as db:
        service.name_card(db, town.actor, card_id, "蓝色门卡")
    assert told(town).version == given, "a name is nothing to a gate"
    with town.session() as db:
        assert service.revoke_card(db, town.actor, card_id, "遗失", now=town.now).told_version == given + 1
    given_pin = pin(town)
    with town.session() as db:
        assert queries.pins_of(db, town.cardholder)[0].told_version == given + 2
        assert service.drop_pin(db, town.actor, given_pin.pin_id, "x", now=town.now) == given + 3
