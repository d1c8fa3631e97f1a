"""Tickets: what a phone holds opens one stay for a while, in one company, and cannot be made by anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel.errors import Gone, NoSuchLink
from central.base.kernel.session import open_session
from central.gates.parking.driver.tickets import CHARS_MAX, LOOK, PAID, of_order, read_ticket, to_look, written
from models.values.ids import new_id

SECOND = timedelta(seconds=1)


def read(town, text, now):
    with open_session(town.engine) as db:
        found = read_ticket(db, text, now)
        return found, db.info["tenant_id"]


@pytest.mark.req("SEC-05")
@pytest.mark.parametrize("sign", [None, new_id()])
@pytest.mark.parametrize("typed", [True, False])
def test_a_ticket_says_again_what_was_written_and_binds_its_company(town, parts, sign, typed):
    made = to_look(sign, new_id(), town.now, typed=typed)
    paid = of_order(made, new_id(), made.phone)
    with town.session() as db:
        texts = [written(db, one) for one in (made, paid)]
    for ticket, text, lasts in zip((made, paid), texts, (LOOK, LOOK + PAID), strict=True):
        found, tenant = read(town, text, town.now)
        assert len(text) <= CHARS_MAX and tenant == town.tenant_id
        assert (found.sign_id, found.stay_id, found.order_id, found.typed, found.phone) == (
            ticket.sign_id, ticket.stay_id, ticket.order_id, typed, made.phone
        )  # fmt: skip
        read(town, text, town.now + lasts - 2 * SECOND)
        with pytest.raises(Gone):
            read(town, text, town.now + lasts + SECOND)


@pytest.mark.req("SEC-05")
def test_an_order_of_an_order_has_the_time_to_look_of_the_first_ticket(town, parts):
    found = to_look(new_id(), new_id(), town.now, typed=True)
    first = of_order(found, new_id(), found.phone)
    second = of_order(first, new_id(), found.phone)
    assert {one.look_until for one in (found, first, second)} == {town.now + LOOK}
    assert first.until == second.until == town.now + LOOK + PAID


@pytest.mark.req("SEC-05")
def test_a_ticket_that_was_changed_or_guessed_or_is_another_companys_opens_nothing(town, other_town, parts):
    with town.session() as db:
        text = written(db, to_look(None, new_id(), town.now, typed=True))
    with other_town.session() as db:
        other = written(db, to_look(None, new_id(), town.now, typed=True))
    grafted = other[:20] + text[20:]
    wrongs = [text[:-6] + "AAAAAA", text[:40], "", "x", "A" * 115, "é" * 20, grafted, text + "AAAA"]
    for wrong in wrongs:
        with pytest.raises(NoSuchLink):
            read(town, wrong, town.now)
