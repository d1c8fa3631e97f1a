"""When to look, what to take over, and what failing looks like from outside."""

from __future__ import annotations

import logging
import os
from datetime import timedelta

import pytest

from central.base.tls.keeper import CHECK_EVERY, FIRST_RETRY, ByHand, Keeper, due_at, until_next
from central.base.tls.pair import BadPair, Pair, pair_from_pem
from tests.central.base.tls.making import DAY, NOW, TestAuthority, write_pair

OURS = TestAuthority()
MINUTE = timedelta(minutes=1)


def pair_of(life: timedelta) -> Pair:
    return pair_from_pem(*OURS.issue("a.example", begins=NOW, ends=NOW + life), "here", NOW)


def test_due_with_a_third_of_its_life_left():
    pair = pair_of(90 * DAY)
    assert abs(due_at(pair) - (pair.ends_at - 30 * DAY)) < timedelta(seconds=1)


def test_looked_at_daily_and_in_time_even_where_lives_are_short():
    long, short = pair_of(90 * DAY), pair_of(DAY)
    assert until_next(long, NOW, 0) == CHECK_EVERY
    assert NOW + until_next(short, NOW, 0) == due_at(short)
    assert until_next(short, NOW + DAY, 0) == timedelta()


def test_failures_are_tried_again_ever_more_rarely_but_daily():
    waits = [until_next(pair_of(90 * DAY), NOW + 80 * DAY, failures) for failures in range(1, 40)]
    assert waits[:4] == [FIRST_RETRY * times for times in (1, 2, 4, 8)]
    assert waits == sorted(waits) and set(waits[5:]) == {CHECK_EVERY}


@pytest.fixture
def by_hand(tmp_path):
    return ByHand(*write_pair(tmp_path, OURS.issue("a.example")), NOW)


def test_a_renewed_pair_by_hand_is_taken_over_once(by_hand, tmp_path):
    taken: list[Pair] = []
    keeper = Keeper(by_hand, taken.append)
    keeper.look(NOW)
    assert taken == []
    write_pair(tmp_path, OURS.issue("b.example"))
    keeper.look(NOW)
    keeper.look(NOW)
    assert [pair.names for pair in taken] == [("b.example",)]
    os.utime(tmp_path / "cert.pem")
    keeper.look(NOW)
    assert len(taken) == 1, "touched is not renewed"


def test_a_link_that_is_swapped_counts_as_renewed(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        write_pair(tmp_path / name, OURS.issue(f"{name}.example"))
    live = tmp_path / "live"
    live.symlink_to("old")
    source = ByHand(live / "cert.pem", live / "key.pem", NOW)
    (tmp_path / "next").symlink_to("new")
    (tmp_path / "next").rename(live)
    renewed = source.renewed(NOW)
    assert renewed is not None and renewed.names == ("new.example",)


def test_a_bad_new_pair_is_told_once_and_the_old_one_kept(by_hand, tmp_path, caplog):
    old, taken = by_hand.pair, []
    keeper = Keeper(by_hand, taken.append)
    (tmp_path / "cert.pem").write_bytes(OURS.issue("b.example")[0])
    with caplog.at_level(logging.ERROR):
        for minute in range(3):
            keeper.look(NOW + minute * MINUTE)
    assert len(caplog.records) == 1 and "belong together" in caplog.records[0].why
    assert (taken, by_hand.pair, keeper.state.failing_since) == ([], old, NOW)
    (tmp_path / "key.pem").unlink()
    keeper.look(NOW + 3 * MINUTE)
    assert "There is no file" in caplog.records[-1].why, "another reason is told"
    write_pair(tmp_path, OURS.issue("c.example"))
    keeper.look(NOW + 4 * MINUTE)
    assert [pair.names for pair in taken] == [("c.example",)] and keeper.state.failing_since is None


def test_what_goes_on_failing_is_told_again_the_next_day(by_hand, tmp_path, caplog):
    keeper = Keeper(by_hand, lambda pair: None)
    (tmp_path / "cert.pem").unlink()
    for now in (NOW, NOW + MINUTE, NOW + DAY, NOW + DAY + MINUTE):
        keeper.look(now)
    assert len(caplog.records) == 2
    assert keeper.state.failing_since == NOW, "since the first of them"


def test_a_pair_by_hand_that_nobody_renews_shows_before_it_ends(tmp_path):
    keeper = Keeper(ByHand(*write_pair(tmp_path, OURS.issue("a.example", ends=NOW + 9 * DAY)), NOW), lambda pair: None)
    keeper.look(NOW + 7 * DAY)
    assert keeper.state.failing_since is None
    keeper.look(NOW + 8 * DAY + timedelta(hours=1))
    assert keeper.state.failing_since == NOW + 8 * DAY + timedelta(hours=1)


def test_a_bad_pair_at_start_is_refused(tmp_path):
    with pytest.raises(BadPair):
        ByHand(*write_pair(tmp_path, (OURS.issue("a.example")[0], OURS.issue("a.example")[1])), NOW)


def test_a_fault_does_not_end_renewal(by_hand, tmp_path, caplog):
    keeper = Keeper(by_hand, lambda pair: 1 / 0)
    write_pair(tmp_path, OURS.issue("b.example"))
    keeper.look(NOW)
    assert keeper.state.failing_since == NOW and "ZeroDivisionError" in caplog.text
