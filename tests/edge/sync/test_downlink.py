"""Rules and commands down: rules first, each command at most once, every refusal an event."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest
from nacl.signing import SigningKey

from edge.health.clock import Clock
from edge.journal.entry import Entry
from edge.store.keys import KeyRing
from edge.store.stays import ToldStays
from edge.store.store import RulesView, Store
from edge.sync.client import CentralClient
from edge.sync.downlink import Downlink, SnapshotRefused
from edge.sync.errors import Offline
from edge.sync.status import Backoff
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from models.wire.commands import Downlink as Told
from models.wire.events import Alarm, CommandDone
from models.wire.signed import Signed, sign
from models.wire.snapshot import Snapshot
from models.wire.stays import StaysTold
from tests.edge.full_disk import no_more_room, room_again


class Bench:
    """A downlink whose central says what `say` was given last, and everything that came of it, in order."""

    def __init__(self, store: Store, keys: KeyRing, node_id: UUID, clock: Clock, central: SigningKey) -> None:
        self.store, self.node_id, self.central = store, node_id, central
        self.told: list[object] = []
        self.asked: list[str] = []
        self.alarms: list[str] = []
        self.answers: list[Told | Exception] = []
        self.beat: dict[str, str] = {}
        client = CentralClient(
            "https://central.example", node_id, keys, clock, transport=httpx.MockTransport(self._answer)
        )
        self._client, self._clock = client, clock
        self.attach(None)

    def attach(self, stays: ToldStays | None) -> None:
        """A fresh downlink, of a node that keeps what it is told of its car park here."""
        self.downlink = Downlink(
            self.store, self._client, self._clock, execute=self._execute, record=self._record, applied=self._applied,
            heartbeat=lambda: self.beat, alarm=self.alarms.append, backoff=Backoff(first_s=0.0, most_s=0.0),
            stays=stays,
        )  # fmt: skip

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            self.told.append((request.url.path, request.content))
            return httpx.Response(204)
        self.asked.append(request.url.query.decode())
        said = self.answers.pop(0) if self.answers else Told(server_time=utc_now())
        if isinstance(said, Exception):
            raise said
        return httpx.Response(200, content=said.model_dump_json())

    def _execute(self, command: Command) -> None:
        assert self.store.ledger().highest >= command.number, "carried out before it was remembered"
        self.told.append(command.number)

    def _record(self, entry: Entry) -> None:
        self.told.append(entry.body)

    def _applied(self, view: RulesView) -> None:
        self.told.append(f"rules {view.version}")

    def say(self, *commands: Signed, snapshot: Signed | None = None) -> None:
        self.answers.append(Told(snapshot=snapshot, commands=commands, server_time=utc_now()))

    def command(self, number: int, key: SigningKey | None = None, **fields: Any) -> Signed:
        content: dict[str, Any] = {
            "command_id": new_id(), "number": number, "node_id": self.node_id, "lane_id": new_id(),
            "action": Action.OPEN, "nonce": new_id().hex, "issued_at": utc_now(), "ttl_s": 5, "actor_id": new_id(),
            "role": "guard", "reason": "a visitor", "correlation": new_id(),
        }  # fmt: skip
        payload = Command.model_validate(content | fields).model_dump_json()
        return sign(payload, "command", key or self.central)

    def snapshot(self, version: int, key: SigningKey | None = None, **fields: Any) -> Signed:
        now = utc_now()
        content = Snapshot(
            tenant_id=new_id(), site_id=new_id(), node_id=self.node_id, version=version, issued_at=now,
            expires_at=now + timedelta(days=3), **fields,
        )  # fmt: skip
        return sign(content.model_dump_json(), "snapshot", key or self.central)


@pytest.fixture
def bench(tmp_path: Path, node_id: UUID, keys: KeyRing, clock: Clock, central_signs: SigningKey) -> Iterator[Bench]:
    store = Store.open(tmp_path / "store.db", node_id, bytes(central_signs.verify_key), keys)
    yield Bench(store, keys, node_id, clock, central_signs)
    store.close()


def refusals(bench: Bench) -> list[tuple[str, str]]:
    return [(body.result, body.reason) for body in bench.told if isinstance(body, CommandDone)]


def test_rules_come_before_commands_and_commands_in_their_order(bench: Bench) -> None:
    bench.say(bench.command(3), bench.command(1), bench.command(2), snapshot=bench.snapshot(5))
    assert bench.downlink.step()
    assert bench.told == ["rules 5", 1, 2, 3]
    bench.downlink.step()
    assert bench.asked[-1].startswith("snapshot=5&")


@pytest.mark.req("SEC-10")
def test_a_central_that_forgot_a_version_is_shown_its_own_signature(bench: Bench) -> None:
    """It was restored from an older backup; a node without rules has nothing to show, and claims none."""
    bench.answers.append(Told(prove=True, server_time=utc_now()))
    bench.downlink.step()
    assert bench.told == []
    signed = bench.snapshot(5)
    bench.say(snapshot=signed)
    bench.answers.append(Told(prove=True, server_time=utc_now()))
    bench.downlink.step()
    bench.downlink.step()
    assert bench.told == ["rules 5", ("/edge/v1/rules", signed.model_dump_json().encode())]


@pytest.mark.req("SYNC-18")
def test_each_poll_says_how_the_node_is_at_that_moment(bench: Bench) -> None:
    for queue in ("3", "0"):
        bench.beat = {"queue": queue, "software": "0.1 β&x"}
        bench.downlink.step()
    assert [parse_qs(asked)["queue"] for asked in bench.asked] == [["3"], ["0"]]
    assert parse_qs(bench.asked[0])["software"] == ["0.1 β&x"]


@pytest.mark.req("SEC-10")
def test_replayed_forged_foreign_and_late_commands_are_refused_and_recorded(bench: Bench) -> None:
    good = bench.command(7)
    bench.say(good)
    bench.downlink.step()
    replay = Command.model_validate_json(good.payload).model_copy(update={"command_id": new_id()})
    bench.say(
        sign(replay.model_dump_json(), "command", bench.central),
        bench.command(6),
        bench.command(8, key=SigningKey.generate()),
        Signed(payload=good.payload.replace('"guard"', '"admin"'), signature=good.signature),
        bench.command(9, node_id=new_id()),
        bench.command(10, issued_at=utc_now() - timedelta(seconds=6), ttl_s=600),
        sign('{"no": "command"}', "command", bench.central),
        sign(good.payload, "snapshot", bench.central),
    )
    bench.downlink.step()
    assert bench.told[0] == 7 and not [told for told in bench.told[1:] if isinstance(told, int)]
    reasons = sorted(reason for _, reason in refusals(bench))
    assert reasons == sorted(["replayed", "replayed", "forged", "forged", "forged", "wrong_point", "late", "malformed"])


@pytest.mark.req("ACC-25")
def test_a_command_that_comes_again_runs_once_and_each_repetition_is_written_down(bench: Bench) -> None:
    """Central hands each command out once; what comes twice was repeated by somebody on the way."""
    again = bench.command(4)
    for _ in range(3):
        bench.say(again)
        bench.downlink.step()
    assert [told for told in bench.told if isinstance(told, int)] == [4]
    assert refusals(bench) == [("refused", "replayed")] * 2


def test_a_command_judged_before_a_crash_never_runs_after_it(bench: Bench, clock: Clock, keys: KeyRing) -> None:
    """S8: remembered, then the power went. It is refused in words rather than carried out a second time."""
    command = bench.command(4)
    assert bench.store.judge_and_remember(Command.model_validate_json(command.payload), utc_now()) == "ok"
    anew = Bench(bench.store, keys, bench.node_id, clock, bench.central)  # the process after the crash
    anew.say(command)
    anew.downlink.step()
    assert refusals(anew) == [("refused", "replayed")] and 4 not in anew.told


def test_lateness_is_judged_by_centrals_time(
    tmp_path: Path, node_id: UUID, keys: KeyRing, central_signs: SigningKey
) -> None:
    """S9 with a node whose clock is two hours off: what is fresh at central opens, what is old does not."""
    for off in (timedelta(hours=2), timedelta(hours=-2)):
        store = Store.open(tmp_path / f"{off}.db", node_id, bytes(central_signs.verify_key), keys)
        bench = Bench(store, keys, node_id, Clock(wall=lambda off=off: utc_now() + off), central_signs)
        bench.say(bench.command(1), bench.command(2, issued_at=utc_now() - timedelta(seconds=30)))
        bench.downlink.step()
        assert bench.told[0] == 1 and refusals(bench) == [("refused", "late")]
        store.close()


def test_refused_rules_are_alarmed_once_and_stop_no_command(bench: Bench) -> None:
    forged = bench.snapshot(9, key=SigningKey.generate())
    for number in (1, 2):
        bench.say(bench.command(number), snapshot=forged)
        with pytest.raises(SnapshotRefused):
            bench.downlink.step()
    alarms = [body for body in bench.told if isinstance(body, Alarm)]
    assert [alarm.detail for alarm in alarms] == ["bad_signature"] and bench.store.view().version == 0
    assert [told for told in bench.told if isinstance(told, int)] == [1, 2]


@pytest.mark.req("SYNC-13")
def test_rules_that_the_disk_does_not_take_are_in_force_and_an_alarm_until_they_are_written(bench: Bench) -> None:
    """Seen on a full disk: a pass revoked at central went on opening the door, and nobody was told."""
    bench.say(snapshot=bench.snapshot(1))
    bench.downlink.step()
    assert bench.alarms == [""]
    no_more_room(bench.store)
    bench.say(snapshot=bench.snapshot(2, revoked=frozenset(new_id() for _ in range(500))))
    bench.downlink.step()
    assert bench.told == ["rules 1", "rules 2"] and bench.store.view().version == 2
    assert "新规则存不下" in bench.alarms[-1] and "cannot be kept" in bench.alarms[-1] and "full" in bench.alarms[-1]
    bench.downlink.step()
    assert bench.asked[-1].startswith("snapshot=2&") and "wait=3" in bench.asked[-1], "soon tried again, asked for once"
    room_again(bench.store)
    bench.downlink.step()
    assert bench.alarms[-2] and bench.alarms[-1] == "" and bench.store.unkept() is None
    bench.downlink.step()
    assert "wait=25" in bench.asked[-1]
    assert bench.told == ["rules 1", "rules 2"], "told once"


@pytest.mark.req("ACC-25", "SYNC-14")
def test_a_command_that_cannot_be_remembered_is_refused_in_words_and_never_carried_out(bench: Bench) -> None:
    bench.say(bench.command(1))
    bench.downlink.step()
    no_more_room(bench.store)
    refused = [bench.command(number, action=Action.LOOK, nonce="n" * 60 + f"{number:04}") for number in range(2, 100)]
    bench.say(*refused)
    bench.downlink.step()
    carried = [told for told in bench.told if isinstance(told, int)]
    reasons = refusals(bench)
    assert reasons and set(reasons) == {("refused", "not_kept")} and len(carried) + len(reasons) == 99
    room_again(bench.store)
    bench.say(refused[-1], bench.command(200))
    bench.downlink.step()
    assert refusals(bench)[-1] == ("refused", "replayed") and bench.told[-1] == 200


def test_the_first_poll_and_the_one_after_a_loss_answer_at_once_to_set_the_clock(bench: Bench) -> None:
    for answer in (None, None, httpx.ConnectError("gone"), None, None):
        if answer is not None:
            bench.answers.append(answer)
            with pytest.raises(Offline) as raised:
                bench.downlink.step()
            bench.downlink._state.went_wrong(raised.value)
        else:
            bench.downlink.step()
    assert [query.partition("wait=")[2] for query in bench.asked] == ["0", "25", "25", "0", "25"]


def test_nothing_central_says_ends_the_thread(bench: Bench) -> None:
    bench.answers = [httpx.ConnectError("gone"), httpx.ReadTimeout("slow"), RuntimeWarning("placeholder")]
    bench.answers.pop()
    bench.say(snapshot=bench.snapshot(9, key=SigningKey.generate()))
    bench.say(sign("[]", "command", bench.central))
    bench.say(bench.command(1), snapshot=bench.snapshot(2))
    stop = threading.Event()
    thread = threading.Thread(target=bench.downlink.run, args=(stop,))
    thread.start()
    until(lambda: 1 in bench.told)
    stop.set()
    thread.join(30)
    assert not thread.is_alive() and bench.store.view().version == 2
    assert bench.downlink.status().online_since is not None


def until(true: Callable[[], bool], deadline_s: float = 60) -> None:
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


@pytest.mark.req("PARK-05")
def test_a_node_with_a_car_park_asks_for_its_news_and_takes_what_is_centrals(
    bench: Bench, tmp_path: Path, central_signs: SigningKey, keys: KeyRing
) -> None:
    bench.downlink.step()
    assert "stays" not in bench.asked[-1], "a node of doors asks for none"
    told = ToldStays.open(tmp_path / "stays.db", bench.node_id, bytes(central_signs.verify_key), keys)
    bench.attach(told)

    def news(key: SigningKey, number: int) -> None:
        content = StaysTold(node_id=bench.node_id, after=0, number=number, heard_seq=0)
        signed = sign(content.model_dump_json(), "stays", key)
        bench.answers.append(Told(stays=signed, server_time=utc_now()))

    news(central_signs, 7)
    assert bench.downlink.step() and told.told().number == 7
    for _ in range(2):
        news(SigningKey.generate(), 9)
        with pytest.raises(SnapshotRefused):
            bench.downlink.step()
    alarms = [one for one in bench.told if isinstance(one, Alarm)]
    assert told.told().number == 7 and {one.device for one in alarms} == {"stays"}
    assert "stays=0" in bench.asked[1] and "stays=7" in bench.asked[-1]
    told.close()
