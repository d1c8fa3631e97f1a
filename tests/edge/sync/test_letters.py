"""One event that central will not take holds up nothing, is kept whole, and is tried again (SYNC-10)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.journal.journal import Journal
from edge.sync.client import CentralClient, Refused
from edge.sync.letters import Letters
from edge.sync.uplink import EVENT_TRIES, LETTERS_IN_A_ROW, Uplink
from models.wire.envelope import Batch
from tests.edge.sync.conftest import problem

pytestmark = pytest.mark.req("SYNC-10")
Write = Callable[[int], None]


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return Letters(tmp_path / "letters")


class Picky:
    """Central's answer to any batch that holds one of these events: no."""

    def __init__(self, central: Any, *bad: int):
        self.bad, self.status, self.central = set(bad), 422, central
        central.answers = self

    def __bool__(self) -> bool:
        return True

    def pop(self, _: int) -> Callable[[httpx.Request], httpx.Response | None]:
        return self.answer

    def answer(self, request: httpx.Request) -> httpx.Response | None:
        seqs = {event.seq for event in Batch.model_validate_json(request.content).events}
        return problem(self.status, "invalid") if seqs & self.bad else None


def run(uplink: Uplink, steps: int = 200) -> int:
    """Step as `run` would; how many answers were a refusal."""
    refused = 0
    for _ in range(steps):
        try:
            if not uplink.step():
                return refused
        except Refused:
            refused += 1
    raise AssertionError("the queue never came to its end")


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
@pytest.mark.parametrize("bad", [(4,), (1,), (9,), (4, 5), (1, 9)])
def test_the_queue_goes_on_behind_a_bad_event_and_central_knows_what_is_missing(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, bad: tuple[int, ...],
    status: int,
) -> None:  # fmt: skip
    write(9)
    Picky(central, *bad).status = status
    run(Uplink(journal, None, client, letters=letters))
    write(1)
    run(Uplink(journal, None, client, letters=letters))
    assert sorted(central.events) == [seq for seq in range(1, 11) if seq not in bad]
    assert central.given_up == set(bad) and journal.acked_seq == 10
    kept = letters.all()
    assert [letter.event.seq for letter in kept] == list(bad) == sorted(letters.seqs())
    assert all(letter.event.is_intact() and f"HTTP {status}" in letter.reason for letter in kept)


def test_a_letter_outlives_the_journal_and_is_taken_at_the_next_start_once_its_cause_is_mended(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters
) -> None:
    write(5)
    picky = Picky(central, 2)
    run(Uplink(journal, None, client, letters=letters))
    journal.drop_acked(keep=0)
    refused_again = Uplink(journal, None, client, letters=letters)
    run(refused_again)
    assert letters.seqs() == {2} and len(central.asked) == len(set(central.nonces))
    picky.bad = set()
    run(Uplink(journal, None, client, letters=letters))
    assert letters.seqs() == frozenset() and sorted(central.events) == [1, 2, 3, 4, 5]


def test_central_restored_from_a_backup_gets_everything_but_the_letters(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters
) -> None:
    write(8)
    Picky(central, 3, 6)
    run(Uplink(journal, None, client, letters=letters))
    central.events.clear()
    central.given_up.clear()
    write(1)
    run(Uplink(journal, None, client, letters=letters))
    assert sorted(central.events) == [1, 2, 4, 5, 7, 8, 9] and central.given_up == {3, 6}


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_what_is_said_of_the_node_or_of_central_itself_makes_no_letter(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, status: int
) -> None:
    write(1)
    Picky(central, 1).status = status
    uplink = Uplink(journal, None, client, letters=letters)
    for _ in range(EVENT_TRIES * 3):
        with pytest.raises(Exception, match="central"):
            uplink.step()
    assert letters.seqs() == frozenset() and journal.acked_seq == 0


def test_a_central_that_refuses_everything_is_not_taken_for_many_bad_events(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters
) -> None:
    write(LETTERS_IN_A_ROW + 5)
    picky = Picky(central, *range(1, 100))
    uplink = Uplink(journal, None, client, letters=letters)
    for _ in range(EVENT_TRIES * (LETTERS_IN_A_ROW + 9)):
        try:
            uplink.step()
        except Refused:
            continue
    assert len(letters.seqs()) == LETTERS_IN_A_ROW == journal.acked_seq
    picky.bad = set()
    run(uplink)
    assert sorted(central.events) == list(range(LETTERS_IN_A_ROW + 1, LETTERS_IN_A_ROW + 6))


DAMAGE = ["at_us=9000000000000000000", "correlation=x'00'", "event_id=x''", "lane_id=x'03'", "body=CAST(x'FF' AS TEXT)"]


def spoil(tmp_path: Path, change: str, *seqs: int) -> None:
    """As a bad sector would: past the triggers that keep a program from it."""
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("DROP TRIGGER events_are_never_changed")
        for seq in seqs:
            db.execute(f"UPDATE events SET {change} WHERE seq=?", (seq,))
    db.close()


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("bad", [(4,), (1,), (9,), (4, 5), (1, 9), tuple(range(1, 10))])
def test_a_damaged_row_is_kept_aside_as_it_is_and_everything_sound_goes_on(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, tmp_path: Path,
    bad: tuple[int, ...], damage: str,
) -> None:  # fmt: skip
    write(9)
    row = journal.read(bad[0] - 1, 1)[0]
    spoil(tmp_path, damage, *bad)
    uplink = Uplink(journal, None, client, letters=letters)
    run(uplink)
    assert journal.acked_seq == uplink.status().queue + 9 == 9, "nothing waits behind it"
    write(1)
    assert run(uplink) == 0
    sound = [seq for seq in range(1, 11) if seq not in bad]
    assert sorted(central.events) == sound and central.given_up == set(bad) and journal.acked_seq == 10
    assert letters.seqs() == set(bad) and letters.all() == ()
    kept = json.loads((tmp_path / "letters" / f"{bad[0]}.damaged").read_bytes())
    assert kept["seq"] == bad[0] and kept["hash"] == row.hash.hex()
    if not damage.startswith("body"):
        assert bytes.fromhex(kept["body"]).decode() == row.body


def test_central_restored_from_a_backup_is_told_once_more_that_the_damaged_row_is_missing(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, tmp_path: Path
) -> None:
    write(4)
    run(Uplink(journal, None, client, letters=letters))
    spoil(tmp_path, DAMAGE[0], 2, 3)
    central.events.clear()
    write(1)
    run(Uplink(journal, None, client, letters=letters))
    assert sorted(central.events) == [1, 4, 5] and central.given_up == {2, 3} and letters.seqs() == {2, 3}
    write(1)
    assert run(Uplink(journal, None, client, letters=letters)) == 0


def test_a_row_that_is_missing_is_a_gap_and_holds_up_nothing(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, tmp_path: Path
) -> None:
    write(5)
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("DROP TRIGGER events_above_the_base_stay")
        db.execute("DELETE FROM events WHERE seq=3")
    db.close()
    assert run(Uplink(journal, None, client, letters=letters)) == 0
    assert sorted(central.events) == [1, 2, 4, 5] and central.given_up == {3} and central.sizes == [2, 2, 2]


def test_a_tail_that_is_missing_is_not_looked_for_again_and_again(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, tmp_path: Path
) -> None:
    write(3)
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("DROP TRIGGER events_above_the_base_stay")
        db.execute("DELETE FROM events WHERE seq=3")
    db.close()
    uplink = Uplink(journal, None, client, letters=letters)
    run(uplink)
    assert not journal.wait_for_news(uplink._sent_to, 0)
    write(1)
    run(uplink)
    assert sorted(central.events) == [1, 2, 4] and central.given_up == {3}


def test_what_cannot_be_kept_aside_is_not_passed_over(
    journal: Journal, client: CentralClient, write: Write, letters: Letters, tmp_path: Path
) -> None:
    write(2)
    spoil(tmp_path, DAMAGE[0], 1)
    (tmp_path / "letters").touch()  # nothing can be written there
    with pytest.raises(OSError):
        Uplink(journal, None, client, letters=letters).step()
    assert journal.acked_seq == 0


DAMAGED_LETTERS = [b"", b'{"v": 1}', b"\xff\x00rubbish\nin lines"]


@pytest.mark.parametrize("content", DAMAGED_LETTERS)
def test_a_damaged_letter_hides_no_other_and_is_said_once_in_one_line(
    journal: Journal, letters: Letters, write: Write, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    write(2)
    for event in journal.read(0, 2):
        letters.keep(event, "HTTP 422")
    (tmp_path / "letters" / "1.json").write_bytes(content)
    for _ in range(3):
        assert [letter.event.seq for letter in letters.all()] == [2] and letters.seqs() == {1, 2}
        assert letters.held().unread == (1,)
    assert len(caplog.messages) == 1 and len(caplog.messages[0].splitlines()) == 1
    letters.keep(journal.read(0, 1)[0], "HTTP 422")
    assert letters.held().unread == ()


@pytest.mark.parametrize("content", DAMAGED_LETTERS)
def test_the_event_of_a_damaged_letter_is_sent_from_the_journal(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, tmp_path: Path,
    content: bytes,
) -> None:  # fmt: skip
    write(5)
    picky = Picky(central, 2, 3)
    run(Uplink(journal, None, client, letters=letters))
    (tmp_path / "letters" / "2.json").write_bytes(content)
    run(Uplink(journal, None, client, letters=letters))
    assert [letter.event.seq for letter in letters.all()] == [2, 3], "refused again, it is whole again"
    (tmp_path / "letters" / "2.json").write_bytes(content)
    picky.bad = set()
    run(Uplink(journal, None, client, letters=letters))
    assert letters.seqs() == frozenset() and sorted(central.events) == [1, 2, 3, 4, 5]


def test_a_damaged_letter_that_the_journal_no_longer_has_stays_for_a_person(
    journal: Journal, client: CentralClient, central: Any, write: Write, letters: Letters, tmp_path: Path
) -> None:
    write(5)
    Picky(central, 2)
    run(Uplink(journal, None, client, letters=letters))
    journal.drop_acked(keep=1)
    (tmp_path / "letters" / "2.json").write_bytes(b"")
    run(Uplink(journal, None, client, letters=letters))
    assert letters.held().unread == (2,) and 2 not in central.events
