"""What a form may say: moments at the site's clock, however the browser sends them; lists and cut words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from central.base.kernel.errors import Invalid
from central.oversight.console.forms import Filled, instant_of, local


@pytest.mark.req("GEN-02")
@pytest.mark.parametrize("text", ["2026-11-23T08:00", "2026-11-23 08:00", " 2026-11-23T08:00:00 "])
def test_a_moment_is_the_sites(text):
    assert instant_of(text, "start") == datetime(2026, 11, 23, tzinfo=UTC)
    assert local(instant_of(text, "start")) == "2026-11-23T08:00"


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-11-23", "2026-11-23T08:00+01:00", "0001-01-01T00:00", "2026-13-01T00:00"]
)
def test_what_is_no_moment_is_refused_at_its_field(text):
    with pytest.raises(Invalid) as refused:
        instant_of(text, "start")
    assert refused.value.fields == {"start": "form.time_needed"}


def test_the_first_wrong_field_has_the_cursor():
    form = Filled("x", {"a": "1", "b": ["2", "3"]}, {"b": "no", "a": "no"})
    assert (form.first("b"), form.first("a")) == (True, False)
    assert (form.text("a"), form.text("b"), form.chosen("a"), form.chosen("b")) == ("1", "", ["1"], ["2", "3"])
