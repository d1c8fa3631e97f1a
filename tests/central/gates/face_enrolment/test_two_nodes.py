"""Two nodes at a real central: a template goes from one to the other, and its old ciphertext opens no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from central.gates.nodes import mail
from central.gates.nodes.faces.rules import TEMPLATE
from central.gates.nodes.tables import MissedMailRow
from edge.enrolment.desk import EnrolmentDesk
from edge.enrolment.seals import SealAgain, open_template
from edge.health.clock import Clock
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.store.view import view_of
from edge.sync.client import CentralClient
from edge.verify.face.examine import FaceReader
from edge.verify.face.template import Template
from models.values.time import utc_now
from models.wire.events import TemplateStored
from models.wire.faces import SealedTemplate
from tests.central.gates.face_enrolment.test_service import waiting
from tests.central.gates.nodes.faces.conftest import Quarter, Say
from tests.edge.verify.conftest import reader, weights, weights_folder

__all__ = ["reader", "weights", "weights_folder"]


class Gate:
    """A node of the quarter with its own folder; `ahead`: how much later it is there."""

    def __init__(
        self, quarter: Quarter, folder: Path, lane: str, client: TestClient, reader: FaceReader,
        gate_id: UUID | None = None,
    ) -> None:  # fmt: skip
        self.keys = KeyRing.open(folder / "keys")
        self.templates = Templates.open(folder / "templates.db", self.keys)
        self.node = quarter.site.enrol(lane, key=self.keys.signing_key, gate_id=gate_id)
        self.central = CentralClient("http://localhost", self.node.id, self.keys, Clock(), transport=client._transport)
        self.ahead = timedelta()
        self.desk = EnrolmentDesk(
            self.node.id, self.central, self.keys, self.templates, reader, lambda: view_of(quarter.told(self.node)),
            lambda: utc_now() + self.ahead,
        )  # fmt: skip

    def close(self) -> None:
        self.templates.close()
        self.keys.close()


Gates = tuple[Gate, Gate]


@pytest.fixture
def gates(quarter: Quarter, tmp_path: Path, client: TestClient, reader: FaceReader) -> Iterator[Gates]:
    made = tuple(Gate(quarter, tmp_path / lane, lane, client, reader) for lane in ("east-in", "west-in"))
    assert len(made) == 2
    yield made
    for gate in made:
        gate.close()


@pytest.mark.req("PRIV-05", "PRIV-07")
def test_a_template_waits_for_days_arrives_and_is_sent_again_when_its_key_is_gone(
    quarter: Quarter, gates: Gates, say: Say, reader: FaceReader
) -> None:
    first, second = gates
    who = quarter.settle_in()
    vector = np.eye(128, dtype=np.float32)[0]
    face = Template(vector, 3, reader.model)
    first.templates.put(who.holder, face.to_bytes(), face.model)
    say(first.node, TemplateStored(cardholder_id=who.holder, model=face.model, photos=3))
    for gate in (first, second, first):  # the second tells its first key, and the first hears what is missed there
        gate.desk.step()
    (row,) = waiting(quarter)
    kept = SealedTemplate.model_validate_json(row.payload)
    assert (row.node_id, kept.cardholder_id) == (second.node.id, who.holder) and kept.key_id is not None

    second.ahead = timedelta(days=5)
    second.desk.step()
    assert second.templates.get(who.holder) == first.templates.get(who.holder) and waiting(quarter) == []

    second.ahead += timedelta(hours=1, minutes=1)
    second.desk.step()
    senders = frozenset({first.keys.public_key})
    with pytest.raises(SealAgain):
        open_template(second.templates.photo_keys.all(), second.node.id, kept, senders)

    second.templates.erase(who.holder)
    with quarter.session() as db:  # as from a backup of that day
        mail.send(db, second.node.id, TEMPLATE, who.holder, row.payload, quarter.now)
    second.desk.step()
    assert second.templates.get(who.holder) is None and waiting(quarter) == []
    with quarter.session() as db:
        assert [one.subject_id for one in db.scalars(select(MissedMailRow))] == [who.holder]
    for gate in (second, first, second):
        gate.desk.step()
    assert second.templates.get(who.holder) == first.templates.get(who.holder)
    assert waiting(quarter) == []
