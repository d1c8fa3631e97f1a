"""Pages by key: every row once, whatever is added meanwhile; sizes are capped; cursors cannot be forged into faults."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Invalid
from central.base.kernel.paging import PAGE_SIZE_MAX, PageAsk, _pack, _unpack, page
from central.base.kernel.session import tenant_session
from models.values.ids import new_id

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
KEYS = (AuditRow.at, AuditRow.id)


def add(db, count, at=NOON):
    for number in range(count):
        when = at + timedelta(seconds=number // 3)  # three rows share each second: the id decides
        db.add(
            AuditRow(
                at=when, actor_kind="system", actor_name="t", roles=[], what="t", subject="t", correlation_id=new_id()
            )
        )
    db.flush()


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_every_row_comes_once_while_others_are_added(database, two_tenants, newest_first, limit):
    with tenant_session(database.engine, two_tenants.b) as db:
        add(db, 3)
    seen, cursor = [], None
    with tenant_session(database.engine, two_tenants.a) as db:
        query = select(AuditRow).where(AuditRow.what == "t")
        add(db, 20)
        expected = [row.id for row in db.scalars(query.order_by(*KEYS))]
        while True:
            rows, cursor = page(db, query, KEYS, PageAsk(after=cursor, limit=limit), newest_first=newest_first)
            seen += [row.id for row in rows]
            if cursor is None:
                break
            add(db, 1, NOON + timedelta(hours=1) if newest_first else NOON - timedelta(hours=1))
    assert seen == (expected[::-1] if newest_first else expected)


@pytest.mark.req("INT-01")
def test_size_is_capped_whatever_is_asked(database, two_tenants):
    with tenant_session(database.engine, two_tenants.a) as db:
        add(db, PAGE_SIZE_MAX + 5)
        rows, cursor = page(db, select(AuditRow), KEYS, PageAsk(limit=10_000))
    assert len(rows) == PAGE_SIZE_MAX and cursor


@pytest.mark.req("INT-01")
def test_the_api_caps_and_refuses(login_as):
    client = login_as("administrator")
    assert client.get("/api/v1/accounts?limit=201").status_code == 422
    assert client.get("/api/v1/accounts?limit=0").status_code == 422
    refused = client.get("/api/v1/accounts?after=garbage")
    assert refused.status_code == 422 and "after" in refused.json()["fields"]


@given(st.text(max_size=80))
def test_no_cursor_is_a_fault(cursor):
    try:
        _unpack(cursor, [datetime, UUID])
    except Invalid:
        return
    raise AssertionError("a random text is no cursor")


@given(
    st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_characters="\x00"), max_size=20),
)  # fmt: skip
def test_a_cursor_reads_back(at, identifier, number, text):
    values = [at, identifier, number, text]
    assert _unpack(_pack(values), [datetime, UUID, int, str]) == values


@pytest.mark.parametrize(
    "forged",
    [
        [["u", 5], ["u", 5]],
        [["t", 5], ["t", {}]],
        [["t", "2026-11-23T00:00:00Z"], ["u", str(UUID(int=1))]],
        [["v", 5], ["u", str(UUID(int=1))]],
        [["v", "a"], ["v", "b"]],
        [["v", "a\x00"], ["u", str(UUID(int=1))]],
        [["t", "2026-11-23T00:00:00"], ["u", str(UUID(int=1))]],
        [["u", str(UUID(int=1))], ["t", "2026-11-23T00:00:00Z"]],
        [["t", "2026-11-23T00:00:00Z"], ["v", True]],
        [["t", 5], ["u", 5]],
        [["t", "0001-01-01T00:00:00+14:00"], ["v", [1]]],
        {"t": 1, "u": 2},
        [1, 2],
        None,
    ],
)
def test_a_cursor_of_other_values_is_refused_in_words(login_as, forged):
    cursor = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    answer = login_as("administrator").get("/api/v1/accounts", params={"after": cursor})
    assert answer.status_code == 422 and "after" in answer.json()["fields"]


@pytest.mark.parametrize(("value", "kind"), [(1 << 63, int), (True, int), ("\x00", str), (1, str)])
def test_a_cursor_holds_only_what_its_column_could(value, kind):
    with pytest.raises(Invalid):
        _unpack(_pack([value]), [kind])
