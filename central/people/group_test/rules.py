"""What a person may say of themselves for the test of error rates by group. Pure.

Each is asked, none is needed, and none is ever read off a picture: a guess about somebody's face would be what PRIV-19
forbids. The consent is one of its own, changes nothing about faces or doors, and asks adults only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

TEXT_VERSION = 1
"""Of the text that the page shows beside the question; a change of the words is a further number."""


class Dimension(StrEnum):
    AGE = "age"
    SEX = "sex"
    SKIN = "skin"


GROUPS: Mapping[Dimension, tuple[str, ...]] = {
    Dimension.AGE: ("18_29", "30_44", "45_59", "60_up"),
    Dimension.SEX: ("female", "male", "other"),
    Dimension.SKIN: ("light", "medium", "dark"),
}


def problems_of(said: Mapping[str, str | None]) -> dict[str, str]:
    """Field -> catalogue key of what is wrong. Something has to be said, else there is nothing to count."""
    found = {
        dimension.value: "group_test.unknown_group"
        for dimension, groups in GROUPS.items()
        if said.get(dimension.value) and said[dimension.value] not in groups
    }
    if not any(said.get(dimension.value) for dimension in Dimension):
        found[Dimension.AGE.value] = "group_test.nothing_said"
    return found
