"""Values do not change, facts refuse unknown fields, messages ignore them, and one value is one text."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from models.access.credential import Cardholder
from models.access.policy import GateState
from tests.models.making import HOLDER, HOLDER_ID, granted


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        granted().revoked = True
    with pytest.raises(ValidationError):
        HOLDER.blocked = True


def test_a_misspelt_fact_is_an_error() -> None:
    with pytest.raises(ValidationError):
        GateState.model_validate({"fires": True})


def test_a_message_from_a_newer_writer_is_still_read() -> None:
    told = {"cardholder_id": str(HOLDER_ID), "groups": ["resident"], "face_consent": True, "shoe_size": 43}
    assert Cardholder.model_validate(told) == HOLDER


_ONE_RULE = """
from uuid import UUID
from models.access.policy import Effect, Rule
rule = Rule(rule_id=UUID(int=1), effect=Effect.ALLOW, groups=frozenset("resident visitor courier cleaner desk".split()))
print(rule.model_dump_json())
"""


@pytest.mark.req("GEN-05")
def test_a_set_is_written_in_one_order_by_every_process() -> None:
    """Python orders sets of text anew in each process; a snapshot must not change because central restarted."""
    written = {
        subprocess.run(
            [sys.executable, "-c", _ONE_RULE],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(written) == 1
    assert '["cleaner","courier","desk","resident","visitor"]' in written.pop()
