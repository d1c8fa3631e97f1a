"""Which payment a refund takes from; who may be a buyer; what is an invoice's number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from central.base.kernel.errors import Invalid
from central.money.receipts.rules import Buyer, Came, Went, buyer_of, made_of, number_said, taken_from

AT = datetime(2026, 11, 30, tzinfo=UTC)
FIRST, SECOND, TILL = UUID(int=1), UUID(int=2), UUID(int=3)
MINUTE = timedelta(minutes=1)
CAME = [Came(FIRST, "wechat", 500, AT), Came(TILL, "cash", 300, AT), Came(SECOND, "wechat", 700, AT)]


def took(*went, came=CAME):
    return [(one.payment_id, one.posting_id.int, one.fen) for one in taken_from(came, went)]


def back(posting, channel, fen, payment=None, posted=AT):
    return Went(UUID(int=posting), channel, fen, AT, payment, posted)


@pytest.mark.req("PARK-27")
def test_a_refund_takes_from_the_payment_that_its_channel_names():
    assert took(back(9, "wechat", 500, FIRST)) == [(FIRST, 9, 500)]


@pytest.mark.req("PARK-27")
def test_a_refund_by_hand_takes_from_its_own_way_first_and_from_the_last_that_came():
    assert took(back(9, "cash", 300)) == [(TILL, 9, 300)]
    assert took(back(9, "wechat", 800)) == [(SECOND, 9, 700), (FIRST, 9, 100)]
    assert took(back(9, "cash", 400)) == [(TILL, 9, 300), (SECOND, 9, 100)]


@pytest.mark.req("PARK-27")
def test_no_payment_gives_more_than_it_brought():
    assert took(back(8, "wechat", 600), back(9, "wechat", 600)) == [(SECOND, 8, 600), (SECOND, 9, 100), (FIRST, 9, 500)]
    assert sum(fen for _, _, fen in took(back(9, "wechat", 5_000))) == 1_500


@pytest.mark.req("PARK-27")
def test_what_a_refund_took_stays_the_same_whatever_comes_later():
    """Else the first payment's invoice might say its whole sum again, and the second's receipt would be countered."""
    came = [Came(FIRST, "cash", 1000, AT)]
    refund, other = back(9, "cash", 400, posted=AT + MINUTE), back(8, "cash", 100, posted=AT + 3 * MINUTE)
    assert took(refund, came=came) == [(FIRST, 9, 400)]
    later = [*came, Came(TILL, "cash", 500, AT + 2 * MINUTE)]
    assert took(refund, came=later) == [(FIRST, 9, 400)]
    assert took(other, refund, came=later) == [(FIRST, 9, 400), (TILL, 8, 100)]


@pytest.mark.req("PARK-27")
def test_numbers_of_a_year_are_of_one_length():
    assert (number_said(2026, 17), number_said(2026, 1_234_567)) == ("2026-000017", "2026-1234567")


@pytest.mark.req("PARK-27")
@pytest.mark.parametrize(
    ("said", "buyer"),
    [
        ((" 示例  公司 ", "91350100m000100y43", "fin@example.com"),
         Buyer("示例 公司", "91350100M000100Y43", "fin@example.com")),
        (("周示例", "", "138 0000-0000"), Buyer("周示例", "", "13800000000")),
    ],
)  # fmt: skip
def test_a_buyer(said, buyer):
    assert buyer_of(*said) == buyer


@pytest.mark.req("PARK-27")
@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (("", "", "a@example.com"), {"title"}),
        (("示例", "123", "a@example.com"), {"tax_number"}),
        (("示例", "", "nobody"), {"contact"}),
        (("", "1", ""), {"title", "tax_number", "contact"}),
    ],
)
def test_each_field_says_what_is_wrong_with_it(said, wrong):
    with pytest.raises(Invalid) as problem:
        buyer_of(*said)
    assert set(problem.value.fields) == wrong


@pytest.mark.req("PARK-27", "SEC-02")
@pytest.mark.parametrize(
    "link", ["http://x", "javascript:alert(1)", "https://x\nSet-Cookie: a", "https://" + "x" * 600]
)
def test_no_address_but_one_over_https_is_shown_to_a_driver(link):
    with pytest.raises(Invalid) as problem:
        made_of("26312000000000000001", link)
    assert set(problem.value.fields) == {"link"}
