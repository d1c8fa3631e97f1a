"""Several tariffs in one community: which one a stay begins under, at central as at the gate, and no tie."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.actor import ActorKind, system
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import words_in
from central.gates.ingest.projections import projections
from central.gates.parking.rules import tied
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays import told as told_stays
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.gate_fee import gate_fee
from central.gates.parking.tariffs import service
from central.gates.parking.tariffs.fee_board import fee_board
from central.gates.parking.tariffs.queries import versions_of
from central.gates.parking.tariffs.ties import ties_in_words
from central.gates.visits.service import rebuild
from models.access.decision import Outcome
from models.parking.account import Charging, account_of, version_at
from models.parking.bill_text import bill_text
from models.parking.decided import car_in
from models.parking.scope import Group, Scope
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.wire.events import Passage
from models.wire.stays import ToldStay
from tests.central.gates.conftest import T0
from tests.central.gates.parking.cars import decided, key_of
from tests.models.making import uuid
from tests.models.parking.tariffs import T1, T6, T7

ZH = words_in("zh_CN")
DAY = timedelta(days=1)
LORRY, CAR = "川A12345", "川B8K3H5"
ENTRY, EXIT = T0 + timedelta(minutes=10), T0 + timedelta(minutes=140)
LARGE = Scope(classes=frozenset({"large"}))
YELLOW = Scope(colours=frozenset({PlateColour.YELLOW}))
LARGE_PERMITS = Scope(classes=frozenset({"large"}), groups=frozenset({Group.PERMIT}))


def person(place, name="李经理"):
    allowed = system(place.tenant_id, name, ["tariff.draft", "tariff.approve"])
    return replace(allowed, kind=ActorKind.ACCOUNT, id=new_id())


def draft(site, scope=Scope(), like=T1, start=T0, now=T0, **more):
    with site.session() as db:
        tariff = like.model_copy(update={"scope": scope, "starts_at": start, "name": "样例", **more})
        return service.draft_tariff(db, person(site), site.community_id, tariff, now=now).id


def approve(site, version_id, now=T0):
    with site.session() as db:
        service.approve_tariff(db, person(site, "王主任"), version_id, now=now)


def agreed(site, scope=Scope(), like=T1, start=T0, now=T0, **more):
    approve(site, (found := draft(site, scope, like, start, now, **more)), now)
    return found


def seen(told, colour="", on="", until=None):
    """The decision with what the lane told of the car."""
    said = {"plate_colour": colour, "plate_list": on, "plate_until": until.isoformat() if until else ""}
    inputs = told.decision.inputs | {name: value for name, value in said.items() if value}
    return told.model_copy(update={"decision": told.decision.model_copy(update={"inputs": inputs})})


def drives_in(site, node, plate, **tells) -> tuple[UUID, object]:
    """The stay, and what the lane decided."""
    stay_id = new_id()
    made = seen(decided(key_of(site), node.lane.lane_id, ENTRY, stay_id, plate), **tells)
    node.write(made, stay_id, at=ENTRY)
    node.write(Passage(passed=True, why="loops"), stay_id, at=ENTRY)
    return stay_id, made.decision


def stay_of(db, site, stay_id):
    return stays.stay_of(db, system(site.tenant_id, "王师傅", ["stay.read"]), stay_id)


@pytest.mark.req("P01", "PARK-03", "PARK-05")
def test_gate_and_central_choose_alike_and_reckon_alike_with_two_tariffs_in_force(site, node):
    """The gate alone, the gate that was told by central, and central."""
    everybody, large = agreed(site), agreed(site, LARGE, T7)
    permits = agreed(site, LARGE_PERMITS, T6)
    cars = [
        (*drives_in(site, node, LORRY, colour="yellow"), large),
        (*drives_in(site, node, CAR, colour="blue"), everybody),
        (*drives_in(site, node, "川A00001"), everybody),
        (*drives_in(site, node, "川A00002", colour="yellow", on="permit", until=T0 + DAY), permits),
        (*drives_in(site, node, "川A00003", colour="yellow", on="permit", until=T0), large),
    ]
    site.send(node, node.batch(), now=T0 + DAY)
    with site.session() as db:
        tariffs = told_stays.tariffs_told(db, site.community_id, EXIT)
        assert len(tariffs) == 3 and len({one.tariff_id for one in tariffs}) == 3
        told = {one.stay_id: one for one in told_stays.newer_than(db, site.community_id, node.id, 0, EXIT).stays}
        for stay_id, made, version_id in cars:
            stay = stay_of(db, site, stay_id)
            assert stay.tariff_id == version_id, stay.plate
            at_central = priced(prices_for(db, site.community_id, [stay], EXIT), stay, EXIT).due.total
            alone = version_at(tariffs, ENTRY, car_in(made, stay.plate.text))
            own = ToldStay(
                stay_id=stay_id, plate=stay.plate.text, entered_at=ENTRY, entry_lane_id=node.lane.lane_id,
                vehicle_class=car_in(made, stay.plate.text).vehicle_class, tariff_version=alone.version,
                tariff_id=alone.tariff_id,
            )  # fmt: skip
            for of_gate in (told[stay_id], own):
                account = account_of(of_gate, 0, Charging(tariffs), (), node.lane.lane_id, EXIT, alone=True)
                assert (account.tariff, account.due.total) == (alone, at_central)
                assert of_gate.vehicle_class == stay.vehicle_class
            assert account.tariff.tariff_id == told[stay_id].tariff_id
        before = {one: stay_of(db, site, one) for one, _, _ in cars}
        rebuild(db, site.community_id, projections)
        assert {one: stay_of(db, site, one) for one, _, _ in cars} == before, "the journal says all of it"


@pytest.mark.req("P01", "PARK-05")
def test_a_gate_that_had_not_been_told_of_a_tariff_is_listed_with_both(site, node):
    """It let a lorry in while away, by the tariff that it knew; central has the one for large cars."""
    agreed(site)
    with site.session() as db:
        (known,) = told_stays.tariffs_told(db, site.community_id, ENTRY)
    agreed(site, LARGE, T7)
    stay_id, _ = drives_in(site, node, LORRY, colour="yellow")
    alone = ToldStay(stay_id=stay_id, plate=LORRY, entered_at=ENTRY, tariff_version=1, tariff_id=known.tariff_id)
    account = account_of(alone, 0, Charging((known,)), (), node.lane.lane_id, EXIT, alone=True)
    exit_id = new_id()
    told = decided(key_of(site), node.lane.lane_id, EXIT, exit_id, LORRY, direction="out", outcome=Outcome.GRANT)
    money = {"fee_fen": str(account.due.total), "tariff": f"{known.tariff_id} 1", "bill": bill_text(account.due.bills)}
    asks = told.decision.model_copy(update={"detail": told.decision.detail | money})
    node.write(told.model_copy(update={"decision": asks}), exit_id, at=EXIT)
    node.write(Passage(passed=True, why="loops"), exit_id, at=EXIT)
    site.send(node, node.batch(), now=T0 + DAY)
    with site.session() as db:
        stay = stay_of(db, site, stay_id)
        found = gate_fee(db, prices_for(db, site.community_id, [stay], EXIT), stay)
        assert (found.fee, found.central_fee, found.differs, found.other_tariff) == (9_00, 6_50, True, True)
        assert (found.tariff, found.version) == ("样例", 1) and found.lines and found.central_lines


@pytest.mark.req("P01")
def test_a_tie_is_refused_on_save_in_words_that_name_the_other_and_the_cars(site):
    first = agreed(site, LARGE)
    told = {"zh_CN": ("样例", "第 1 版", "大型车；黄牌"), "en": ("version 1", "large", "yellow plate")}
    for language, words in told.items():
        with pytest.raises(Conflict, match="scope_tie") as refused, ties_in_words(words_in(language)):
            draft(site, YELLOW)
        said = words_in(language)(refused.value.key, **refused.value.params)
        assert all(one in said.lower() for one in words), said
    draft(site, Scope(colours=frozenset({PlateColour.BLUE})))
    draft(site, LARGE_PERMITS)
    with site.session() as db:
        rows = versions_of(db, site.community_id, T0)
    assert {one.version_id: one.version for one in rows}[first] == 1
    assert len(rows) == len({one.tariff_id for one in rows}) == 3, "each scope is a tariff of its own"


@pytest.mark.req("P01", "PARK-03")
def test_the_same_scope_is_the_next_version_and_a_draft_that_waits_counts_for_a_tie(site):
    draft(site, LARGE, start=T0 + DAY)
    second = draft(site, LARGE, start=T0 + 2 * DAY)
    with pytest.raises(Conflict, match="scope_tie"):
        draft(site, YELLOW)
    draft(site, YELLOW, now=T0 + 3 * DAY, start=T0 + 4 * DAY)  # nobody approved the others in time
    with site.session() as db:
        found = {one.version_id: one for one in versions_of(db, site.community_id, T0)}
    assert found[second].version == 2


@pytest.mark.req("P01", "PARK-03")
def test_a_tariff_ends_by_a_version_of_two_persons_and_only_then_another_takes_its_cars(site):
    agreed(site, LARGE)
    with pytest.raises(Conflict, match="nothing_ends"):
        draft(site, YELLOW, ends=True)
    ends = draft(site, LARGE, start=T0 + DAY, ends=True)
    with pytest.raises(Conflict, match="scope_tie"):
        draft(site, YELLOW, start=T0 + DAY)  # nobody has approved the end yet
    approve(site, ends)
    with pytest.raises(Conflict, match="scope_tie"):
        draft(site, YELLOW, start=T0 + DAY / 2)
    after = draft(site, YELLOW, start=T0 + DAY)
    approve(site, after)
    with site.session() as db, pytest.raises(Conflict, match="scope_tie"):
        service.withdraw_tariff(db, person(site), ends, "写错", now=T0)
    with site.session() as db:
        told = told_stays.tariffs_told(db, site.community_id, T0 + 2 * DAY)
        assert [one.ends for one in told].count(True) == 1
        board = fee_board(db, ZH, site.community_id, T0 + 2 * DAY)
    assert [one.version.version_id for one in board.now] == [after]


@pytest.mark.req("P01")
def test_two_drafts_that_would_tie_are_not_both_approved(site):
    """The end of one was approved and taken back between the other's draft and its approval."""
    agreed(site, LARGE)
    ends = agreed(site, LARGE, start=T0 + DAY, ends=True)
    after = draft(site, YELLOW, start=T0 + DAY)
    with site.session() as db:
        service.withdraw_tariff(db, person(site), ends, "写错", now=T0)
    with pytest.raises(Conflict, match="scope_tie"):
        approve(site, after)


@pytest.mark.req("P01")
@pytest.mark.parametrize(
    ("scope", "field"),
    [
        (Scope(lanes=frozenset({uuid(0x77)})), "lanes"), (Scope(classes=frozenset({"motorcycle"})), "classes"),
        (Scope(colours=frozenset({PlateColour.UNKNOWN})), "colours"),
    ],
)  # fmt: skip
def test_a_scope_that_no_car_could_fit_is_refused_at_its_field(site, scope, field):
    with pytest.raises(Invalid) as refused:
        draft(site, scope)
    assert list(refused.value.fields) == [f"terms.scope.{field}"]
    assert ZH.has(refused.value.fields[f"terms.scope.{field}"])


@pytest.mark.req("P01", "PARK-26")
def test_the_fee_board_says_for_whom_each_tariff_is_the_most_specific_first(site, node):
    agreed(site)
    with site.session() as db:
        assert [one.cars for one in fee_board(db, ZH, site.community_id, T0).now] == [""]
    agreed(site, LARGE)
    agreed(site, Scope(classes=frozenset({"large"}), lanes=frozenset({node.lane.lane_id})))
    agreed(site, LARGE, T7, start=T0 + DAY)
    with site.session() as db:
        board = fee_board(db, ZH, site.community_id, T0)
    assert [one.cars.partition("；")[0] for one in board.now] == ["大型车", "大型车", ""]
    assert node.lane.name in board.now[0].cars and board.everybody
    assert [(one.cars, one.version.version) for one in board.next] == [("大型车", 2)]


SCOPES = st.sampled_from([Scope(), LARGE, YELLOW, LARGE_PERMITS, Scope(groups=frozenset({Group.PERMIT}))])


@pytest.mark.req("P01")
@given(st.lists(st.tuples(SCOPES, st.integers(0, 5), st.booleans()), max_size=7))
def test_what_is_let_through_never_ties_at_any_time(wanted):
    """Each in turn, as drafts that are approved at once."""
    kept = []
    for scope, day, ends in wanted:
        tariff_id = next((one.tariff_id for one in kept if one.scope == scope), uuid(0xE0 + len(kept)))
        one = T1.model_copy(update={"tariff_id": tariff_id, "scope": scope, "ends": ends, "starts_at": T0 + day * DAY})
        taken = any(other.tariff_id == tariff_id and other.starts_at == one.starts_at for other in kept)
        kept += [one] if not taken and tied([*kept, one], tariff_id) is None else []
    for day in range(7):
        last = {}
        for one in sorted(kept, key=lambda one: one.starts_at):
            if one.starts_at <= T0 + day * DAY:
                last[one.tariff_id] = one
        there = [one.scope for one in last.values() if not one.ends]
        for place, scope in enumerate(there):
            assert not any(scope.weight == other.weight and scope.shared(other) for other in there[place + 1 :])
