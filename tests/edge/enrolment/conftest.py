"""A node with its desk, real networks and real faces, and central as far as the desk can see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge.enrolment.desk import EnrolmentDesk
from edge.enrolment.receiving import Receiving, Recipient, recipients
from edge.enrolment.seals import PhotoKey
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.store.view import RulesView, view_of
from edge.sync.errors import Offline
from edge.verify.face.examine import FaceReader
from models.access.credential import Cardholder
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentJob,
    FaceMail,
    LeftOut,
    NodeKey,
    OfferedKeys,
    OtherNode,
    PieceRefusal,
    SealedTemplate,
    TemplateAnew,
    TemplateModels,
    WantedTemplate,
)
from models.wire.snapshot import Snapshot
from scripts.prepare.demo_faces import DemoFaces
from tests.edge.enrolment.test_seals import sealed_as_a_phone_does
from tests.edge.verify.conftest import astronaut, demo_faces, dlib_reader, reader, three_people, weights, weights_folder

__all__ = ["astronaut", "demo_faces", "dlib_reader", "reader", "three_people", "weights", "weights_folder"]

NODE = UUID(int=11)
ANNA, BERTA, SILENT, KEEPER = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
BEFORE = "the model before"


@dataclass
class Post:
    """Central, as far as the desk can see it: keeps mail until it hears its fate."""

    jobs: list[EnrolmentJob] = field(default_factory=list)
    templates: list[SealedTemplate] = field(default_factory=list)
    others: tuple[OtherNode, ...] = ()
    key: OfferedKeys | None = None
    answers: list[EnrolmentAnswer] = field(default_factory=list)
    settled: list[tuple[UUID, bool]] = field(default_factory=list)
    refusals: list[PieceRefusal | None] = field(default_factory=list)
    again: list[UUID] = field(default_factory=list)
    models: list[TemplateModels] = field(default_factory=list)
    anew: list[TemplateAnew] = field(default_factory=list)
    wanted: tuple[WantedTemplate, ...] = ()
    offline: bool = False

    def offer_keys(self, keys: OfferedKeys) -> None:
        if self.offline:
            raise Offline("no link")
        self.key = keys

    def tell_models(self, models: TemplateModels) -> None:
        self.models.append(models)

    def send_anew(self, anew: TemplateAnew) -> None:
        if self.offline:
            raise Offline("no link")
        self.anew.append(anew)

    def face_mail(self) -> FaceMail:
        return FaceMail(
            jobs=tuple(self.jobs), templates=tuple(self.templates), others=self.others, wanted=self.wanted,
            server_time=utc_now(),
        )  # fmt: skip

    def answer_enrolment(self, answer: EnrolmentAnswer) -> None:
        self.jobs = [job for job in self.jobs if job.enrolment_id != answer.enrolment_id]
        self.answers.append(answer)

    def template_settled(self, mail: SealedTemplate, refusal: PieceRefusal | None) -> None:
        self.templates = [one for one in self.templates if one.piece != mail.piece]
        self.settled.append((mail.cardholder_id, refusal is None))
        self.refusals.append(refusal)

    def template_again(self, mail: SealedTemplate) -> None:
        self.templates = [one for one in self.templates if one.piece != mail.piece]
        self.again.append(mail.cardholder_id)


def rules(
    nodes: tuple[NodeKey, ...] | None = None, maker: UUID | None = None, left_out: tuple[LeftOut, ...] = ()
) -> RulesView:
    now = utc_now()
    agreed = [
        Cardholder(cardholder_id=person, face_consent=True, keeps_photos=keeps)
        for person, keeps in ((ANNA, False), (BERTA, False), (KEEPER, True))
    ]
    lapsed = Cardholder(cardholder_id=SILENT, face_consent=True, face_consent_until=now - timedelta(seconds=1))
    return view_of(
        Snapshot(
            tenant_id=new_id(), site_id=new_id(), node_id=NODE, version=1, issued_at=now,
            expires_at=now + timedelta(hours=72), cardholders=(*agreed, lapsed), nodes=nodes, maker=maker,
            left_out=left_out,
        )
    )  # fmt: skip


class Site:
    """One node with its desk, and the post."""

    def __init__(self, folder: Path, reader: FaceReader, node_id: UUID = NODE):
        self.folder, self.node_id = folder, node_id
        self.keys = KeyRing.open(folder / "keys")
        self.templates = Templates.open(folder / "templates.db", self.keys)
        self.post = Post()
        self.ahead = timedelta()
        self.named: tuple[NodeKey, ...] | None = None  # the site's other nodes as the signed rules have them
        self.maker: UUID | None = None  # the enrolment node as they have it
        self.left_out: tuple[LeftOut, ...] = ()  # at whose nodes who did not agree, as they have it
        self.desk = EnrolmentDesk(
            node_id,
            self.post,
            self.keys,
            self.templates,
            reader,
            lambda: rules(self.named, self.maker, self.left_out),
            self.now,
        )

    def now(self) -> datetime:
        return utc_now() + self.ahead

    def job(self, cardholder: UUID, photos: list[bytes]) -> EnrolmentJob:
        job_id, key = new_id(), PhotoKey(self.templates.photo_keys.newest(self.now())).public
        sealed = tuple(
            sealed_as_a_phone_does(key, photo, job_id, n, cardholder_id=cardholder)
            for n, photo in enumerate(photos, start=1)
        )
        return EnrolmentJob(enrolment_id=job_id, cardholder_id=cardholder, photos=sealed)

    def answer(self, job: EnrolmentJob) -> EnrolmentAnswer:
        self.post.jobs.append(job)
        self.desk.step()
        return self.post.answers[-1]

    def close(self) -> None:
        self.templates.close()
        self.keys.close()


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path, reader: FaceReader) -> Iterator[MakeSite]:
    made: list[Site] = []

    def make(name: str = "node", node_id: UUID = NODE) -> Site:
        made.append(Site(tmp_path / name, reader, node_id))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def photos(demo_faces: DemoFaces) -> list[bytes]:
    """Three different pictures of one person."""
    portrait = demo_faces.pictures("astronaut")[0]
    height, width = portrait.shape[:2]
    turned = [cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale) for angle, scale in ((7, 1.0), (-6, 0.9))]
    shots = [portrait, *(cv2.warpAffine(portrait, turn, (width, height), borderMode=1) for turn in turned)]
    lit = [
        np.clip(shot.astype(np.int16) + light, 0, 255).astype(np.uint8)
        for shot, light in zip(shots, (0, 18, -18), strict=True)
    ]
    return [cv2.imencode(".jpg", shot)[1].tobytes() for shot in lit]


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def named(site: Site) -> NodeKey:
    """As the signed rules name it."""
    return NodeKey(node_id=site.node_id, public_key=site.keys.public_key.hex())


def receiving(site: Site) -> Receiving:
    """Its key of this hour, told to central or not yet."""
    return Receiving(site.templates.photo_keys.newest(site.now()))


def by_mail(site: Site) -> OtherNode:
    """As central's mail names it, with its key of this hour."""
    return OtherNode(**named(site).model_dump(), receiving=receiving(site).told(site.keys, site.node_id))


def to(site: Site) -> Recipient:
    """For what is sealed to it now."""
    (recipient,) = recipients([named(site)], [by_mail(site)])
    return recipient


def reached_by(site: Site, other: Site) -> None:
    site.post.others, other.post.others = (by_mail(other),), (by_mail(site),)
