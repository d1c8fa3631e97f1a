"""The watch group at the node: a gallery of its own, whose hit is an alarm and never a decision; over is destroyed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.lane.inbox import AlarmNote, Note
from edge.store.view import RulesView
from edge.verify.face.backend import DLIB_MODEL, SFACE_MODEL
from edge.verify.face.checker import FaceChecker
from edge.verify.face.embed import unit
from edge.verify.face.match import Probe
from edge.verify.face.quality import Unfit
from edge.verify.face.track import FRAMES_MIN, GONE_S, InView, Sighting
from edge.watch_group.lookout import AGAIN_S, WatchedFaces
from models.wire.events import Alarm, AlarmKind, WatchChanged
from models.wire.snapshot import WATCH_GROUP_MAX
from tests.edge.verify.face.following import answers
from tests.edge.watch_group.stand import LANE, OTHER, SOUGHT, Stand, face, probe, template

pytestmark = pytest.mark.req("ACC-30")


def test_only_an_entry_of_the_signed_rules_is_kept_and_a_hit_names_it(stand: Stand) -> None:
    assert not stand.group.keep(SOUGHT, template(1)), "no rules yet"
    stand.told(OTHER)
    assert not stand.group.keep(SOUGHT, template(1))
    assert stand.group.look(probe(1), 1) is None
    stand.told(OTHER, SOUGHT)
    assert stand.group.keep(SOUGHT, template(1))
    hit = stand.group.look(probe(1), 1)
    assert hit is not None
    assert (hit.entry.entry_id, hit.entry.number, hit.score > hit.threshold) == (SOUGHT, 2, True)
    assert stand.group.look(probe(2), 1) is None, "a stranger looks like nobody"
    assert stand.owed() == [WatchChanged(entry_id=SOUGHT, what="stored")]


@pytest.mark.parametrize("how", ["expired", "ended"])
def test_what_is_over_is_looked_for_no_moment_longer_and_destroyed_to_the_last_byte(stand: Stand, how: str) -> None:
    stand.told(SOUGHT, OTHER)
    stand.group.keep(SOUGHT, template(1))
    stand.group.keep(OTHER, template(2))
    sealed = stand.templates._database.connection.execute(
        "SELECT sealed FROM templates ORDER BY cardholder_id"
    ).fetchone()
    assert sealed[0][32:] in stand.files()
    if how == "expired":
        stand.told(SOUGHT, lasts=timedelta(hours=1))
        stand.now += timedelta(hours=1)
    else:
        stand.told()
    assert stand.group.look(probe(1), 1) is None, "before anything was destroyed"
    assert stand.group.erase_over() == 2
    assert stand.templates.holders() == frozenset() and sealed[0][32:] not in stand.files()
    assert stand.owed()[-2:] == [WatchChanged(entry_id=one, what="erased") for one in (SOUGHT, OTHER)]
    assert stand.group.erase_over() == 0 and len(stand.owed()) == 4


def test_without_rules_nobody_is_looked_out_for_and_nothing_destroyed(stand: Stand) -> None:
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    stand.rules = RulesView()
    assert stand.group.look(probe(1), 1) is None
    assert stand.group.erase_over() == 0 and stand.templates.holders() == {SOUGHT}


def test_no_more_are_looked_out_for_than_the_most_whatever_central_says(stand: Stand) -> None:
    many = [UUID(int=10_000 + n) for n in range(WATCH_GROUP_MAX + 5)]
    stand.told(*many)
    assert len(stand.entries.standing() or {}) == WATCH_GROUP_MAX
    assert not stand.group.keep(many[-1], template(1))


def test_a_model_that_must_not_search_looks_out_for_nobody(tmp_path: Path) -> None:
    stand = Stand(tmp_path, DLIB_MODEL)
    stand.told(SOUGHT)
    assert stand.group.why_not() and stand.group.look(probe(1), 1) is None
    stand.close()


HERE, THERE = (0.0, 0.0, 90.0, 90.0), (300.0, 0.0, 90.0, 90.0)


def sighting(seed: int, box: tuple[float, float, float, float] = HERE) -> Sighting:
    return Sighting(box, probe(seed))


def test_a_hit_is_one_alarm_at_its_lane_until_a_minute_is_over(stand: Stand) -> None:
    clock = [0.0]
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    lookout = stand.lookout(lambda: clock[0])
    for at in (0.0, 1.0, AGAIN_S - 1, AGAIN_S + 0.5):
        for clock[0] in (at, at + 0.1, at + 0.2):
            lookout.saw(sighting(1))
            lookout.saw(sighting(2, THERE))
    assert len(stand.alarms()) == 2
    (note, _) = [item for item in stand.heard if isinstance(item, Note)]
    body = note.entry.body
    assert note.entry.lane_id == LANE and isinstance(body, Alarm)
    assert (body.alarm, body.device, body.over) == (AlarmKind.WATCH_GROUP, "1", False)
    assert (body.detail or "").startswith("missing 1.0")
    assert str(SOUGHT) not in body.model_dump_json(), "the journal says a number, not who"


UNFIT = Sighting(HERE, None, Unfit.TOO_BLURRED)


@pytest.mark.parametrize(
    ("stood", "every_s", "alarm_with"),
    [
        ([sighting(1)] * 2, 0.1, None),
        ([sighting(1)] * 5, 0.1, 3),
        ([sighting(1)] * 5, 1.0, 3),
        ([sighting(1), UNFIT, sighting(1), UNFIT, sighting(1)], 0.5, 5),
        ([sighting(1), sighting(2)] * 6, 0.1, None),
        ([sighting(1), sighting(1, THERE)] * 2, 0.1, None),
        ([sighting(1)] * 6, GONE_S + 0.1, None),
        ([sighting(2)] * 6, 0.1, None),
    ],
    ids=[
        "two frames", "still there", "looked at once a second", "blurred in between", "another in the same place",
        "two who are alike", "gone in between", "a stranger",
    ],
)  # fmt: skip
def test_three_frames_of_one_person_have_to_agree_before_anybody_is_told(
    stand: Stand, stood: list[Sighting], every_s: float, alarm_with: int | None
) -> None:
    clock = [0.0]
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    lookout = stand.lookout(lambda: clock[0])
    alarmed = None
    for number, one in enumerate(stood, 1):
        lookout.saw(one)
        clock[0] += every_s
        alarmed = alarmed or (number if stand.alarms() else None)
    assert alarmed == alarm_with


def test_one_frame_that_looks_like_somebody_is_outvoted_by_the_others_of_the_same_person(stand: Stand) -> None:
    """A light that made one frame reach the threshold: the mean of the person does not."""
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    own = face(2)
    alike = Probe(unit(0.62 * face(1) + 0.6 * own).astype(np.float32), SFACE_MODEL)
    other = Probe(unit(0.2 * face(1) + own).astype(np.float32), SFACE_MODEL)
    assert stand.group.look(alike, 1) is not None
    assert stand.group.look(other, 1) is None
    lookout = stand.lookout()
    for seen in (other, alike, other, other):
        lookout.saw(Sighting(HERE, seen))
    assert len(lookout._view.tracks) == 1, "they are one person to the lookout"
    assert stand.alarms() == []


def test_what_cannot_be_held_together_is_told_as_a_fault_and_stops_no_lane(stand: Stand) -> None:
    """Numbers that do not go together, as of a model that changed between two frames."""
    stand.told(SOUGHT)
    lookout = stand.lookout()
    for length in (128, 64, 128):
        lookout.saw(Sighting(HERE, Probe(face(1)[:length].astype(np.float32), SFACE_MODEL)))
    told = [(item.device, item.over) for item in stand.heard if isinstance(item, AlarmNote)]
    assert told == [("watch_group", False), ("watch_group", True)]


class Pictures:
    """A reader whose picture is a face's number: the comparison is the product's own, without its networks."""

    model = SFACE_MODEL

    def examine(self, pixels: int):
        class Examined:
            probe = None if pixels < 0 else probe(pixels)
            face = None if pixels < 0 else SimpleNamespace(box=(0.0, 0.0, 90.0, 90.0))
            unfit = quality = None

        return Examined


PEOPLE = st.lists(st.integers(1, 6), unique=True, max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(enrolled=PEOPLE, watched=PEOPLE, comes=st.integers(-1, 8), named=st.integers(1, 6), broken=st.booleans())
def test_whatever_the_watch_group_holds_the_lane_decides_the_same(
    tmp_path_factory: pytest.TempPathFactory, enrolled: list[int], watched: list[int], comes: int, named: int,
    broken: bool,
) -> None:  # fmt: skip
    """Hit, no hit, an empty group or a broken one: what the lane is told of a face is the same to the last field."""
    stand = Stand(tmp_path_factory.mktemp("node"))
    for person in enrolled:
        stand.residents.put(UUID(int=person), template(person).to_bytes(), SFACE_MODEL)
    stand.told(*(UUID(int=100 + n) for n in watched))
    for n in watched:
        stand.group.keep(UUID(int=100 + n), template(n))
    plain = FaceChecker(Pictures(), stand.residents)
    watching = WatchedFaces(FaceChecker(Pictures(), stand.residents), stand.lookout())
    if broken:
        stand.templates.close()
    stood = [comes] * FRAMES_MIN
    assert answers(watching, stood, UUID(int=named)) == answers(plain, stood, UUID(int=named))
    for _ in range(FRAMES_MIN):
        assert watching.search(comes) == plain.search(comes)
    looked = [item for item in stand.heard if isinstance(item, Note)]
    assert bool(looked) == (comes in watched and not broken)
    faults = [item for item in stand.heard if isinstance(item, AlarmNote)]
    assert all(item.alarm is AlarmKind.DEVICE_FAULT for item in faults) and (broken or not faults)
    stand.residents.close()
    stand.keys.close()


@pytest.mark.req("GUARD-02")
def test_a_hit_beside_a_pass_is_told_with_the_recognition_it_was_seen_in_and_one_of_a_face_alone_with_none(
    stand: Stand,
) -> None:
    clock, about, other = [0.0], UUID(int=501), UUID(int=502)
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    lookout, told = stand.lookout(lambda: clock[0]), []

    class Faces:
        def follow(self, view: InView, *_: object) -> tuple[InView, None]:
            saw = _[-1]
            assert callable(saw)
            saw(sighting(1))
            return view.seen([sighting(1)], clock[0]), None

        def search(self, _: object, saw: object) -> None:
            assert callable(saw)
            saw(sighting(1))

    watched = WatchedFaces(Faces(), lookout)  # type: ignore[arg-type]  # the two methods it uses
    view = InView(about=other)
    for clock[0] in (0.0, 0.1):
        view, _ = watched.follow(view, np.zeros((1, 1, 3), np.uint8), clock[0], OTHER)
    view = InView(about=about)
    for clock[0] in (0.2, 0.3):
        view, _ = watched.follow(view, np.zeros((1, 1, 3), np.uint8), clock[0], OTHER)
    assert view.about == about, "kept from frame to frame"
    for clock[0] in (AGAIN_S + 1.0, AGAIN_S + 1.1, AGAIN_S + 1.2):
        watched.search(np.zeros((1, 1, 3), np.uint8))
    told = [item.entry.correlation for item in stand.heard if isinstance(item, Note)]
    assert told[0] == about and len(told) == 2
    assert told[1] not in (about, other)


@pytest.mark.req("GUARD-02")
def test_who_was_seen_alone_first_and_shows_a_pass_then_is_told_with_the_pass_as_well(stand: Stand) -> None:
    clock, about = [0.0], UUID(int=501)
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    lookout = stand.lookout(lambda: clock[0])
    for clock[0] in (0.0, 1.0, 2.0, 3.0):
        lookout.saw(sighting(1))
    for clock[0] in (4.0, 5.0, 6.0):
        lookout.saw(sighting(1), about)
    for clock[0] in (7.0, 8.0, 9.0):
        lookout.saw(sighting(1))
    told = [item.entry.correlation for item in stand.heard if isinstance(item, Note)]
    assert len(told) == 2 and told[0] != about and told[1] == about
