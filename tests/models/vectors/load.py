"""Reads policy.json for whoever runs the policy: models here, edge and central from their own tests (GEN-05).

for case in load.cases():
    assert run(case.facts, case.now).model_dump_json() == case.decision_json
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.access.decision import Outcome, Reason
from models.access.policy import Facts, decide

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One vector. `step` is the last question asked; `decision_json` the exact bytes every runner must give."""

    name: str
    facts: Facts
    now: datetime
    outcome: Outcome
    reason: Reason
    step: str
    decision_json: str


def cases() -> list[Case]:
    file = json.loads((HERE / "policy.json").read_text("utf-8"))
    lines = (HERE / "policy.decisions.jsonl").read_text("utf-8").splitlines()
    return [_case(each, file, line) for each, line in zip(file["cases"], lines, strict=True)]


def _case(case: dict[str, Any], file: dict[str, Any], line: str) -> Case:
    outcome, reason, step = case["expect"]
    now = datetime.fromisoformat(case["now"])
    return Case(case["name"], facts_of(case, file), now, Outcome(outcome), Reason(reason), step, line)


def facts_of(case: dict[str, Any], file: dict[str, Any]) -> Facts:
    facts = merged(file["facts"], case.get("facts", {}))
    facts["rules"] = [file["rules"][name] for name in facts["rules"]]
    if "cardholder" in facts:
        facts["cardholder"] = merged(file["people"][facts["cardholder"].pop("is")], facts["cardholder"])
    return Facts.model_validate(facts)


def merged(base: Any, patch: Any) -> Any:
    """RFC 7396: objects are merged key by key, null takes a key away, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def rewrite() -> None:
    """Writes what the policy of this tree says. For a change that was meant; the diff is to be read like code."""
    file = json.loads((HERE / "policy.json").read_text("utf-8"))
    made = [decide(facts_of(case, file), datetime.fromisoformat(case["now"])) for case in file["cases"]]
    text = "".join(f"{decision.model_dump_json()}\n" for decision in made)
    (HERE / "policy.decisions.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":  # python -m tests.models.vectors.load
    rewrite()
