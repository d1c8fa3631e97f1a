"""The rules that a sample snapshot carries, one kind at a time."""

from datetime import date, timedelta

from models.access.cards import CardEntry
from models.access.credential import Cardholder, Kind
from models.access.lifts import FloorsOf
from models.access.lockdown import Lockdown
from models.access.passback import PassbackMode, PassbackZone
from models.access.pictures import Keeping
from models.access.pins import UnitPin, UnitPins
from models.access.policy import Effect, KindWindow, Rule
from models.access.schedule import Span
from models.wire import snapshot
from tests.models.making import HOLDER_ID, LANE, LANE_ID, MONDAY_NOON, NODE_ID, PASS_ID, PUBLIC, SITE, uuid

SNAPSHOT = snapshot.Snapshot(
    tenant_id=uuid(0x7E),
    site_id=SITE,
    node_id=NODE_ID,
    version=12,
    issued_at=MONDAY_NOON,
    expires_at=MONDAY_NOON + timedelta(days=3),
    lanes=(LANE,),
    pass_keys=(snapshot.PassKey(key_id=1, public_key=PUBLIC.hex()), snapshot.PassKey(key_id=2, public_key="0f" * 32)),
    rules=(
        Rule(
            rule_id=uuid(1),
            effect=Effect.SECOND_FACTOR,
            groups=frozenset({"resident", "courier"}),
            lanes=frozenset({LANE_ID}),
            schedule=(Span(days=frozenset({1, 8}), start_minute=1320, end_minute=360),),
            valid_from=MONDAY_NOON,
            valid_until=MONDAY_NOON + timedelta(days=30),
        ),
    ),
    holidays=frozenset({date(2026, 4, 6), date(2026, 5, 1)}),
    cardholders=(
        Cardholder(
            cardholder_id=HOLDER_ID,
            groups=frozenset({"resident"}),
            valid_from=MONDAY_NOON,
            valid_until=MONDAY_NOON + timedelta(days=365),
            blocked=True,
        ),
    ),
    credentials=(snapshot.CredentialEntry(credential_id=PASS_ID, cardholder_id=HOLDER_ID),),
    revoked=frozenset({uuid(0xD2), uuid(0xD3)}),
    refer_when_stale=True,
    send_pictures=True,
)
WITH_FACES = SNAPSHOT.model_copy(
    update={
        "cardholders": (
            Cardholder(
                cardholder_id=HOLDER_ID, face_consent=True, face_consent_until=MONDAY_NOON + timedelta(days=700)
            ),
        ),
        "erase": (snapshot.Erasure(order_id=uuid(0xF01), cardholder_id=uuid(0xC2)),),
    }
)
WITH_OVERTAKEN = SNAPSHOT.model_copy(
    update={"overtaken": (snapshot.Erasure(order_id=uuid(0xF02), cardholder_id=uuid(0xC3)),)}
)
WITH_HOUSEHOLD = SNAPSHOT.model_copy(
    update={
        "cardholders": (Cardholder(cardholder_id=HOLDER_ID, household_blocked_until=MONDAY_NOON + timedelta(days=2)),)
    }
)
WITH_CARDS = SNAPSHOT.model_copy(
    update={
        "card_key": "c5" * 32,
        "cards": (CardEntry(digest="d1" * 16, credential_id=uuid(0xD1), cardholder_id=HOLDER_ID, weak=False),),
        "units": (
            UnitPins(
                unit="31502",
                salt="5a" * 16,
                pins=(
                    UnitPin(
                        hash="7e" * 32,
                        credential_id=uuid(0xD2),
                        cardholder_id=HOLDER_ID,
                        valid_until=MONDAY_NOON + timedelta(days=2),
                    ),
                ),
            ),
        ),
        "kinds": (
            KindWindow(
                lane_id=LANE_ID,
                kind=Kind.PIN,
                schedule=(Span(days=frozenset({1, 8}), start_minute=1320, end_minute=360),),
            ),
        ),
    }
)
WITH_ZONES = SNAPSHOT.model_copy(
    update={
        "passback": (
            PassbackZone(zone_id=uuid(0xA1), mode=PassbackMode.TIMED, minutes=10, lanes=frozenset({LANE_ID})),
        ),
        "lockdowns": (
            Lockdown(
                lockdown_id=uuid(0xA2),
                lanes=frozenset({LANE_ID}),
                group="guards",
                until=MONDAY_NOON + timedelta(hours=2),
            ),
        ),
    }
)
WITH_LIFTS = SNAPSHOT.model_copy(
    update={"floors": (FloorsOf(subject_id=HOLDER_ID, lanes=frozenset({LANE_ID}), floors=frozenset({"11", "B1"})),)}
)
WITH_PICTURES = SNAPSHOT.model_copy(
    update={"send_pictures": True, "pictures_kept": Keeping(passed_s=30, refused_days=3)}
)
