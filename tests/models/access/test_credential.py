"""Windows, site tags, and the ranges a pass may speak in."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from pydantic import ValidationError

from models.access.credential import Cardholder, Pass, Window, site_tag
from tests.models.making import HOLDER_ID, MONDAY_NOON, SITE, a_pass
from tests.models.strategies import nearby, uuids


@given(nearby)
def test_a_window_holds_its_start_and_not_its_end(at: object) -> None:
    start, end = MONDAY_NOON, MONDAY_NOON + timedelta(hours=1)
    assert Window(start=start, end=end).holds(at) is (start <= at < end)
    assert Window(start=start, end=end).holds(start)
    assert not Window(start=start, end=end).holds(end)


@given(uuids)
def test_a_site_is_named_by_the_random_half_of_its_id(site: object) -> None:
    assert site_tag(site) == site.bytes[8:]
    assert len(site_tag(site)) == 8
    assert site_tag(SITE) == a_pass().site_tag


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize(
    "wrong",
    [
        {"key_id": 256},
        {"gates": 1 << 64},
        {"gates": -1},
        {"uses": 256},
        {"party": 0},
        {"party": 21},
        {"group": 24},
        {"site_tag": b"short"},
        {"not_before": MONDAY_NOON.replace(tzinfo=None)},
        {"plate": "浙A12345"},
    ],
)
def test_a_claim_that_a_token_could_not_carry_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Pass.model_validate({**a_pass().model_dump(), **wrong})


@pytest.mark.req("PRIV-02")
@given(nearby)
def test_a_face_is_compared_only_with_consent_and_only_until_it_ends(at: datetime) -> None:
    silent = Cardholder(cardholder_id=HOLDER_ID, face_consent_until=MONDAY_NOON)
    assert not silent.may_be_compared(at), "whoever said nothing has not agreed"
    agreed = Cardholder(cardholder_id=HOLDER_ID, face_consent=True)
    assert agreed.may_be_compared(at)
    assert agreed.model_copy(update={"face_consent_until": MONDAY_NOON}).may_be_compared(at) is (at < MONDAY_NOON)
