"""A node calibrates on a manager's word: done and told, or refused in one word with nothing changed."""

import threading
from pathlib import Path

import numpy as np
import pytest

from edge.calibrating import Calibrating
from edge.journal.entry import Entry
from edge.journal.journal import Journal
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.verify.face.backend import SFACE_MODEL
from edge.verify.face.checker import FaceChecker
from edge.verify.face.site_thresholds import FILE, read_site_thresholds
from edge.verify.face.template import template_of
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from models.wire.events import CommandDone, FaceCalibrated
from tests.scripts.test_calibrate import decided, vectors


class Heard:
    """What the node recorded, and a wait for the fate of a command."""

    def __init__(self) -> None:
        self.bodies: list[object] = []
        self.over = threading.Event()

    def __call__(self, entry: Entry) -> None:
        self.bodies.append(entry.body)
        if isinstance(entry.body, CommandDone):
            self.over.set()

    @property
    def fate(self) -> CommandDone:
        assert self.over.wait(60)
        return next(body for body in self.bodies if isinstance(body, CommandDone))


def command() -> Command:
    return Command(
        command_id=new_id(), number=1, node_id=new_id(), lane_id=new_id(), action=Action.CALIBRATE, nonce="n" * 22,
        issued_at=utc_now(), ttl_s=60, actor_id=new_id(), role="manager", reason="新楼入住", correlation=new_id(),
    )  # fmt: skip


@pytest.fixture
def templates(tmp_path: Path):
    keys = KeyRing.open(tmp_path / "keys")
    store = Templates.open(tmp_path / "templates.db", keys)
    yield store
    store.close()
    keys.close()


def enrol(templates: Templates, people: int) -> None:
    for row in vectors(people):
        templates.put(new_id(), template_of([np.asarray(row)] * 3, SFACE_MODEL).to_bytes(), SFACE_MODEL)


class _Reader:
    model = SFACE_MODEL


def test_enough_people_give_thresholds_that_count_at_once_and_are_told(tmp_path, templates):
    enrol(templates, 260)
    heard, faces = Heard(), FaceChecker(_Reader(), templates)  # only its model is asked for
    Calibrating(tmp_path, templates, faces, utc_now, heard).ask(command())
    assert (heard.fate.result, heard.fate.reason) == ("done", "ok")
    told = next(body for body in heard.bodies if isinstance(body, FaceCalibrated))
    kept = read_site_thresholds(tmp_path)
    assert faces.site == kept and kept is not None
    assert (told.people, told.verify.least, told.verify.trials) == (260, kept.verify.least, 260 * 259 // 2)
    assert told.verify.rate_max <= 1e-4

    again = Heard()  # what stands is told at the next start
    Calibrating(tmp_path, templates, faces, utc_now, again).tell()
    assert again.bodies == [told]


def test_too_few_people_change_nothing(tmp_path, templates):
    enrol(templates, 20)
    heard, faces = Heard(), FaceChecker(_Reader(), templates)
    Calibrating(tmp_path, templates, faces, utc_now, heard).ask(command())
    assert (heard.fate.result, heard.fate.reason) == ("refused", "too_few")
    assert faces.site is None and not (tmp_path / FILE).exists()
    assert not [body for body in heard.bodies if isinstance(body, FaceCalibrated)]


def test_a_node_without_faces_says_so_and_tells_nothing_at_its_start(tmp_path, templates):
    heard = Heard()
    calibrating = Calibrating(tmp_path, templates, None, utc_now, heard)
    calibrating.tell()
    assert heard.bodies == []
    calibrating.ask(command())
    assert heard.fate.reason == "no_faces"


@pytest.mark.req("ACC-13")
def test_what_a_person_corrected_is_no_holders_score_and_is_told_by_itself(tmp_path, templates):
    enrol(templates, 260)
    keys = KeyRing.open(tmp_path / "other-keys")
    journal = Journal.open(tmp_path / "journal.db", new_id(), keys)
    events = journal.append(*(Entry(decided(score), correlation=new_id()) for score in (0.8, 0.62, 0.7, 0.31, 0.2)))
    journal.close()
    keys.close()
    somebody_else = frozenset({events[1].correlation, events[3].correlation, new_id()})
    heard, faces = Heard(), FaceChecker(_Reader(), templates)
    Calibrating(tmp_path, templates, faces, utc_now, heard, lambda: somebody_else).ask(command())
    assert heard.fate.reason == "ok"
    told = next(body for body in heard.bodies if isinstance(body, FaceCalibrated))
    assert (told.own_scores, told.own_below) == (3, 1), "0.8, 0.7 and 0.2 were the holders'"
    assert (told.corrected, told.false_accepts) == (2, 1), "0.62 had been let in, 0.31 had not"
