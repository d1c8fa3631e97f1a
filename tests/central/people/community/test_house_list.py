"""Lists of houses: how they are read, what they would make, and that making them twice makes them once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Forbidden, Invalid
from central.people.community import queries, service
from central.people.community.house_list import bare_of_zeros, decode_list, label_said, read_house_list
from central.people.community.service import Fate


@pytest.mark.parametrize(
    "line",
    [
        "5,2,1102",
        "５，２，１１０２",
        "5\t2\t1102",
        "5;2;1102",
        "5-2-1102",
        " 5 2 1102 ",
        '"5","2","1102"',
        "5,2,1102,,",
        "5栋2单元1102",
        "5号楼2单元1102室",
        "５幢 2门 1102号",
        "5座-2单元-1102户",
        "5栋,2单元,1102室",
        "5-2-1102室",
    ],
)
def test_a_house_is_read_however_its_parts_are_kept_apart(line):
    assert [one.house for one in read_house_list(line)] == [("5", "2", "1102")]


@pytest.mark.parametrize("building", ["1", "1号楼", "1 栋", "１楼", "1幢", "1座"])
def test_a_building_and_a_unit_are_their_numbers_with_or_without_the_word(building):
    (line,) = read_house_list(f"{building},2单元,0201")
    assert line.house == ("1", "2", "0201")


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("5栋2单元1102室", "5-2-1102"), (" ５－２－１１０２ ", "5-2-1102"),
        ("5 2 1102", "5-2-1102"), ("5-2-1102", "5-2-1102"),
        ("5栋", "5-"), ("5栋2单元", "5-2-"), ("5号楼 2单元 11", "5-2-11"), ("5-2", "5-2"), ("5", "5"), ("", ""),
        ("综合楼", "综合楼"), ("综合楼-东单元-0201", "综合楼-东-0201"), ("王", "王"),
    ],
)  # fmt: skip
def test_a_house_is_found_by_its_name_however_a_person_says_it_or_how_it_begins(said, label):
    assert label_said(said) == label


@pytest.mark.parametrize("building", ["综合楼", "荷花栋", "望江座"])
def test_a_name_of_a_building_keeps_its_word(building):
    assert [one.house for one in read_house_list(f"{building},东单元,0201")] == [(building, "东", "0201")]


@pytest.mark.parametrize("house", ["5,2,1102", "5-2-1102", "5栋2单元1102室"])
@pytest.mark.parametrize(
    ("more", "floor", "passed_over"),
    [(",业主", None, ("业主",)), (",89.5㎡", None, ("89.5m2",)), (",11,89.5,王*", "11", ("89.5", "王*"))],
)
def test_columns_nobody_asked_for_are_passed_over_and_named(house, more, floor, passed_over):
    (line,) = read_house_list(house + more)
    assert (line.house, line.floor, line.passed_over) == (("5", "2", "1102"), floor, passed_over)


def test_the_head_and_empty_lines_are_no_houses_and_places_are_those_of_the_editor():
    lines = read_house_list("楼栋,单元,房号\n\n5,2,101\n,,\n5,2,102\n")
    assert [(one.place, one.house) for one in lines] == [(3, ("5", "2", "101")), (5, ("5", "2", "102"))]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("5,1102", "community.line_three_parts"),
        ("1102", "community.line_three_parts"),
        ("5,,1102", "community.unit_missing"),
        (",2,1102", "community.building_missing"),
        ("5,2,<b>", "community.number_letters"),
        ("5,2单元_,1102", "community.unit_letters"),
        (f"{'1' * 13},2,1102", "community.building_letters"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_and_the_line_is_kept(line, problem):
    (one,) = read_house_list(line)
    assert (one.house, one.problem, one.text) == (None, problem, line)


def test_files_of_spreadsheets_are_read_in_both_encodings():
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert decode_list("甲,2,101".encode(encoding)) == "甲,2,101"
    assert decode_list(b"PK\x03\x04\x00\x00\xff\xff") is None


def test_labels_sort_as_people_count(town):
    with town.session() as db:
        service.add_houses(db, town.actor, town.community, [("10", "1", "101"), ("9", "1", "1001"), ("9", "1", "901")])
        tree = [(one.building, one.unit, one.numbers) for one in queries.tree_of(db, town.community)]
    assert tree == [("5", "2", ("1102",)), ("9", "1", ("901", "1001")), ("10", "1", ("101",))]


@pytest.mark.req("ADMIN-01")
def test_a_plan_says_of_each_line_what_it_would_make_and_changes_nothing(town):
    lines = read_house_list("5,2,1102\n5,2,101\n6,1,101\n6,1,102\n6,1,101\nnonsense")
    with town.session() as db:
        plan = service.plan_houses(db, town.community, lines)
        assert [one.fate for one in plan.lines] == [Fate.THERE, Fate.NEW, Fate.NEW, Fate.NEW, Fate.TWICE, Fate.WRONG]
        assert [(one.new_building, one.new_unit) for one in plan.lines if one.fate is Fate.NEW] == [
            (False, False), (True, True), (False, False),
        ]  # fmt: skip
        assert (plan.buildings, plan.units, len(plan.houses)) == (1, 1, 3)
        assert len(queries.houses_of(db, town.community)) == 1


@pytest.mark.req("ADMIN-01")
def test_a_plan_names_the_twin_that_differs_by_zeros_in_front_alone_and_makes_it_all_the_same(town):
    """In the town there is 5-2-1102."""
    lines = read_house_list("05-02-1102\n05-02-1103\n5-02-101\n5-2-01102\n5-2-102\n6-1-0101\n6-1-101\n7-1-101")
    with town.session() as db:
        plan = service.plan_houses(db, town.community, lines)
        assert [one.twin for one in plan.lines] == [
            ("5",), (), ("5", "2"), ("5", "2", "1102"), (), (), ("6", "1", "0101"), (),
        ]  # fmt: skip
        assert plan.twins == 4 and len(plan.houses) == 8
        service.add_houses(db, town.actor, town.community, plan.houses)
        again = service.plan_houses(db, town.community, read_house_list("05-02-1104\n5-02-102"))
        assert again.twins == 0, "what is there twice already is no news"


@given(house=st.tuples(*[st.from_regex(r"0{0,2}[0-9]{1,3}", fullmatch=True)] * 3))
def test_zeros_in_front_are_all_that_is_taken_off(house):
    for part in house:
        assert bare_of_zeros(part) == str(int(part)) and bare_of_zeros("B" + part) == "B" + part


def test_a_list_sent_twice_makes_its_houses_once_with_one_line_in_the_audit(town):
    wanted = [("6", "1", "101"), ("6", "1", "102"), ("5", "2", "1102")]
    with town.session() as db:
        assert service.add_houses(db, town.actor, town.community, wanted) == 2
        assert service.add_houses(db, town.actor, town.community, wanted) == 0
        labels = [house.label for house in queries.houses_of(db, town.community)]
        assert labels == ["5-2-1102", "6-1-101", "6-1-102"]
        noted = db.scalars(select(AuditRow).where(AuditRow.what == "houses.add")).all()
        assert [row.after for row in noted] == [{"count": 2, "houses": ["6-1-101", "6-1-102"]}]


@pytest.mark.req("SEC-04")
def test_only_who_may_edit_houses_adds_a_list_and_a_list_has_an_end(town):
    reader = Actor(town.tenant_id, ActorKind.ACCOUNT, None, "x", (Grant("guard", frozenset({"house.read"})),))
    with town.session() as db:
        with pytest.raises(Forbidden):
            service.add_houses(db, reader, town.community, [("6", "1", "101")])
        with pytest.raises(Invalid):
            service.plan_houses(db, town.community, read_house_list("6,1,101\n" * 5001))


def test_counts_are_of_each_community_and_of_people_at_home(town):
    with town.session() as db:
        other = service.add_community(db, town.actor, "云岭").id
        service.end_residency(db, town.actor, town.resident, town.now, "搬走")
        counts = queries.counts_of(db, [town.community, other], town.now)
    assert (counts[town.community].houses, counts[town.community].gates, counts[town.community].people) == (1, 1, 1)
    assert (counts[other].houses, counts[other].gates, counts[other].people) == (0, 0, 0)
