"""Event pictures: small, cropped to the one face where there is one, made off the way to the relay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.ports import Frame, Pixels
from edge.journal.about import Decided
from edge.journal.pictures import Pictures
from edge.lane import pictures as module
from edge.lane.pictures import BYTES_MAX, WIDTH_PX, PictureThread, event_jpeg
from edge.store.keys import KeyRing
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.access.pictures import Keeping, Pictured, Shows
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from models.wire.events import Alarm, AlarmKind
from tests.edge.lane.bench import Bench, a_frame

pixel = st.integers(-2000, 3000)


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)


@given(st.integers(1, 900), st.integers(1, 1500), st.none() | st.tuples(pixel, pixel, pixel, pixel))
@settings(max_examples=60, deadline=None)
def test_any_frame_and_any_box_give_a_small_picture(height: int, width: int, box: tuple[int, ...] | None) -> None:
    jpeg, _ = event_jpeg(noise(height, width), cast("tuple[float, float, float, float] | None", box))
    shown = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and shown.shape[1] <= WIDTH_PX and len(jpeg) <= BYTES_MAX


def test_a_face_is_kept_with_its_surroundings_and_the_rest_is_not() -> None:
    pixels = np.zeros((1000, 1000, 3), dtype=np.uint8)
    pixels[400:500, 400:500] = 255
    jpeg, shows = event_jpeg(pixels, (400.0, 400.0, 100.0, 100.0))
    shown = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None and shown.shape == (380, 380)
    assert 0.04 < (shown > 128).mean() < 0.10
    assert shows is Shows.CROP and event_jpeg(pixels, None).shows is Shows.FRAME


def decided(outcome: Outcome, reason: Reason = Reason.OK) -> Decision:
    return Decision(outcome=outcome, reason=reason, kind=Kind.PASS, at=utc_now(), lane_id=new_id(), rules_version=1)


def test_pictures_are_kept_sealed_and_a_look_is_answered_with_the_newest_frame_or_that_there_is_none(
    tmp_path: Path,
) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    kept, shown = Pictures.open(tmp_path / "pictures", keys), []
    frames: list[Frame | None] = [a_frame(200), None]
    thread = PictureThread(kept, lambda _: None, lambda _: frames.pop(0), lambda command, jpeg: shown.append(jpeg))
    bench = Bench(tmp_path / "bench")
    command: Command = bench.command(Action.LOOK)
    event_id = new_id()
    thread.keep(event_id, a_frame(100), decided(Outcome.GRANT), False)
    thread.look(command)
    thread.look(command)
    thread.stop()
    thread.run()
    assert kept.take(event_id) and kept.about(event_id) == Pictured(shows=Shows.FRAME, outcome=Outcome.GRANT)
    assert shown[0] is not None and shown[1] is None
    assert not any(
        b"\xff\xd8\xff" in path.read_bytes() for path in (tmp_path / "pictures").rglob("*") if path.is_file()
    )
    bench.close()
    bench.keys.close()
    keys.close()


def test_too_many_pictures_are_left_out_and_counted_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_MAX", 2)

    def never(_: UUID) -> Frame | None:
        raise AssertionError

    thread = PictureThread(cast(Pictures, None), lambda _: None, never, lambda *_: None)
    for _ in range(5):
        thread.keep(new_id(), a_frame(), decided(Outcome.GRANT), False)
    assert thread.left_out == 3


@pytest.mark.req("PRIV-05")
def test_a_picture_that_waits_to_be_made_while_its_person_is_erased_is_kept_only_for_an_alarm(tmp_path: Path) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    kept, person = Pictures.open(tmp_path / "pictures", keys), new_id()
    thread = PictureThread(kept, lambda _: (20.0, 20.0, 40.0, 40.0), lambda _: None, lambda *_: None)
    made = decided(Outcome.DENY, Reason.LOW_SCORE).model_copy(update={"cardholder_id": person})
    ids = [new_id() for _ in range(3)]
    for event_id, decision, alarmed in (
        (ids[0], made, False),
        (ids[1], made, True),
        (ids[2], decided(Outcome.DENY), False),
    ):
        thread.keep(event_id, a_frame(100), decision, alarmed)
    kept.erase_people([person], Decided(), utc_now())
    thread.keep(later := new_id(), a_frame(100), made, False)
    thread.stop()
    thread.run()
    assert kept.pending(9) == (ids[1], ids[2], later)
    keys.erase(person)
    assert kept.take(ids[1]) is not None and kept.take(later) is None
    keys.close()


@pytest.mark.req("PRIV-01", "PRIV-08")
def test_a_face_that_was_compared_with_nothing_is_not_cut_out_so_that_nothing_of_it_outlives_its_minute(
    tmp_path: Path,
) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    kept = Pictures.open(tmp_path / "pictures", keys)
    thread = PictureThread(kept, lambda _: (20.0, 20.0, 40.0, 40.0), lambda _: None, lambda *_: None)
    ids = {reason: new_id() for reason in (Reason.NO_REFERENCE, Reason.LOW_SCORE)}
    for reason, event_id in ids.items():
        thread.keep(event_id, a_frame(100), decided(Outcome.REFER, reason), False)
    thread.stop()
    thread.run()
    shown = {reason: kept.about(event_id).shows for reason, event_id in ids.items()}
    assert shown == {Reason.NO_REFERENCE: Shows.FRAME, Reason.LOW_SCORE: Shows.CROP}
    keys.close()


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.req("PRIV-08")
def test_the_thread_itself_deletes_from_the_disk_what_is_past_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One granted, one refused without a face to cut out, one refused with one, one refused with an alarm."""
    monkeypatch.setattr(module, "SWEEP_S", 0.0)
    keys, made = KeyRing.open(tmp_path / "keys"), utc_now()
    kept = Pictures.open(tmp_path / "pictures", keys)
    clock, faces = [made], iter([(20.0, 20.0, 40.0, 40.0), None, (20.0, 20.0, 40.0, 40.0), None])
    thread = PictureThread(kept, lambda _: next(faces), lambda _: None, lambda *_: None, now=lambda: clock[0])
    ids = [new_id() for _ in range(4)]
    for event_id, outcome, alarmed in zip(
        ids, (Outcome.GRANT, Outcome.DENY, Outcome.REFER, Outcome.DENY), (False, False, False, True), strict=True
    ):
        thread.keep(event_id, a_frame(100), decided(outcome), alarmed)
    thread.stop()
    thread.run()
    assert kept.pending(9) == tuple(ids)

    def later(**much: float) -> tuple[UUID, ...]:
        clock[0] = made + timedelta(**much)
        thread.stop()
        thread.run()
        return kept.pending(9)

    assert later(seconds=50) == tuple(ids)
    assert later(seconds=61) == (ids[2], ids[3]), "the whole frame of a refusal does not outlive its minute"
    assert later(days=7, seconds=1) == (ids[3],)
    assert _bytes_in(tmp_path / "pictures") > 0
    assert later(days=31) == ()
    assert _bytes_in(tmp_path / "pictures") == 0
    keys.close()


@pytest.mark.req("PRIV-08")
def test_an_alarm_about_people_holds_what_the_gate_saw_in_the_minute_before(tmp_path: Path) -> None:
    """The link is down and the door is forced half a minute after somebody was let through."""
    keys, made = KeyRing.open(tmp_path / "keys"), utc_now()
    kept = Pictures.open(tmp_path / "pictures", keys)
    before, near = (new_id(now_ns=int((made - timedelta(seconds=ago)).timestamp() * 1e9)) for ago in (90, 30))
    for event_id in (before, near):
        kept.keep(event_id, b"jpeg")
    thread = PictureThread(kept, lambda _: None, lambda _: None, lambda *_: None, now=lambda: made - timedelta(hours=9))
    thread.heard(Alarm(alarm=AlarmKind.DISK), made)
    thread.heard(Alarm(alarm=AlarmKind.FORCED, over=True), made)
    thread.stop()
    thread._swept_at = float("inf")  # what the sweep does is shown above
    thread.run()
    assert kept.sweep(made + timedelta(seconds=20), Keeping()) == 1, "the disk's alarm holds nobody"
    thread.heard(Alarm(alarm=AlarmKind.FORCED), made)
    thread.stop()
    thread.run()
    assert kept.sweep(made + timedelta(days=6), Keeping()) == 0
    assert kept.pending(9) == (near,)
    anew = Pictures.open(tmp_path / "pictures", keys)
    assert anew.sweep(made + timedelta(days=6), Keeping()) == 0, "a restart does not let go of it"
    keys.close()


@pytest.mark.req("LANE-27", "PRIV-08")
def test_what_was_seen_as_an_alarm_began_stands_above_what_was_seen_with_it(tmp_path: Path) -> None:
    shown = module.stacked((a_frame(10), a_frame(200)))
    half = shown.shape[0] // 2
    assert shown.shape[1] == WIDTH_PX and (shown[:half] == 10).all() and (shown[half:] == 200).all()
    pictures = Pictures.open(tmp_path / "pictures", KeyRing.open(tmp_path / "keys"))
    thread = PictureThread(pictures, lambda pixels: None, lambda lane: None, lambda command, jpeg: None)
    thread.keep_of_alarm(event_id := new_id(), (a_frame(10), a_frame(200)))
    thread.stop()
    thread.run()
    assert pictures.take(event_id) is not None
