"""Passes: issued, shown again, changed, revoked, and what the gates then know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, text

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Gone, Invalid
from central.gates.access import queries, service, snapshot
from central.gates.access.tables import GatePassRow, PassKeyRow
from central.people.community.service import add_gate
from models.access.credential import RESIDENT, VISITOR, Pass, Window, site_tag
from models.access.passes import TOKEN_MAX, read_pass

API = "/api/v1"


def read(db, town, token: str) -> Pass:
    """The pass as a gate reads it: with the public keys of the snapshot alone."""
    keys = {key.key_id: bytes.fromhex(key.public_key) for key in snapshot.parts(db, town.community, town.now).pass_keys}
    claims = read_pass(token, keys)
    assert isinstance(claims, Pass), claims
    return claims


def invite(db, town, **more):
    asked = {"gates": None, "window": town.window(), "uses": 2, "party": 3} | more
    return service.issue_visitor_pass(
        db, town.actor, town.house, "王示例", "190-0000-0002", asked["gates"], asked["window"], asked["uses"],
        asked["party"], now=town.now,
    )  # fmt: skip


@pytest.mark.req("VIS-05")
def test_a_visitors_pass_says_everything_a_gate_needs(town):
    with town.session() as db:
        add_gate(db, town.actor, town.community, "西门", 63)
        issued = invite(db, town)
        claims = read(db, town, issued.token)
    assert len(issued.token) <= TOKEN_MAX
    assert (claims.pass_id, claims.site_tag) == (issued.pass_id, site_tag(town.community))
    assert (claims.group, claims.uses, claims.party, claims.gates) == (VISITOR, 2, 3, 1 << 1 | 1 << 63)
    assert claims.not_before <= town.window().start and town.window().end <= claims.not_after


@pytest.mark.req("VIS-05")
def test_a_residents_pass_is_known_to_the_gates_as_its_cardholders(town):
    with town.session() as db:
        issued = service.issue_resident_pass(db, town.actor, town.cardholder, window=town.window(), now=town.now)
        told = snapshot.parts(db, town.community, town.now)
        assert read(db, town, issued.token).group == RESIDENT
    assert {e.credential_id: e.cardholder_id for e in told.credentials}[issued.pass_id] == town.cardholder
    assert town.cardholder in {holder.cardholder_id for holder in told.cardholders}


def test_the_gates_are_told_no_name_and_no_phone(town):
    with town.session() as db:
        told = repr(snapshot.parts(db, town.community, town.now))
    assert not any(word in told for word in ("示例", "19000000", "1102"))


@pytest.mark.req("VIS-05")
def test_a_pass_shown_again_has_the_same_code(town):
    with town.session() as db:
        issued = invite(db, town)
    with town.session() as db:
        assert service.show_pass(db, town.actor, issued.pass_id, now=town.now).token == issued.token
        assert service.show_pass(db, town.actor, issued.pass_id, now=town.now).token == issued.token


@pytest.mark.req("SEC-03")
def test_no_code_lies_in_the_database_and_no_private_key_in_the_clear(town):
    with town.session() as db:
        issued = invite(db, town)
        key = db.scalars(select(PassKeyRow).where(PassKeyRow.accepted_until.is_(None))).one()
        public = key.public_key
        for start in range(len(key.sealed_private_key) - 31):
            assert bytes(SigningKey(key.sealed_private_key[start : start + 32]).verify_key) != public
        tables = db.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for table in set(tables) - {"alembic_version"}:
            held = db.scalar(text(f"SELECT string_agg(t::text, '') FROM {table} t")) or ""
            assert issued.token[:40] not in held, table


@pytest.mark.req("VIS-08")
def test_a_revocation_is_in_the_parts_in_its_own_transaction(town):
    with town.session() as db:
        before = snapshot.version(db, town.community)
        service.revoke_pass(db, town.actor, town.visitor_pass, "访客改期", now=town.now)
        told = snapshot.parts(db, town.community, town.now)
        assert town.visitor_pass in told.revoked
        assert told.version == snapshot.version(db, town.community) > before
        db.rollback()
    with town.session() as db:
        told = snapshot.parts(db, town.community, town.now)
    assert (told.version, told.revoked) == (before, frozenset())


@pytest.mark.req("VIS-08")
def test_a_revocation_is_told_until_no_gate_would_take_the_pass(town):
    with town.session() as db:
        service.revoke_pass(db, town.actor, town.resident_pass, "换手机", now=town.now)
        end = db.get_one(GatePassRow, town.resident_pass).not_after
        for late, told in ((timedelta(0), True), (timedelta(hours=23), True), (timedelta(days=2), False)):
            assert (town.resident_pass in snapshot.parts(db, town.community, end + late).revoked) is told


@pytest.mark.req("VIS-08")
@pytest.mark.parametrize("which", ["visitor_pass", "resident_pass"])
def test_a_change_revokes_the_old_code_and_gives_a_new_one(town, which):
    old = getattr(town, which)
    with town.session() as db:
        new = service.change_pass(db, town.actor, old, reason="改期", now=town.now, window=town.window(hours=9))
        told = snapshot.parts(db, town.community, town.now)
        was, now_is = (queries.pass_view(db, pass_id, town.now) for pass_id in (old, new.pass_id))
        assert read(db, town, new.token).not_after >= town.now + timedelta(hours=9)
    assert old in told.revoked and new.pass_id not in told.revoked
    assert (was.state, now_is.state, now_is.replaces) == ("revoked", "open", old)
    assert (was.kind, was.house, was.gates, was.uses, was.party) == (
        now_is.kind, now_is.house, now_is.gates, now_is.uses, now_is.party,
    )  # fmt: skip


def test_a_pass_is_revoked_once(town):
    with town.session() as db:
        service.revoke_pass(db, town.actor, town.visitor_pass, "改期", now=town.now)
        with pytest.raises(Conflict):
            service.revoke_pass(db, town.actor, town.visitor_pass, "改期", now=town.now)


def test_a_dead_pass_is_not_shown_again(town):
    with town.session() as db:
        with pytest.raises(Gone):
            service.show_pass(db, town.actor, town.visitor_pass, now=town.now + timedelta(days=1))
        service.revoke_pass(db, town.actor, town.visitor_pass, "改期", now=town.now)
        with pytest.raises(Gone):
            service.show_pass(db, town.actor, town.visitor_pass, now=town.now)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"gates": [9]}, "gates"),
        ({"gates": []}, "gates"),
        ({"uses": 256}, "uses"),
        ({"party": 0}, "party"),
        ({"days": 32}, "window"),
    ],
)
def test_what_a_pass_cannot_say_is_refused_by_field(town, more, field):
    days = more.pop("days", 0)
    window = Window(start=town.now, end=town.now + timedelta(days=days)) if days else town.window()
    with town.session() as db, pytest.raises(Invalid) as refused:
        invite(db, town, window=window, **more)
    assert set(refused.value.fields) == {field}


@pytest.mark.req("ACC-06")
def test_a_blocked_cardholder_gets_no_pass_and_the_gates_learn_of_it(town):
    with town.session() as db:
        service.block_cardholder(db, town.actor, town.cardholder, "丢失手机", now=town.now)
        (holder,) = snapshot.parts(db, town.community, town.now).cardholders
        with pytest.raises(Conflict):
            service.issue_resident_pass(db, town.actor, town.cardholder, window=town.window(), now=town.now)
        assert holder.blocked
        service.unblock_cardholder(db, town.actor, town.cardholder, "找回")
        (holder,) = snapshot.parts(db, town.community, town.now).cardholders
        assert not holder.blocked


def test_the_code_travels_in_bodies_only_and_is_never_kept_by_a_browser(town, login_as, caplog):
    guard = login_as("guard", community=town.community)
    body = {
        "house_id": str(town.house), "visitor_name": "王示例",
        "window": {"starts_at": town.window().start.isoformat(), "ends_at": town.window().end.isoformat()},
    }  # fmt: skip
    with caplog.at_level("DEBUG"):
        issued = guard.post(f"{API}/passes", json=body)
        token, pass_id = issued.json()["token"], issued.json()["pass_id"]
        pictures = [guard.get(f"{API}/passes/{pass_id}/picture.{form}") for form in ("png", "svg")]
    assert token[:20] not in caplog.text
    assert [picture.headers["content-type"] for picture in pictures] == ["image/png", "image/svg+xml"]
    assert {answer.headers["cache-control"] for answer in (issued, *pictures)} == {"no-store"}
    assert guard.get(f"{API}/passes/{pass_id}/picture.gif").status_code == 422


@pytest.mark.req("SEC-04")
def test_a_resident_s_code_is_not_for_the_guard_s_eyes(town, login_as):
    """It opens for a year under that name, long after the guard has gone."""
    guard, manager = (login_as(role, community=town.community) for role in ("guard", "manager"))
    window = {"starts_at": town.window().start.isoformat(), "ends_at": town.window().end.isoformat()}
    own = {"cardholder_id": str(town.cardholder), "window": window}
    assert guard.post(f"{API}/passes/resident", json=own).status_code == 403
    made = manager.post(f"{API}/passes/resident", json=own).json()["pass_id"]
    assert manager.get(f"{API}/passes/{made}/picture.svg").status_code == 200
    assert guard.get(f"{API}/passes/{made}/picture.svg").status_code == 403
    assert guard.post(f"{API}/passes/{made}/change", json={"reason": "换"}).status_code == 403
    shown = guard.get(f"/visitors/{made}")
    assert (
        shown.status_code == 200
        and 'pass__code" role' not in shown.text
        and f"/visitors/{made}/change" not in shown.text
    )
    assert 'pass__code" role' in manager.get(f"/visitors/{made}").text


@pytest.mark.req("SEC-02")
def test_each_deed_is_in_the_audit_without_a_name_or_a_code(town):
    with town.session() as db:
        issued = invite(db, town)
        service.show_pass(db, town.actor, issued.pass_id, now=town.now)
        service.change_pass(db, town.actor, issued.pass_id, reason="改期", now=town.now, uses=1)
        rows = db.scalars(
            select(AuditRow).where(AuditRow.subject_id == str(issued.pass_id)).order_by(AuditRow.id)
        ).all()
    assert [row.what for row in rows] == ["pass.issue", "pass.show", "pass.revoke"]
    assert rows[-1].reason == "改期"
    told = str([(row.before, row.after) for row in rows])
    assert "王示例" not in told and "19000000002" not in told and issued.token[:20] not in told


def test_an_issued_pass_does_not_print_its_code(town):
    with town.session() as db:
        issued = invite(db, town)
    assert issued.token not in repr(issued)
