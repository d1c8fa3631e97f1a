"""Log-in, lock-out, sessions, one-time passwords."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from central.base.identity import sessions
from central.base.identity.accounts import account_of, add_account, change_password, disable_account, reset_password
from central.base.identity.log_in import (
    LOCK_FOR,
    ROOM,
    ROOM_OF_A_SOURCE,
    TRIES_FROM_ANYWHERE_MAX,
    TRIES_MAX,
    TRIES_OF_A_SOURCE_MAX,
    Caller,
    LoggedIn,
    LogIn,
    Refusal,
)
from central.base.identity.passwords import AT_ONCE, WAITING_MAX, Passwords, check_new_password, generate_password
from central.base.identity.sessions import IDLE_MAX, LIFE_MAX, find_session, sweep_sessions
from central.base.identity.tables import AccountRow, SessionRow
from central.base.identity.tries import Lately, Room, Tries
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid, TooMany
from central.base.kernel.session import open_session, tenant_session
from central.base.kernel.sources import source_of
from models.values.ids import new_id

NOW = clock.now()
CALLER = Caller("203.0.113.7", new_id())
PASSWORD = "correct horse 电池"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(cheap=True)


@pytest.fixture
def account(database, two_tenants, passwords) -> AccountRow:
    with tenant_session(database.engine, two_tenants.a) as db:
        row, _ = add_account(db, system(two_tenants.a, "test"), passwords, "Wang.Gate", "王保安")
        row.password_hash = passwords.hash(PASSWORD)
        row.must_change_password = False
        return row


@pytest.fixture
def log_in(database, passwords) -> LogIn:
    return LogIn(database.engine, passwords)


def find(database, token, now=NOW, touch=True):
    with open_session(database.engine) as db:
        return find_session(db, token, now, touch=touch, source_address=None, correlation_id=new_id())


def test_the_right_password_opens_a_session(database, two_tenants, account, log_in):
    answer = log_in(" wang.GATE ", PASSWORD, NOW, CALLER)
    assert isinstance(answer, LoggedIn) and answer.account_id == account.id
    found = find(database, answer.token)
    assert found is not None and found.actor.name == "王保安" and found.actor.tenant_id == two_tenants.a


def test_the_password_is_kept_as_argon2id_and_the_token_as_its_hash(database, two_tenants, account, log_in):
    token = log_in("wang.gate", PASSWORD, NOW, CALLER).token
    with tenant_session(database.engine, two_tenants.a) as db:
        assert account_of(db, account.id).password_hash.startswith("$argon2id$")
        row = db.scalars(select(SessionRow)).one()
        assert row.token_sha256 == sessions.digest(token)
        assert token.encode() not in row.token_sha256
    hashed = Passwords().hash("x")
    assert "m=65536,t=3,p=4" in hashed, "the costs in use are the library's defaults"


def from_source(number: int) -> Caller:
    return Caller(f"198.51.100.{number}", new_id())


@pytest.mark.req("SEC-05")
def test_five_wrong_tries_lock_for_fifteen_minutes(account, log_in):
    for _ in range(TRIES_MAX):
        assert log_in("wang.gate", "wrong", NOW, CALLER) is Refusal.WRONG
    assert log_in("wang.gate", PASSWORD, NOW, CALLER) is Refusal.LOCKED
    nearly = NOW + LOCK_FOR - timedelta(seconds=1)
    assert log_in("wang.gate", PASSWORD, nearly, CALLER) is Refusal.LOCKED
    assert isinstance(log_in("wang.gate", PASSWORD, NOW + LOCK_FOR, CALLER), LoggedIn)
    assert timedelta(minutes=15) == LOCK_FOR and TRIES_MAX == 5


def test_a_right_try_forgives_the_wrong_ones_before_it(account, log_in):
    for _ in range(3):
        for _ in range(TRIES_MAX - 1):
            assert log_in("wang.gate", "wrong", NOW, CALLER) is Refusal.WRONG
        assert isinstance(log_in("wang.gate", PASSWORD, NOW, CALLER), LoggedIn)


def test_many_tries_at_once_cannot_outrun_the_count(account, log_in, monkeypatch):
    monkeypatch.setattr(log_in, "_room", Room(99, 99))
    monkeypatch.setattr("central.base.identity.passwords.WAITING_MAX", 99)
    monkeypatch.setattr(log_in, "_passwords", Passwords(cheap=True))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: log_in("wang.gate", "wrong", NOW, CALLER), range(12)))
    assert answers.count(Refusal.WRONG) == TRIES_MAX
    assert answers.count(Refusal.LOCKED) == 12 - TRIES_MAX


@pytest.mark.req("SEC-05")
def test_who_guesses_from_one_source_locks_out_nobody_elsewhere(account, log_in):
    for _ in range(TRIES_MAX + 3):
        log_in("wang.gate", "wrong", NOW, from_source(1))
    assert log_in("wang.gate", PASSWORD, NOW, from_source(1)) is Refusal.LOCKED
    assert isinstance(log_in("wang.gate", PASSWORD, NOW, from_source(2)), LoggedIn)


@pytest.mark.req("SEC-05")
@pytest.mark.parametrize("login", ["wang.gate", "nobody"])
def test_guesses_from_many_sources_lock_a_login_for_everyone(account, log_in, login):
    for number in range(TRIES_FROM_ANYWHERE_MAX):
        assert log_in(login, "wrong", NOW, from_source(number // 4)) is Refusal.WRONG
    assert log_in(login, PASSWORD, NOW, from_source(99)) is Refusal.LOCKED
    assert log_in(login, "wrong", NOW + LOCK_FOR, from_source(99)) is Refusal.WRONG


def test_a_source_that_tries_many_logins_is_not_listened_to_for_a_while(account, log_in):
    for number in range(TRIES_OF_A_SOURCE_MAX):
        assert log_in(f"guess{number}", "wrong", NOW, CALLER) is Refusal.WRONG
    assert log_in("wang.gate", PASSWORD, NOW, CALLER) is Refusal.SOURCE_LOCKED
    assert isinstance(log_in("wang.gate", PASSWORD, NOW, from_source(2)), LoggedIn)
    assert isinstance(log_in("wang.gate", PASSWORD, NOW + LOCK_FOR, CALLER), LoggedIn)


@pytest.mark.req("SEC-05")
def test_who_guesses_behind_an_offices_address_does_not_shut_the_office_out(account, log_in, monkeypatch, passwords):
    assert isinstance(log_in("Wang.Gate", PASSWORD, NOW, CALLER), LoggedIn)
    for number in range(TRIES_OF_A_SOURCE_MAX):
        log_in(f"guess{number}", "wrong", NOW, CALLER)
    monkeypatch.setattr(log_in, "_room", Room(0, 0))  # of no use to who is not listened to
    assert isinstance(log_in("wang.gate", PASSWORD, NOW, CALLER), LoggedIn)
    worked = []
    original = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *given: worked.append(given) or original(*given))
    for number in range(TRIES_MAX + 2):  # the last two when the login itself is locked
        for login in ("wang.gate", "nobody"):
            assert log_in(login, "wrong", NOW, CALLER) is Refusal.SOURCE_LOCKED, "nothing tells that one is known"
            assert len(worked) == 2 * number + 1 + (login == "nobody"), "in the time it takes neither"


@pytest.mark.req("SEC-05")
def test_a_login_has_its_place_for_a_day_and_only_where_it_came_from(account, log_in):
    log_in("wang.gate", PASSWORD, NOW, CALLER)
    elsewhere = from_source(2)
    at = NOW + timedelta(hours=23)
    for caller in (CALLER, elsewhere):
        for number in range(TRIES_OF_A_SOURCE_MAX):
            log_in(f"guess{number}", "wrong", at, caller)
    assert log_in("wang.gate", PASSWORD, at, elsewhere) is Refusal.SOURCE_LOCKED
    with log_in._kept_room.place(source_of(CALLER.source_address)):
        assert log_in("wang.gate", PASSWORD, at, CALLER) is Refusal.BUSY, "one at a time"
    at = NOW + timedelta(days=1)
    for number in range(TRIES_OF_A_SOURCE_MAX):
        log_in(f"more{number}", "wrong", at, CALLER)
    assert log_in("wang.gate", PASSWORD, at, CALLER) is Refusal.SOURCE_LOCKED


def test_who_came_in_is_remembered_within_bounds():
    lately = Lately(timedelta(days=1), keys_max=100)
    for number in range(150):
        lately.note(number, NOW)
    assert len(lately) == 100 and lately.within(149, NOW) and not lately.within(49, NOW)


def test_an_office_that_logs_in_rightly_all_day_is_never_refused(account, log_in):
    for _ in range(TRIES_OF_A_SOURCE_MAX + 5):
        assert isinstance(log_in("wang.gate", PASSWORD, NOW, CALLER), LoggedIn)


def test_a_new_password_opens_the_lock(database, two_tenants, account, log_in, passwords):
    for _ in range(TRIES_MAX):
        log_in("wang.gate", "wrong", NOW, CALLER)
    with tenant_session(database.engine, two_tenants.a) as db:
        one_time = reset_password(db, system(two_tenants.a, "test"), passwords, account.id)
    assert isinstance(log_in("wang.gate", one_time, NOW, CALLER), LoggedIn)


def test_who_finds_no_place_is_refused_at_once_and_not_counted(account, log_in, statements):
    with ExitStack() as inside:
        for _ in range(ROOM_OF_A_SOURCE):
            assert inside.enter_context(log_in._room.place(source_of(CALLER.source_address)))
        for _ in range(TRIES_OF_A_SOURCE_MAX + 1):
            assert log_in("wang.gate", "wrong", NOW, CALLER) is Refusal.BUSY
        assert not statements, "the database is not even asked"
        assert isinstance(log_in("wang.gate", PASSWORD, NOW, from_source(2)), LoggedIn)
    assert isinstance(log_in("wang.gate", PASSWORD, NOW, CALLER), LoggedIn)


def test_a_room_is_bounded_for_all_and_keeps_no_names():
    room = Room(ROOM, ROOM_OF_A_SOURCE)
    with ExitStack() as inside:
        for number in range(ROOM):
            assert inside.enter_context(room.place(f"source{number}"))
        assert not inside.enter_context(room.place("another"))
    with room.place("another") as placed:
        assert placed
    assert not room._inside


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a name", "a name"),
        (None, ""),
    ],
)
def test_a_source_is_an_address_or_a_households_network(address, source):
    assert source_of(address) == source


def test_a_login_that_does_not_exist_answers_and_locks_alike(log_in, monkeypatch, passwords):
    worked = []
    original = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *given: worked.append(given) or original(*given))
    for _ in range(TRIES_MAX):
        assert log_in("nobody", "wrong", NOW, CALLER) is Refusal.WRONG
    assert len(worked) == TRIES_MAX, "an unknown login costs the same work"
    assert log_in("nobody", "wrong", NOW, CALLER) is Refusal.LOCKED
    assert log_in("nobody", "wrong", NOW + LOCK_FOR, CALLER) is Refusal.WRONG


def test_tries_are_remembered_within_bounds():
    tries = Tries(TRIES_MAX, LOCK_FOR, keys_max=100)
    for number in range(150):
        tries.count(f"n{number}", NOW)
    assert len(tries) == 100


def test_few_tries_fade_or_stand():
    fading, standing = Tries(2, LOCK_FOR), Tries(2, LOCK_FOR, fade=False)
    for tries in (fading, standing):
        assert tries.count("x", NOW) == 1
    later = NOW + LOCK_FOR
    assert (fading.count("x", later), standing.count("x", later)) == (1, 2)
    assert (fading.count("x", later), standing.count("x", later)) == (2, None)
    fading.take_back("x")
    assert fading.count("x", later) == 2


@pytest.mark.req("SEC-02")
def test_log_in_and_lock_are_in_the_audit(database, two_tenants, account, log_in):
    log_in("wang.gate", PASSWORD, NOW, CALLER)
    for _ in range(TRIES_MAX):
        log_in("wang.gate", "wrong", NOW, CALLER)
    with tenant_session(database.engine, two_tenants.a) as db:
        rows = db.scalars(select(AuditRow).where(AuditRow.actor_id == account.id).order_by(AuditRow.id)).all()
    assert [row.what for row in rows] == ["session.open", "account.lock"]
    assert {row.source_address for row in rows} == {"203.0.113.7"}
    assert all("wrong" not in str(row.after) and PASSWORD not in str(row.after) for row in rows)


def test_a_session_ends_after_thirty_idle_minutes(database, account, log_in):
    assert timedelta(minutes=30) == IDLE_MAX
    token = log_in("wang.gate", PASSWORD, NOW, CALLER).token
    seen = NOW + timedelta(minutes=29)
    assert find(database, token, seen) is not None
    assert find(database, token, seen + timedelta(minutes=29)) is not None, "use keeps it alive"
    assert find(database, token, seen + timedelta(minutes=59)) is None


def test_a_stream_that_reconnects_by_itself_keeps_no_session_alive(database, account, log_in):
    token = log_in("wang.gate", PASSWORD, NOW, CALLER).token
    assert find(database, token, NOW + timedelta(minutes=29), touch=False) is not None
    assert find(database, token, NOW + IDLE_MAX, touch=False) is None


def test_a_session_ends_a_day_after_log_in_however_busy(database, account, log_in):
    token = log_in("wang.gate", PASSWORD, NOW, CALLER).token
    at = NOW
    while at < NOW + LIFE_MAX - timedelta(minutes=20):
        at += timedelta(minutes=20)
        found = find(database, token, at)
    assert found is not None
    assert find(database, token, NOW + LIFE_MAX) is None


def test_the_sweep_removes_what_has_ended_and_nothing_else(database, two_tenants, account, log_in):
    old = log_in("wang.gate", PASSWORD, NOW - IDLE_MAX - timedelta(minutes=5), CALLER)
    young = log_in("wang.gate", PASSWORD, NOW, CALLER)
    with tenant_session(database.engine, two_tenants.a) as db:
        assert sweep_sessions(db, NOW) == 1
    assert find(database, old.token) is None
    assert find(database, young.token) is not None


@pytest.mark.parametrize("deed", ["disable", "reset", "change"])
def test_sessions_end_when_the_account_changes(database, two_tenants, account, log_in, passwords, deed):
    token = log_in("wang.gate", PASSWORD, NOW, CALLER).token
    with tenant_session(database.engine, two_tenants.a) as db:
        actor = find(database, token).actor
        match deed:
            case "disable":
                disable_account(db, system(two_tenants.a, "test"), account.id, "left")
            case "reset":
                reset_password(db, system(two_tenants.a, "test"), passwords, account.id)
            case "change":
                change_password(db, actor, passwords, PASSWORD, "another horse 42", keep_session=None)
    assert find(database, token) is None
    assert log_in("wang.gate", PASSWORD, NOW, CALLER) is Refusal.WRONG


@pytest.mark.req("SEC-06")
def test_a_new_account_has_a_generated_password_that_must_be_changed(database, two_tenants, log_in, passwords):
    with tenant_session(database.engine, two_tenants.a) as db:
        _, one_time = add_account(db, system(two_tenants.a, "test"), passwords, "li", "李")
    answer = log_in("li", one_time, NOW, CALLER)
    assert isinstance(answer, LoggedIn) and answer.must_change_password
    assert len({generate_password() for _ in range(200)}) == 200


@pytest.mark.req("SEC-06")
def test_the_first_administrators_password_is_made_and_not_kept(database, two_tenants):
    with tenant_session(database.engine, two_tenants.a) as db:
        admin = db.scalars(select(AccountRow).where(AccountRow.login == "admin.a")).one()
        assert admin.must_change_password
        passwords = Passwords(cheap=True)
        for guess in ("admin", "admin.a", "password", "123456", "Menting", ""):
            assert not passwords.matches(admin.password_hash, guess)


@pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaa", "my-wang.gate-1"])
def test_weak_passwords_are_refused(password):
    with pytest.raises(Invalid):
        check_new_password(password, "wang.gate")


def test_one_may_not_keep_the_old_password_or_change_it_unknown(database, two_tenants, account, log_in, passwords):
    actor = find(database, log_in("wang.gate", PASSWORD, NOW, CALLER).token).actor
    for old, new in (("wrong", "another horse 42"), (PASSWORD, PASSWORD), (PASSWORD, "short")):
        with pytest.raises(Invalid), tenant_session(database.engine, two_tenants.a) as db:
            change_password(db, actor, passwords, old, new, keep_session=None)


def test_only_so_many_hashes_at_once_and_the_rest_is_told_to_wait(monkeypatch):
    monkeypatch.setattr("central.base.identity.passwords.WAIT_S", 0.01)
    passwords = Passwords(cheap=True)
    with passwords._slot(), passwords._slot(), pytest.raises(TooMany) as refused:
        passwords.hash("x")
    assert refused.value.headers == {"retry-after": "10"}
    assert passwords.hash("x")


def test_the_queue_for_hashing_is_bounded_and_log_ins_never_fill_it():
    passwords = Passwords(cheap=True)
    assert ROOM < AT_ONCE + WAITING_MAX
    with ExitStack() as taken:
        for _ in range(AT_ONCE + WAITING_MAX):
            assert taken.enter_context(held(passwords._places))
        with pytest.raises(TooMany):
            passwords.hash("x")
    assert passwords.hash("x")


@contextmanager
def held(semaphore):
    assert semaphore.acquire(blocking=False)
    yield True
    semaphore.release()


@pytest.mark.req("ADMIN-02")
def test_a_login_taken_by_another_tenant_is_refused_without_telling_whose(database, two_tenants, passwords):
    with pytest.raises(Conflict), tenant_session(database.engine, two_tenants.b) as db:
        add_account(db, system(two_tenants.b, "test"), passwords, "admin.a", "x")


@pytest.mark.req("ADMIN-02")
def test_a_session_of_one_tenant_never_binds_another(database, two_tenants, someone):
    mine, theirs = someone("guard"), someone("guard", tenant=two_tenants.b)
    assert find(database, mine.token).actor.tenant_id == two_tenants.a
    assert find(database, theirs.token).actor.tenant_id == two_tenants.b
    with tenant_session(database.engine, two_tenants.a) as db:
        assert db.scalar(text("SELECT count(*) FROM session")) == 1
