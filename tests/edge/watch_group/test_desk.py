"""The desk of the watch group: sealed photos become faces here and at the other nodes; what is over is destroyed."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge.enrolment.receiving import Receiving, recipients
from edge.enrolment.seals import PhotoKey, seal_template
from edge.store.database import DatabaseBusy
from edge.sync.errors import Offline
from edge.verify.face.checker import FaceChecker
from edge.verify.face.examine import FaceReader
from edge.verify.face.track import FRAMES_MIN
from edge.watch_group.desk import WatchDesk
from edge.watch_group.lookout import WatchedFaces
from models.values.time import utc_now
from models.wire.events import WatchChanged
from models.wire.faces import (
    PHOTO_FOR_ENROLMENT,
    PHOTO_FOR_WATCHING,
    EnrolmentAnswer,
    EnrolmentOutcome,
    OtherNode,
    SealedTemplate,
    TemplateAnew,
    WantedTemplate,
    WatchJob,
    WatchMail,
)
from scripts.prepare import frames
from tests.edge.enrolment.test_seals import sealed_as_a_phone_does
from tests.edge.watch_group.stand import NODE, OTHER, SOUGHT, Stand, template

pytestmark = pytest.mark.req("ACC-30")


class Box:
    """Central, as far as the desk can see it."""

    def __init__(self) -> None:
        self.jobs: list[WatchJob] = []
        self.templates: list[SealedTemplate] = []
        self.others: tuple[OtherNode, ...] = ()
        self.wanted: tuple[WantedTemplate, ...] = ()
        self.again: list[UUID] = []
        self.anew: list[TemplateAnew] = []
        self.answers: list[EnrolmentAnswer] = []
        self.settled: list[tuple[UUID, bool]] = []

    def watch_mail(self) -> WatchMail:
        return WatchMail(
            jobs=tuple(self.jobs), templates=tuple(self.templates), others=self.others, wanted=self.wanted,
            server_time=utc_now(),
        )  # fmt: skip

    def answer_watch(self, answer: EnrolmentAnswer) -> None:
        self.answers.append(answer)
        self.jobs = []

    def watch_settled(self, mail: SealedTemplate, taken: bool) -> None:
        self.settled.append((mail.cardholder_id, taken))

    def watch_again(self, mail: SealedTemplate) -> None:
        self.again.append(mail.cardholder_id)

    def send_watch_anew(self, anew: TemplateAnew) -> None:
        self.anew.append(anew)


def by_mail(stand: Stand, node_id: UUID) -> OtherNode:
    """As central's mail names it, with its key of this hour."""
    told = Receiving(stand.residents.photo_keys.newest(stand.now)).told(stand.keys, node_id)
    return OtherNode(node_id=node_id, public_key=stand.keys.public_key.hex(), receiving=told)


def job(stand: Stand, photo: np.ndarray, sealed_to: UUID = SOUGHT, purpose: str = PHOTO_FOR_WATCHING) -> WatchJob:
    content = cv2.imencode(".jpg", photo)[1].tobytes()
    sealed = sealed_as_a_phone_does(
        PhotoKey(stand.residents.photo_keys.newest(stand.now)).public, content, sealed_to, 1, purpose
    )
    return WatchJob(entry_id=SOUGHT, photos=(sealed,))


def test_a_sealed_photo_becomes_a_face_here_and_at_the_other_nodes_and_is_kept_nowhere(
    tmp_path: Path, reader: FaceReader, astronaut: np.ndarray
) -> None:
    first, second = Stand(tmp_path / "one", reader.model), Stand(tmp_path / "two", reader.model)
    box = Box()
    box.others = (by_mail(second, UUID(int=12)),)
    desk = WatchDesk(NODE, box, first.keys, first.group, reader, lambda: first.rules, first.residents.photo_keys)
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
    other.others = (by_mail(first, NODE),)
    WatchDesk(
        UUID(int=12), other, second.keys, second.group, reader, lambda: second.rules, second.residents.photo_keys
    ).step()
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
    desk = WatchDesk(NODE, box, stand.keys, stand.group, reader, lambda: stand.rules, stand.residents.photo_keys)
    for sent, problem in (
        (job(stand, np.full((480, 480, 3), 128, np.uint8)), "no_face"),
        (job(stand, np.zeros((480, 480, 3), np.uint8)), "too_dark"),
        (job(stand, astronaut, sealed_to=OTHER), "not_for_this_node"),
        (job(stand, astronaut, purpose=PHOTO_FOR_ENROLMENT), "not_for_this_node"),
    ):
        box.jobs = [sent]
        desk.step()
        assert [one.problem for one in box.answers[-1].problems] == [problem]
    assert stand.templates.holders() == frozenset()
    stand.close()


@pytest.mark.req("PRIV-04")
@pytest.mark.parametrize("how", ["silent", "offline"])
def test_new_rules_destroy_what_is_over_at_once_while_central_leaves_the_desks_question_unanswered(
    tmp_path: Path, reader: FaceReader, how: str
) -> None:
    """An answer may take twenty seconds, and the wait after a fault thirty: who is over does not lie there as long."""
    asked, over = threading.Event(), threading.Event()

    class Silent(Box):
        def watch_mail(self) -> WatchMail:
            asked.set()
            assert how == "offline" or over.wait(60)
            raise Offline("no answer")

    stand, stop = Stand(tmp_path, reader.model), threading.Event()
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    desk = WatchDesk(NODE, Silent(), stand.keys, stand.group, reader, lambda: stand.rules, stand.residents.photo_keys)
    thread = threading.Thread(target=desk.run, args=(stop,))
    thread.start()
    try:
        assert asked.wait(60)
        stand.told()
        desk.rules_changed()
        assert stand.templates.holders() == frozenset()
        assert stand.owed()[-1] == WatchChanged(entry_id=SOUGHT, what="erased")
    finally:
        stop.set()
        over.set()
        thread.join(60)
        stand.close()


def test_new_rules_that_find_the_file_busy_leave_it_to_the_desks_next_round(
    stand: Stand, reader: FaceReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.told(SOUGHT)
    stand.group.keep(SOUGHT, template(1))
    stand.told()
    desk = WatchDesk(NODE, Box(), stand.keys, stand.group, reader, lambda: stand.rules, stand.residents.photo_keys)

    def busy(*_: UUID) -> frozenset[UUID]:
        raise DatabaseBusy("somebody reads it")

    with monkeypatch.context() as patched:
        patched.setattr(stand.keys, "erase", busy)
        desk.rules_changed()
    assert stand.templates.holders() == {SOUGHT}
    desk.step()
    assert stand.templates.holders() == frozenset()


@pytest.mark.req("PRIV-19")
def test_what_a_resident_gave_with_consent_is_not_taken_into_the_watch_group(
    tmp_path: Path, reader: FaceReader
) -> None:
    """Not the photo (above), and not the template that went from node to node, whatever central puts it into."""
    first, second, box = Stand(tmp_path / "one", reader.model), Stand(tmp_path / "two", reader.model), Box()
    second.told(SOUGHT)
    box.others = (by_mail(first, NODE),)
    made = template(1).to_bytes()
    second_by_mail = by_mail(second, UUID(int=12))
    (to,) = recipients([second_by_mail], [second_by_mail])
    box.templates = [seal_template(first.keys, to, SOUGHT, made, reader.model)]
    WatchDesk(
        UUID(int=12), box, second.keys, second.group, reader, lambda: second.rules, second.residents.photo_keys
    ).step()
    assert box.settled == [(SOUGHT, False)] and second.templates.holders() == frozenset()
    for stand in (first, second):
        stand.close()


@pytest.mark.req("ACC-30", "PRIV-05", "PRIV-07")
def test_a_face_that_opens_no_more_is_asked_for_again_and_one_that_was_missed_is_sent(
    tmp_path: Path, reader: FaceReader, astronaut: np.ndarray
) -> None:
    """Sealed to a key of the hour, as everybody's, which is destroyed while the entry stands on."""
    first, second = Stand(tmp_path / "one", reader.model), Stand(tmp_path / "two", reader.model)
    boxes = {NODE: Box(), UUID(int=12): Box()}
    desks = {
        node: WatchDesk(
            node, boxes[node], one.keys, one.group, reader, lambda one=one: one.rules, one.residents.photo_keys
        )
        for node, one in ((NODE, first), (UUID(int=12), second))
    }  # fmt: skip
    here, there = boxes[NODE], boxes[UUID(int=12)]
    here.others, there.others = (by_mail(second, UUID(int=12)),), (by_mail(first, NODE),)
    for stand in (first, second):
        stand.told(SOUGHT)
    here.jobs = [job(first, astronaut)]
    desks[NODE].step()
    there.templates = list(here.answers[0].templates)
    keys, later = second.residents.photo_keys, second.now + timedelta(hours=1)
    keys.told(keys.newest(second.now), second.now)
    keys.told(keys.newest(later), later)
    assert keys.destroy_over(later + timedelta(hours=1)) == 1
    desks[UUID(int=12)].step()
    assert (there.again, there.settled, second.templates.holders()) == ([SOUGHT], [], frozenset())
    second.now = later
    here.others = (by_mail(second, UUID(int=12)),)
    here.wanted = tuple(WantedTemplate(node_id=UUID(int=12), cardholder_id=entry) for entry in (SOUGHT, OTHER))
    desks[NODE].step()
    (sent,) = here.anew
    assert sent.cardholder_id == SOUGHT
    there.templates = list(sent.templates)
    desks[UUID(int=12)].step()
    assert there.settled == [(SOUGHT, True)] and second.templates.get(SOUGHT) == first.templates.get(SOUGHT)
    stolen = by_mail(first, UUID(int=12)).receiving
    here.others, here.anew = (by_mail(second, UUID(int=12)).model_copy(update={"receiving": stolen}),), []
    desks[NODE].step()
    assert here.anew == [], "to a key that is not its own nothing is sealed"
    for stand in (first, second):
        stand.close()
