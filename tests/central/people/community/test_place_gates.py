"""Gates and lanes: what they are called is what a screen can show, whoever named them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.people.community import service
from models.site.topology import Direction


@pytest.mark.req("SEC-09")
def test_a_lane_s_name_is_tidied_when_it_is_added_as_when_it_is_renamed(town):
    with town.session() as db:
        lane = service.add_lane(db, town.actor, town.gate, "side-in", " a\x1b[2J\nb ", Direction.IN)
        assert lane.name == "a[2Jb"
        assert service.rename_lane(db, town.actor, lane.id, "c\x00 ").name == "c"
        told = db.scalars(select(AuditRow.after).where(AuditRow.subject_id == str(lane.id)).order_by(AuditRow.id))
        assert [after["name"] for after in told] == ["a[2Jb", "c"]
