"""What a node tells of a fault is said in the reader's words; its own text is never part of a sentence."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.i18n import LANGUAGES, words_in
from central.oversight.console.faults import KINDS, device_said, fault_said
from central.oversight.console.phrases import reason_said
from devices.camera.scene import Shown
from devices.camera.watchdog import Health
from devices.errors import DeviceError, NotSetUp, Unreachable, said
from edge.lane.hearing import Fault
from edge.lane.vehicle.loops import OCCUPIED, UNSEEN
from models.values.time import utc_now

languages = pytest.mark.parametrize("language", LANGUAGES)
LATIN = re.compile(r"[A-Za-z]")


@languages
def test_every_kind_of_fault_that_a_node_can_tell_has_words(language):
    t = words_in(language)
    drivers = [said(kind("unit 1 did not answer within 0.3 s")) for kind in (*DeviceError.__subclasses__(), NotSetUp)]
    pictures = [f"picture {one.value}" for one in (*Health, *Shown) if one not in (Health.OK, Shown.CLEAR)]
    told = [
        *drivers,
        *pictures,
        *Fault,
        "picture stale: 401 Unauthorized",
        "another view than before",
        "Late: the board",
        UNSEEN,
        OCCUPIED,
        "clock off: +120 s",
    ]
    heard = {fault_said(t, one) for one in told}
    assert None not in heard and len(heard) == len(KINDS)
    if language == "zh_CN":
        assert [words for words in heard if words and LATIN.search(words)] == []


def test_the_kind_leads_what_a_node_tells():
    assert said(Unreachable("unit 1 did not answer")) == "Unreachable: unit 1 did not answer"


@given(st.text(max_size=60))
def test_what_is_of_no_known_kind_is_not_guessed_at(told):
    known = fault_said(words_in("zh_CN"), told)
    assert (known is None) == (told.partition(":")[0].strip() not in KINDS)


def test_a_device_is_called_by_its_name_and_number():
    t = words_in("zh_CN")
    names = [device_said(t, one) for one in ("relay", "liveness_model east-in", "letters", "camera-2", "")]
    assert names == ["控制板", "活体模型 east-in", "留存的记录", "camera-2", ""]


@pytest.mark.req("ACC-04")
@languages
def test_a_gate_that_was_only_starting_is_not_reported_as_broken(language):
    t = words_in(language)
    said = reason_said(t, "fault", {"device": "starting"}, None, utc_now(), "card")
    assert said.what and said.why and said.now
    assert said.what == t("reason.fault.starting.what") != t("reason.fault.what")
