"""A car that stayed too long waits at the exit of a real node; its driver pays on a phone, and the arm rises."""

from __future__ import annotations

import re

import httpx
import pytest

from scripts.demo.cars import OUT, Cars, come
from tests.scenarios.story import Story

ASKED = re.compile(r'data-asked="(\d+)"')


@pytest.mark.req("PARK-12", "PARK-13")
def test_a_driver_pays_by_the_sign_at_the_exit_and_the_arm_rises_by_itself(story: Story) -> None:
    site = story.site
    lane = site.world.cars[OUT]
    (overstayed,) = (one for one in Cars(site.seeded).show() if one.key == "overstayed")
    headers = {"accept": "text/html", "origin": site.url}
    with httpx.Client(base_url=site.url, headers=headers, trust_env=False) as phone:
        sign = site.seeded["signs"]["lane"]
        assert "没有等着缴费的车" in phone.get(sign).text
        before = lane.barrier.barrier.passed
        come(lane, overstayed)
        story.until(lambda: "川A****3" in phone.get(sign).text, "the sign shows the car that waits")
        seen = re.search(r'name="seen" value="([^"]+)"', phone.get(sign).text)
        assert seen is not None
        mine = phone.post(f"{sign}/car", data={"seen": seen[1]})
        assert mine.status_code == 303
        ticket = mine.headers["location"]
        asked = ASKED.search(phone.get(ticket).text)
        assert asked is not None and int(asked[1]) >= 900, "three hours and a little"
        assert lane.barrier.barrier.passed == before, "nobody pays, nobody drives"
        ordered = phone.post(f"{ticket}/pay", data={"channel": "test", "amount_fen": asked[1]})
        assert ordered.status_code == 303
        order = ordered.headers["location"].removesuffix("?go=1")
        way = re.search(r'href="(/pay/test/[^"]+)" data-way', phone.get(order).text)
        assert way is not None
        phone.post(way[1].replace("&amp;", "&"))
        assert 'data-step="paid"' in phone.get(order).text
        story.until(lambda: lane.barrier.barrier.passed == before + 1, "the arm rises, and the car drives out")
        story.until(lambda: 'data-says="left"' in phone.get(order).text, "its page says that it has left")
        story.until(lambda: "没有等着缴费的车" in phone.get(sign).text, "and the sign that nobody waits")
