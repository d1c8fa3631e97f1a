"""Where a role is granted is asked of those who know communities: none is granted where there is none."""

from __future__ import annotations

import pytest

from central.base.kernel.actor import system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.base.kernel.session import tenant_session
from central.people.community.service import add_community
from models.values.ids import new_id


def communities(database, tenant_id, *names):
    with tenant_session(database.engine, tenant_id) as db:
        actor = system(tenant_id, "test", of_preset(ADMINISTRATOR))
        return [add_community(db, actor, name).id for name in names]


@pytest.mark.req("ADMIN-03")
def test_a_role_is_granted_in_a_community_that_there_is_or_everywhere_in_so_many_words(login_as, database, two_tenants):
    admin = login_as("administrator")
    account = login_as(None).person.actor.id
    (here,) = communities(database, two_tenants.a, "东区")
    (theirs,) = communities(database, two_tenants.b, "别家")

    def granted(**body):
        return admin.post(f"/api/v1/accounts/{account}/roles", json={"role": "guard", **body}).status_code

    assert [granted(community_id=str(one)) for one in (new_id(), two_tenants.a, theirs)] == [404] * 3
    assert granted() == 422, "left out is not everywhere"
    assert (granted(community_id=str(here)), granted(community_id=None)) == (204, 204)
