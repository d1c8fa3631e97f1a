"""The watch group at the node: a gallery of its own, whose hit is an alarm and never a decision; over is destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.enrolment.seals import PhotoKey, seal_template
from edge.lane.inbox import AlarmNote, Item, Note
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.store.view import RulesView, view_of
from edge.verify.face.backend import DLIB_MODEL, SFACE_MODEL
from edge.verify.face.checker import FaceChecker
from edge.verify.face.embed import unit
from edge.verify.face.examine import FaceReader
from edge.verify.face.match import Probe
from edge.verify.face.quality import Unfit
from edge.verify.face.template import Template, template_of
from edge.verify.face.track import FRAMES_MIN, GONE_S, Sighting
from edge.watch_group.desk import WatchDesk
from edge.watch_group.group import WatchEntries, WatchGroup
from edge.watch_group.lookout import AGAIN_S, Lookout, WatchedFaces
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, Alarm, AlarmKind, WatchChanged
from models.wire.faces import (
    PHOTO_FOR_ENROLMENT,
    PHOTO_FOR_WATCHING,
    EnrolmentAnswer,
    EnrolmentOutcome,
    NodeKey,
    SealedTemplate,
    WatchJob,
    WatchMail,
)
from models.wire.snapshot import WATCH_GROUP_MAX, Snapshot, WatchEntry
from scripts.prepare import frames
from tests.edge.enrolment.test_seals import sealed_as_a_phone_does
from tests.edge.verify.face.following import answers

pytestmark = pytest.mark.req("ACC-30")

NODE, LANE, RESIDENT = UUID(int=11), UUID(int=21), UUID(int=1)
SOUGHT, OTHER = UUID(int=101), UUID(int=102)


class Stand:
    """One node: rules that the test sets, a clock that it moves, both galleries."""

    def __init__(self, folder: Path, model: str | None = SFACE_MODEL):
        self.folder, self.now, self.rules = folder, utc_now(), RulesView()
        self.keys = KeyRing.open(folder / "keys")
        self.entries = WatchEntries(lambda: self.rules, lambda: self.now)
        self.templates = Templates.open(folder / "watch-group.db", self.keys, self.entries)
        self.group = WatchGroup(self.templates, self.keys, self.entries, model)
        self.residents = Templates.open(folder / "templates.db", self.keys)
        self.heard: list[Item] = []

    def told(self, *entries: UUID, lasts: timedelta = timedelta(days=1)) -> None:
        """Central's rules name these."""
        watch = tuple(
            WatchEntry(entry_id=one, number=n, ground="missing", expires_at=self.now + lasts)
            for n, one in enumerate(entries, start=1)
        )
        self.rules = view_of(
            Snapshot(
                tenant_id=new_id(), site_id=new_id(), node_id=NODE, version=self.rules.version + 1,
                issued_at=self.now, expires_at=self.now + timedelta(hours=72), watch=watch,
            )
        )  # fmt: skip

    def lookout(self, mono: Callable[[], float] = lambda: 0.0) -> Lookout:
        return Lookout(LANE, self.group, self.heard.append, mono)

    def alarms(self) -> list[Alarm]:
        bodies = [item.entry.body for item in self.heard if isinstance(item, Note)]
        return [body for body in bodies if isinstance(body, Alarm)]

    def owed(self) -> list[object]:
        return [EVENT_BODY.validate_json(body) for _, body in self.templates.owed()]

    def files(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("watch-group.db*")))

    def close(self) -> None:
        self.templates.close()
        self.residents.close()
        self.keys.close()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.close()


def face(seed: int) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=128))


def template(seed: int) -> Template:
    return template_of([face(seed)] * 3, SFACE_MODEL)


def probe(seed: int) -> Probe:
    return Probe(face(seed).astype(np.float32), SFACE_MODEL)


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
            unfit = None

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


class Box:
    """Central, as far as the desk can see it."""

    def __init__(self) -> None:
        self.jobs: list[WatchJob] = []
        self.templates: list[SealedTemplate] = []
        self.others: tuple[NodeKey, ...] = ()
        self.answers: list[EnrolmentAnswer] = []
        self.settled: list[tuple[UUID, bool]] = []

    def watch_mail(self) -> WatchMail:
        return WatchMail(
            jobs=tuple(self.jobs), templates=tuple(self.templates), others=self.others, server_time=utc_now()
        )

    def answer_watch(self, answer: EnrolmentAnswer) -> None:
        self.answers.append(answer)
        self.jobs = []

    def watch_settled(self, entry_id: UUID, taken: bool) -> None:
        self.settled.append((entry_id, taken))


def job(stand: Stand, photo: np.ndarray, sealed_to: UUID = SOUGHT, purpose: str = PHOTO_FOR_WATCHING) -> WatchJob:
    content = cv2.imencode(".jpg", photo)[1].tobytes()
    sealed = sealed_as_a_phone_does(PhotoKey(stand.keys).public, content, sealed_to, 1, purpose)
    return WatchJob(entry_id=SOUGHT, photos=(sealed,))


def test_a_sealed_photo_becomes_a_face_here_and_at_the_other_nodes_and_is_kept_nowhere(
    tmp_path: Path, reader: FaceReader, astronaut: np.ndarray
) -> None:
    first, second = Stand(tmp_path / "one", reader.model), Stand(tmp_path / "two", reader.model)
    box = Box()
    box.others = (NodeKey(node_id=UUID(int=12), public_key=second.keys.public_key.hex()),)
    desk = WatchDesk(NODE, box, first.keys, first.group, reader)
    box.jobs = [job(first, astronaut)]
    desk.step()
    assert box.answers == [], "it waits for the rules that name it"
    first.told(SOUGHT)
    desk.step()
    (answer,) = box.answers
    assert (answer.enrolment_id, answer.outcome, len(answer.templates)) == (SOUGHT, EnrolmentOutcome.ENROLLED, 1)
    assert b"\xff\xd8\xff" not in first.files()
    second.told(SOUGHT)
    other = Box()
    other.templates = list(answer.templates)
    other.others = (NodeKey(node_id=NODE, public_key=first.keys.public_key.hex()),)
    WatchDesk(UUID(int=12), other, second.keys, second.group, reader).step()
    assert other.settled == [(SOUGHT, True)]
    for stand in (first, second):
        watching = WatchedFaces(FaceChecker(reader, stand.residents), stand.lookout())
        for seed in range(FRAMES_MIN):
            assert stand.alarms() == []
            watching.search(frames.compose(astronaut, None, seed))
        assert [one.device for one in stand.alarms()] == ["1"]
        assert stand.residents.holders() == frozenset(), "nobody is enrolled by it"
        stand.close()


def test_a_photo_that_shows_nobody_or_was_sealed_for_another_entry_is_refused_in_words(
    tmp_path: Path, reader: FaceReader, astronaut: np.ndarray
) -> None:
    stand, box = Stand(tmp_path, reader.model), Box()
    stand.told(SOUGHT)
    desk = WatchDesk(NODE, box, stand.keys, stand.group, reader)
    for sent, problem in (
        (job(stand, np.zeros((480, 480, 3), np.uint8)), "no_face"),
        (job(stand, astronaut, sealed_to=OTHER), "not_for_this_node"),
        (job(stand, astronaut, purpose=PHOTO_FOR_ENROLMENT), "not_for_this_node"),
    ):
        box.jobs = [sent]
        desk.step()
        assert [one.problem for one in box.answers[-1].problems] == [problem]
    assert stand.templates.holders() == frozenset()
    stand.close()


@pytest.mark.req("PRIV-19")
def test_what_a_resident_gave_with_consent_is_not_taken_into_the_watch_group(
    tmp_path: Path, reader: FaceReader
) -> None:
    """Not the photo (above), and not the template that went from node to node, whatever central puts it into."""
    first, second, box = Stand(tmp_path / "one", reader.model), Stand(tmp_path / "two", reader.model), Box()
    second.told(SOUGHT)
    box.others = (NodeKey(node_id=NODE, public_key=first.keys.public_key.hex()),)
    made = template(1).to_bytes()
    box.templates = [seal_template(first.keys, UUID(int=12), second.keys.public_key, SOUGHT, made, reader.model)]
    WatchDesk(UUID(int=12), box, second.keys, second.group, reader).step()
    assert box.settled == [(SOUGHT, False)] and second.templates.holders() == frozenset()
    for stand in (first, second):
        stand.close()
