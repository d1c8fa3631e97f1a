"""Out of a refusal there is a way back to where somebody was, and never to anywhere else."""

from __future__ import annotations

import pytest

from tests.central.conftest import ORIGIN

HTML = {"accept": "text/html"}


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        (f"{ORIGIN}/nodes?community=7", "/nodes?community=7"),
        (f"{ORIGIN}/lockdown/7/end", "/lockdown/7/end"),
        ("http://elsewhere.example/nodes", None),
        (f"{ORIGIN}//elsewhere.example/", None),
        (f"{ORIGIN}/nowhere", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_a_bare_refusal_leads_back_to_the_page_before_if_it_is_ours(login_as, came_from, back):
    page = login_as("manager").get("/nowhere", headers=HTML | {"referer": came_from})
    assert page.status_code == 404
    links = [line for line in page.text.splitlines() if 'class="actions"' in line]
    assert [f'href="{back}">回到刚才的页面' in line for line in links] == [back is not None]
    assert 'href="/">回到首页' in page.text
