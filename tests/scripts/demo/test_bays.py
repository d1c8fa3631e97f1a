"""The demo's bay sensors: what they tell names bays that are there, and changes from time to time."""

from __future__ import annotations

import json

import httpx
import pytest

from models.parking.plan import Plan
from models.parking.plan_file import read_plan
from models.parking.plan_sample import sample_plan
from models.values.plate import kind_of
from scripts.demo.bays import BaySensors
from scripts.seed_lot import CAR_IN, readings
from tests.models.making import MONDAY_NOON

PLAN = read_plan(json.dumps(sample_plan({CAR_IN: "west"})).encode())


@pytest.mark.req("PARK-21")
def test_the_sensors_tell_of_bays_that_have_one_and_leave_some_silent():
    assert isinstance(PLAN, Plan)
    told = readings(PLAN, MONDAY_NOON, 0)
    watched = {code for code, (_, bay) in PLAN.bays.items() if bay.sensor}
    assert {one.bay for one in told} < watched
    assert {one.taken for one in told} == {True, False}
    assert all(kind_of(one.plate) for one in told if one.plate)
    assert {one.bay for one in told if one.taken} != {one.bay for one in readings(PLAN, MONDAY_NOON, 3) if one.taken}


def test_they_tell_by_their_key_what_the_web_takes():
    heard = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, json={"taken": 5, "known": 0, "refused": []})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        assert BaySensors("http://central", "key").tell(client, 0) == 5
    (request,) = heard
    assert (request.url.path, request.headers["authorization"]) == ("/api/v1/parking/bays", "Bearer key")
    assert {"bay", "taken", "at", "plate"} == set(json.loads(request.content)["readings"][0])
