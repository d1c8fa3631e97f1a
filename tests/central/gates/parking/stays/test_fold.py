"""What is folded piece by piece, as facts come, is what one fold of everything gives."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.fold import OF_JOURNAL, ORDER, fold, row_of, touched
from central.gates.parking.stays.sealed_plates import open_text
from central.gates.parking.stays.tables import StayChangeRow, StayOddRow, StayRow
from models.parking.stays import (
    Corrected,
    Detected,
    DroveIn,
    DroveOut,
    Ended,
    Fact,
    Joined,
    Lots,
    Moved,
    Paid,
    Priced,
    Voided,
    take,
)
from models.site.topology import Between
from models.values.plate import Plate
from tests.models.parking.test_stays import MISREAD, PLATE, at, fact_ids

Told = tuple[int, Fact]
KINDS = {
    Detected: 0, DroveIn: 1, Moved: 2, Priced: 3, Paid: 4, DroveOut: 5, Corrected: 6, Joined: 7, Ended: 8, Voided: 9,
}  # fmt: skip


numbers, sure = st.integers(1, 5), st.sampled_from([PLATE, PLATE, MISREAD, None])
minutes, piece = st.integers(0, 40), st.integers(0, 3)


def enters(lot: UUID, number: int, plate: Plate | None, minute: int, at_piece: int, passed: bool) -> list[Told]:
    seen = UUID(int=number << 32 | minute << 8)
    through = UUID(int=seen.int + 1)
    drove = DroveIn(through, UUID(int=number), passed, at(minute + 1))
    return [(at_piece, Detected(seen, UUID(int=number), lot, plate, at(minute))), (at_piece, drove)]


def leaves(lot: UUID, number: int, plate: Plate | None, minute: int, at_piece: int) -> list[Told]:
    seen = UUID(int=number << 32 | minute << 8 | 2)
    return [(at_piece, DroveOut(seen, UUID(int=50 + number), lot, plate, at(minute)))]


def moves(lot: UUID, number: int, plate: Plate | None, minute: int, at_piece: int, to: str) -> list[Told]:
    seen = UUID(int=number << 32 | minute << 8 | 3)
    return [(at_piece, Moved(seen, UUID(int=seen.int << 32), lot, plate, Between("B1", to), at(minute)))]


def facts_in(lot: UUID) -> st.SearchStrategy[list[Told]]:
    """Facts, each with the piece in which it comes: a car's two together, and what does not fit among them."""
    stay, lone = numbers.map(lambda n: UUID(int=n)), numbers.map(lambda n: UUID(int=50 + n))
    when = minutes.map(at)
    person: st.SearchStrategy[Fact] = st.one_of(
        st.builds(DroveIn, fact_ids, stay, st.booleans(), when),
        st.builds(Corrected, fact_ids, stay | lone, st.sampled_from([PLATE, MISREAD]), when),
        st.builds(Joined, fact_ids, stay, lone, when),
        st.builds(Ended, fact_ids, stay, when, when),
        st.builds(Voided, fact_ids, stay | lone, st.just("x"), when),
        st.builds(Priced, fact_ids, stay | lone, st.sampled_from([0, 500]), when),
        st.builds(Paid, fact_ids, stay | lone, st.just(500), when),
    )
    cars = st.builds(enters, st.just(lot), numbers, sure, minutes, piece, st.sampled_from([True, True, False]))
    exits = st.builds(leaves, st.just(lot), numbers, sure, minutes, piece)
    inner = st.builds(moves, st.just(lot), numbers, sure, minutes, piece, st.sampled_from(["B2", "B3"]))
    said = st.tuples(piece, person).map(lambda each: [each])
    some = st.lists(cars | exits | inner | said, min_size=2, max_size=12)
    return some.map(lambda lists: list({one[1].fact: one for each in lists for one in each}.values()))


def whole(facts: list[Fact]) -> Lots:
    lots = Lots()
    for one in sorted(facts, key=lambda each: (each.at, KINDS[type(each)], each.fact)):
        lots = take(lots, one)
    return lots


def told(db, lot):
    """Every stay with its history, and what is odd, as the tables have it."""
    stays = {}
    for row in db.scalars(select(StayRow).where(StayRow.community_id == lot)):
        plate = open_text(db, row.sealed_plate, f"stay:plate:{row.stay_id}")
        stays[row.stay_id] = (
            row.state,
            plate,
            row.entered_at,
            row.left_at,
            row.exit_id,
            row.merged_into,
            row.again_id,
            row.again_at,
            row.zone,
        )
    query = select(StayChangeRow).where(StayChangeRow.community_id == lot)
    changes = [
        (row.stay_id, row.state, row.at, row.cause, row.what,
         open_text(db, row.sealed_note, f"stay_change:note:{row.what}"), row.from_zone, row.to_zone)
        for row in db.scalars(query.order_by(StayChangeRow.stay_id, StayChangeRow.place))
    ]  # fmt: skip
    odd = {row.fact_id: row.what for row in db.scalars(select(StayOddRow).where(StayOddRow.community_id == lot))}
    return stays, {one: [each[1:] for each in lines] for one, lines in groupby(changes, lambda each: each[0])}, odd


def meant(lots: Lots):
    stays = {
        one.stay_id: (one.state.value, one.plate.text if one.plate else "", one.entered, one.left, one.exit_id,
                      one.merged_into, one.again, one.again_at, one.zone or None)
        for one in lots.stays.values()
    }  # fmt: skip
    changes = {
        one.stay_id: [
            (line.state.value, line.at, line.cause.value, line.what, line.note, *(line.between or (None, None)))
            for line in one.history
        ]
        for one in lots.stays.values()
    }
    return stays, changes, {fact: what.value for fact, what in lots.odd}


@pytest.mark.req("PARK-01", "PARK-20")
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_comes_in_whatever_pieces_and_order_the_stays_are_those_of_one_fold(town, data):
    come = data.draw(facts_in(town.community))
    facts = [one for _, one in come]
    with town.session() as db:
        try:
            with db.begin_nested():
                for place in range(4):
                    came = [one for at_piece, one in come if at_piece == place]
                    rows = [row_of(db, town.community, FromLane(one, None)) for one in came]
                    db.add_all(rows)
                    fold(db, town.community, [touched(row) for row in rows])
                assert told(db, town.community) == meant(whole(facts))
                taken_out = [row for row in rows if row.kind in OF_JOURNAL and data.draw(st.booleans())]
                for row in taken_out:
                    db.delete(row)
                fold(db, town.community, [touched(row) for row in taken_out])
                gone = {row.fact_id for row in taken_out}
                assert told(db, town.community) == meant(whole([one for one in facts if one.fact not in gone]))
                raise Undone
        except Undone:
            pass


class Undone(Exception):
    """So that the next example begins anew."""


def test_every_fact_has_its_place_in_an_instant():
    assert len(ORDER) == len(KINDS)
