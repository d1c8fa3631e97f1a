"""One value of every message of wire version 1, with every field said at least once. `golden/v1/` holds their JSON."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from models.access.credential import Cardholder, Kind
from models.access.decision import Check, Reason
from models.access.lifts import FloorsOf
from models.parking.storm import Storm
from models.site.topology import Direction
from models.wire import commands, events, faces, snapshot
from models.wire.envelope import AlarmsAhead, Batch, BatchReceipt, Event, Parked, genesis, link
from models.wire.signed import Signed
from tests.models.making import HOLDER_ID, LANE, LANE_ID, MONDAY_NOON, NODE_ID, PUBLIC, SITE, uuid
from tests.models.wire.sample_decisions import GRANTED, LIVING, PAYS, REFUSED
from tests.models.wire.sample_faces import FACES
from tests.models.wire.sample_parking import (
    BAYS,
    BESIDE,
    BOOKED,
    BOOKED_SHARED,
    INVITED,
    OWING,
    PASSING,
    PLATES,
    SCOPED,
    STAYS,
    STAYS_ACCEPTED,
    STAYS_AND_BOOKED,
    STAYS_AND_LOT,
    STAYS_DENIED,
    STAYS_OF_VISITORS,
    STAYS_ON_A_BAY,
    STAYS_ON_CHARGING_BAYS,
    STAYS_SCOPED,
    STAYS_WITH_COUPONS,
    STAYS_WITH_EARLIER,
    TARIFFS,
)  # fmt: skip
from tests.models.wire.sample_rules import (
    SNAPSHOT,
    WITH_CARDS,
    WITH_FACES,
    WITH_HOUSEHOLD,
    WITH_LIFTS,
    WITH_OVERTAKEN,
    WITH_PICTURES,
    WITH_ZONES,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "v1"
CORRELATION = uuid(0xB00)
GUARD = uuid(0xA00)

BODIES: dict[str, Any] = {
    "event.decision.granted": events.DecisionMade(
        decision=GRANTED, seen_at=MONDAY_NOON, duration_us=4210, picture=True, liveness="not_measured", party=2
    ),
    "event.decision.living": events.DecisionMade(
        decision=LIVING, seen_at=MONDAY_NOON, duration_us=3_900_000, liveness="live_simulated"
    ),
    "event.decision.curved": events.DecisionMade(
        decision=REFUSED.model_copy(
            update={"reason": Reason.SPOOF, "detail": {"liveness": "spoof_curved", "proved_by": "challenge-1"}}
        ),
        seen_at=MONDAY_NOON,
        duration_us=3_100_000,
        liveness="spoof_curved",
    ),
    "event.decision.refused": events.DecisionMade(decision=REFUSED, seen_at=MONDAY_NOON, duration_us=310),
    "event.decision.household": events.DecisionMade(
        decision=REFUSED.model_copy(
            update={
                "reason": Reason.HOUSEHOLD_BLOCKED,
                "cardholder_id": HOLDER_ID,
                "inputs": {"direction": "in", "groups": "resident"},
            }
        ),
        seen_at=MONDAY_NOON,
        duration_us=420,
        image_rule=events.ImageRule.NOT_ALLOWED,
    ),
    **{
        f"event.decision.{reason}": events.DecisionMade(
            decision=GRANTED.model_copy(
                update={
                    "reason": reason,
                    "score": None,
                    "threshold": None,
                    "detail": {},
                    "checks": (Check(step="second_factor", passed=True, reason=reason),),
                }
            ),
            seen_at=MONDAY_NOON,
            duration_us=420,
        )
        for reason in (Reason.NO_CONSENT, Reason.CONSENT_ENDED)
    },
    "event.decision.by_guard": events.DecisionMade(
        decision=GRANTED.model_copy(update={"kind": Kind.REMOTE}),
        seen_at=MONDAY_NOON,
        duration_us=90,
        command_id=uuid(0xC01),
        actor_id=GUARD,
        said="住户忘带通行码",
    ),
    "event.decision.for_nobody": events.DecisionMade(
        decision=GRANTED.model_copy(update={"kind": Kind.REMOTE}),
        seen_at=MONDAY_NOON,
        duration_us=90,
        command_id=uuid(0xC01),
        actor_id=GUARD,
        said="救护车要来",
        stood=False,
    ),
    "event.actuation": events.Actuated(action="release", confirmed=True, latency_us=61_000),
    "event.actuation.panel": events.Actuated(action="release", confirmed=False, latency_us=90_000, told="panel"),
    "event.actuation.failed": events.Actuated(action="secure", confirmed=False, fault="no answer", latency_us=500_000),
    "event.sensed": events.Sensed(position=events.Position.UNKNOWN),
    "event.sensed.fire_over": events.Sensed(position=events.Position.CLOSED, fire=False),
    "event.passage": events.Passage(passed=True, open_ms=3450, why="door_cycle"),
    "event.passage.none": events.Passage(passed=False, why="timeout"),
    "event.decision.intercom": events.DecisionMade(
        decision=GRANTED.model_copy(update={"kind": Kind.INTERCOM, "cardholder_id": None, "credential_id": None}),
        seen_at=MONDAY_NOON,
        duration_us=900,
    ),
    "event.decision.pays": events.DecisionMade(
        decision=PAYS, seen_at=MONDAY_NOON, duration_us=900, plate=bytes(range(40))
    ),
    "event.decision.plate": events.DecisionMade(
        decision=GRANTED.model_copy(
            update={"kind": Kind.PLATE, "cardholder_id": None, "detail": {"case": "permit"}, "score": None}
        ),
        seen_at=MONDAY_NOON,
        duration_us=812_000,
        plate=bytes(range(50)),
    ),
    "event.passage.loops": events.Passage(passed=True, why="loops"),
    "event.passage.inner": events.Passage(passed=True, why="loops", from_zone="B1", to_zone="B2"),
    "event.passage.backed_out": events.Passage(passed=False, why="backed_out"),
    "event.plate_read": events.PlateRead(
        why="stored", plate=bytes(range(50)), taken_at=MONDAY_NOON, count=2, detail="isoffline"
    ),
    "event.passage.lift": events.Passage(passed=False, why="not_sensed"),
    "event.passage.silent": events.Passage(passed=False, why="board_silent"),
    "event.alarm": events.Alarm(alarm=events.AlarmKind.FORCED, device="east-in/door", detail="opened without a grant"),
    "event.alarm.fire_lane": events.Alarm(alarm=events.AlarmKind.FIRE_LANE, picture=True),
    "event.sensed.ebike": events.Sensed(position=events.Position.CLOSED, ebike=True),
    "event.alarm.over": events.Alarm(alarm=events.AlarmKind.HELD_OPEN, over=True),
    "event.passage.held": events.Passage(passed=True, why="loops", held=True),
    "event.passage.tidal": events.Passage(passed=True, why="loops", direction=Direction.OUT),
    "event.lane_held": events.LaneHeld(
        held=True, since=MONDAY_NOON, until=MONDAY_NOON + timedelta(hours=2), passed=3, actor_id=GUARD, said="搬家车队"
    ),
    "event.lane_held.over": events.LaneHeld(
        held=False,
        since=MONDAY_NOON,
        until=MONDAY_NOON + timedelta(hours=2),
        passed=17,
        ended="resumed",
        ended_by=GUARD,
        storm_id=uuid(0x570),
    ),
    "event.lane_held.lockdown": events.LaneHeld(
        held=False, since=MONDAY_NOON, until=MONDAY_NOON + timedelta(hours=2), ended="lockdown"
    ),
    "event.lane_direction": events.LaneDirection(direction=Direction.OUT, actor_id=GUARD, said="晚高峰"),
    "event.lane_direction.waits": events.LaneDirection(
        direction=Direction.IN,
        due=MONDAY_NOON,
        waits="not_empty",
        next_at=MONDAY_NOON + timedelta(hours=7),
        next_leads=Direction.OUT,
    ),
    "event.command": events.CommandDone(command_id=uuid(0xC01), action="open", result="refused", reason="late"),
    "event.command.reset_passback": events.CommandDone(
        command_id=uuid(0xC01), action="reset_passback", result="done", subject_id=HOLDER_ID
    ),
    "event.node": events.NodeNews(what="snapshot_applied", detail={"version": "12"}),
    "event.scan_refused": events.Scanned(why="too_long", length=4096),
    "event.scan_refused.backlog": events.Scanned(why="backlog", length=4780, count=779),
    "event.template_stored": events.TemplateStored(cardholder_id=HOLDER_ID, model="sface@0ba9fbfa01b5", photos=3),
    "event.template_stored.anew": events.TemplateStored(
        cardholder_id=HOLDER_ID, model="sface@1cafe0000001", photos=3, anew=True
    ),
    "event.template_stored.piece": events.TemplateStored(
        cardholder_id=HOLDER_ID, model="sface@0ba9fbfa01b5", photos=3, piece="5e" * 32
    ),
    "event.photos_kept": events.PhotosKept(cardholder_id=HOLDER_ID, photos=3),
    "event.face_calibrated": events.FaceCalibrated(
        model="sface-2021dec-int8-folded",
        made_at=MONDAY_NOON,
        people=412,
        photos=3,
        verify=events.Measured(least=0.4327, trials=84_666, reached=4, rate_max=0.000109),
        search=events.Measured(least=0.5104, trials=412, reached=1, rate_max=0.01146),
        twins_left_out=1,
        own_scores=230,
        own_below=3,
    ),
    "event.call": events.LaneCall(what="began", by="button", visit_id=uuid(0xCA)),
    "event.call.answered": events.LaneCall(what="answered", by="intercom", answered_by="post-2"),
    "event.alarm.watch_group": events.Alarm(alarm=events.AlarmKind.WATCH_GROUP, device="7", detail="missing 0.612"),
    "event.watch_group": events.WatchChanged(entry_id=uuid(0xAC), what="stored"),
    "event.face_calibrated.corrected": events.FaceCalibrated(
        model="sface-2021dec-int8-folded",
        made_at=MONDAY_NOON,
        people=260,
        photos=3,
        verify=events.Measured(least=0.4411, trials=33_670, reached=0, rate_max=0.0000891),
        own_scores=228,
        own_below=2,
        corrected=2,
        false_accepts=1,
    ),
    "event.face_calibrated.few": events.FaceCalibrated(
        model="sface-2021dec-int8-folded",
        made_at=MONDAY_NOON,
        people=260,
        photos=1,
        verify=events.Measured(least=0.4411, trials=33_670, reached=0, rate_max=0.0000891),
    ),
    "event.template_erased": events.TemplateErased(
        cardholder_id=HOLDER_ID, order_id=uuid(0xF01), had_template=True, places=("template", "key", "pictures")
    ),
    "event.template_erased.held": events.TemplateErased(
        cardholder_id=HOLDER_ID,
        order_id=uuid(0xF01),
        had_template=True,
        places=("template", "key"),
        held=(events.HeldPicture(event_id=uuid(0xF02), until=MONDAY_NOON + timedelta(days=30)),),
    ),
}


def _journal() -> tuple[Event, ...]:
    """Three events of one access, chained; one sealed, one without lane, one whose clock was never compared.

    Their bodies are the golden texts and not what is written today: a field added later must not re-hash version 1.
    """
    made: list[Event] = []
    shapes = [("event.decision.granted", b"ciphertext", 15, LANE_ID), ("event.actuation", None, None, LANE_ID)]
    for seq, (name, sealed, skew_ms, lane_id) in enumerate([*shapes, ("event.node", None, -3, None)], start=1):
        fields: dict[str, Any] = {
            "v": 1,
            "node_id": NODE_ID,
            "seq": seq,
            "event_id": uuid(0xE0 + seq),
            "at": MONDAY_NOON + timedelta(milliseconds=seq),
            "skew_ms": skew_ms,
            "correlation": CORRELATION,
            "lane_id": lane_id,
            "body": json.dumps(json.loads((GOLDEN / f"{name}.json").read_bytes()), ensure_ascii=False),
            "sealed": sealed,
            "prev": made[-1].hash if made else genesis(NODE_ID),
        }
        made.append(Event(**fields, hash=link(**fields)))
    return tuple(made)


SIGNED_SNAPSHOT = Signed(payload='{"v":1,"version":12}', signature="QUJD" * 21 + "QQ==")
SIGNED_COMMAND = Signed(payload='{"v":1,"number":41}', signature="REVG" * 21 + "RA==")

COMMAND = commands.Command(
    command_id=uuid(0xC01),
    number=41,
    node_id=NODE_ID,
    lane_id=LANE_ID,
    action=commands.Action.OPEN,
    nonce="0123456789abcdef",
    issued_at=MONDAY_NOON,
    ttl_s=5,
    actor_id=GUARD,
    role="guard",
    reason="住户忘带通行码",
    correlation=CORRELATION,
)
JOURNAL = _journal()

MESSAGES: dict[str, Any] = {
    "envelope": JOURNAL[0],
    "batch": Batch(node_id=NODE_ID, sent_at=MONDAY_NOON + timedelta(seconds=1), lost_before=True, events=JOURNAL),
    "alarms_ahead": AlarmsAhead(node_id=NODE_ID, sent_at=MONDAY_NOON + timedelta(seconds=1), events=JOURNAL[:1]),
    "batch_receipt": BatchReceipt(
        acked_seq=3, duplicates=1, parked=(Parked(seq=2, reason="unknown kind"),), server_time=MONDAY_NOON
    ),
    "snapshot": SNAPSHOT,
    "snapshot.faces": WITH_FACES,
    "snapshot.photos": SNAPSHOT.model_copy(
        update={"cardholders": (Cardholder(cardholder_id=HOLDER_ID, face_consent=True, keeps_photos=True),)}
    ),
    "snapshot.household": WITH_HOUSEHOLD,
    "snapshot.overtaken": WITH_OVERTAKEN,
    "signed": SIGNED_SNAPSHOT,
    "snapshot.zones": WITH_ZONES,
    "snapshot.cards": WITH_CARDS,
    "snapshot.lifts": WITH_LIFTS,
    "snapshot.moving": WITH_LIFTS.model_copy(
        update={
            "floors": (
                FloorsOf(
                    subject_id=HOLDER_ID,
                    lanes=frozenset({LANE_ID}),
                    floors=frozenset({"3A"}),
                    valid_from=MONDAY_NOON,
                    valid_until=MONDAY_NOON + timedelta(days=7),
                ),
            )
        }
    ),
    "snapshot.pictures": WITH_PICTURES,
    "snapshot.card_with_an_end": WITH_CARDS.model_copy(
        update={
            "cards": tuple(
                card.model_copy(update={"valid_until": MONDAY_NOON + timedelta(days=30)}) for card in WITH_CARDS.cards
            )
        }
    ),
    "snapshot.watch": SNAPSHOT.model_copy(
        update={
            "watch": (
                snapshot.WatchEntry(
                    entry_id=uuid(0xAC), number=7, ground="missing", expires_at=MONDAY_NOON + timedelta(days=30)
                ),
            )
        }
    ),
    "snapshot.maker": SNAPSHOT.model_copy(update={"maker": uuid(0xE2)}),
    "snapshot.left_out": SNAPSHOT.model_copy(
        update={"left_out": (faces.LeftOut(cardholder_id=uuid(0xA1), nodes=(uuid(0xE2), uuid(0xE3))),)}
    ),
    "snapshot.nodes": SNAPSHOT.model_copy(update={"nodes": (faces.NodeKey(node_id=uuid(0xE2), public_key="6e" * 32),)}),
    "snapshot.plates": SNAPSHOT.model_copy(
        update={
            "plate_key": "a9" * 32,
            "plates": PLATES,
        }
    ),
    "snapshot.booked": SNAPSHOT.model_copy(update={"booked": BOOKED}),
    "snapshot.shared": SNAPSHOT.model_copy(update={"booked": BOOKED_SHARED}),
    "snapshot.bays": SNAPSHOT.model_copy(update={"plate_key": "a9" * 32, "plates": BAYS}),
    "snapshot.passing": SNAPSHOT.model_copy(update={"passing": PASSING}),
    "snapshot.tariffs": SNAPSHOT.model_copy(update={"tariffs": TARIFFS}),
    "snapshot.corrected": SNAPSHOT.model_copy(update={"corrected": frozenset({CORRELATION, uuid(0xAB)})}),
    "snapshot.storm": SNAPSHOT.model_copy(
        update={
            "storms": (
                Storm(
                    storm_id=uuid(0x570),
                    opens=frozenset({LANE_ID}),
                    closes=frozenset({uuid(0x571)}),
                    until=MONDAY_NOON + timedelta(hours=12),
                ),
            )
        }
    ),
    "command": COMMAND,
    "command.hold_open": COMMAND.model_copy(update={"action": commands.Action.HOLD_OPEN, "minutes": 120}),
    "command.switch_direction": COMMAND.model_copy(
        update={"action": commands.Action.SWITCH_DIRECTION, "direction": Direction.OUT}
    ),
    "command.reset_passback": COMMAND.model_copy(
        update={"action": commands.Action.RESET_PASSBACK, "subject_id": HOLDER_ID}
    ),
    "downlink": commands.Downlink(snapshot=SIGNED_SNAPSHOT, commands=(SIGNED_COMMAND,), server_time=MONDAY_NOON),
    "downlink.empty": commands.Downlink(server_time=MONDAY_NOON),
    "downlink.prove": commands.Downlink(prove=True, server_time=MONDAY_NOON),
    "downlink.stays": commands.Downlink(stays=SIGNED_COMMAND, server_time=MONDAY_NOON),
    "stays": STAYS,
    "stays.coupons": STAYS_WITH_COUPONS,
    "stays.accepted": STAYS_ACCEPTED,
    "stays.bays": STAYS_ON_A_BAY,
    "stays.denied": STAYS_DENIED,
    "stays.earlier": STAYS_WITH_EARLIER,
    "stays.visitors": STAYS_OF_VISITORS,
    "stays.charging_bays": STAYS_ON_CHARGING_BAYS,
    "snapshot.invited": SNAPSHOT.model_copy(update={"invited": INVITED}),
    "tariff.beside": BESIDE,
    "tariff.owing": OWING,
    "tariff.scoped": SCOPED,
    "stays.scoped": STAYS_SCOPED,
    "stays.lot": STAYS_AND_LOT,
    "stays.booked": STAYS_AND_BOOKED,
    "downlink.mail": commands.Downlink(mail=True, server_time=MONDAY_NOON),
    **FACES,
    "enrol_request": commands.EnrolRequest(
        token="one-time-token-of-20+",
        public_key=PUBLIC.hex(),
        name="东门",
        version="0.1.0",
        lanes=(commands.EnrolLane(code="east-in", name="东门入口", direction="in"),),
    ),
    "enrol_request.vehicles": commands.EnrolRequest(
        token="one-time-token-of-20+",
        public_key=PUBLIC.hex(),
        name="东门",
        version="0.1.0",
        lanes=(
            commands.EnrolLane(code="east-in", name="东门入口", direction="in", vehicles=False),
            commands.EnrolLane(code="east-car-in", name="东门车行进", direction="in", vehicles=True),
        ),
    ),
    "enrol_request.inner": commands.EnrolRequest(
        token="one-time-token-of-20+",
        public_key=PUBLIC.hex(),
        name="地下二层",
        version="0.1.0",
        lanes=(
            commands.EnrolLane(code="ramp", name="坡道", direction="in", vehicles=True, from_zone="B1", to_zone="B2"),
        ),
    ),
    "enrol_reply": commands.EnrolReply(
        node_id=NODE_ID,
        site_id=SITE,
        tenant_id=uuid(0x7E),
        central_key="0f" * 32,
        lanes=(LANE,),
        server_time=MONDAY_NOON,
    ),
    "enrol_reply.beside": commands.EnrolReply(
        node_id=NODE_ID,
        site_id=SITE,
        tenant_id=uuid(0x7E),
        central_key="0f" * 32,
        lanes=(LANE,),
        server_time=MONDAY_NOON,
        beside=("东门岗",),
    ),
}

SAMPLES: dict[str, Any] = {**BODIES, **MESSAGES}


def reader(name: str) -> TypeAdapter[Any]:
    """What reads a golden file: bodies by their `kind`, as ingest does; messages by their own model."""
    return events.EVENT_BODY if name in BODIES else TypeAdapter(type(SAMPLES[name]))
