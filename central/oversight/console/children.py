"""Children by names that no other child at home there is told by, wherever one of several is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from central.base.kernel.i18n import Words
from central.people.community.views import ResidentView
from central.people.consent.siblings import Called, called_at_home


def child_said(t: Words, called: Called) -> str:
    if called.years is None:
        return called.name
    if called.place is None:
        return t("child.aged", name=called.name, years=called.years)
    return t("child.placed", name=called.name, years=called.years, n=called.place)


def children_said(t: Words, db: Session, children: Sequence[ResidentView], now: datetime) -> list[ResidentView]:
    """The same residents, each under such a name. Whoever is no child keeps the masked one."""
    return [
        replace(one, name=child_said(t, called_at_home(db, one.person_id, one.community_id, now))) for one in children
    ]
