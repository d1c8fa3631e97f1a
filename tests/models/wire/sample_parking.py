"""Tariffs and stays as gates are told of them, with every field said at least once."""

from datetime import timedelta

from models.access.schedule import Span
from models.parking.bays import OnBay
from models.parking.bookings import Booking
from models.parking.charging_bay import BaySpell, Misused, Occupation
from models.parking.coupons import HeldCoupon
from models.parking.cover import Permit
from models.parking.invited import Invited
from models.parking.scope import Group, Scope
from models.parking.tariff import Block, Coupon, NoEntry, Payer, Tariff
from models.values.plate import PlateColour
from models.wire.plates import PassingEntry, PassingList, PlateEntry, PlateList
from models.wire.stays import EndedStay, LotTold, Owed, PaidAt, StaysTold, ToldStay, WindowUsed, ZoneTold
from tests.models.making import LANE_ID, MONDAY_NOON, NODE_ID, uuid
from tests.models.parking.tariffs import T1, T4A, T5, T6, T7, at

EVENING = Span(days=frozenset({1, 2}), start_minute=1080, end_minute=480)
EVERYTHING = Tariff.model_validate(
    {
        "tariff_id": T1.tariff_id,
        "version": 6,
        "name": "每一项都不同",
        "starts_at": at("01-01 00:00"),
        "rates": {
            "kind": "blocks",
            "first": {"minutes": 60, "fen": 500},
            "first_granted": "stay",
            "next": {"minutes": 30, "fen": 100},
            "beyond": {"after": 600, "block": {"minutes": 60, "fen": 50}},
        },
        "other_days": [{"days": [6, 8], "rates": {"kind": "free"}}],
        "day_start": 240,
        "round_up": True,
        "free": {"minutes": 30, "mode": "deducted", "uses_a_day": 2, "gap": 60},
        "visitor_free": {"minutes": 120},
        "drive_through": 10,
        "part_used": "half",
        "boundary": "start",
        "cap": {"fen": 2000, "shared": True, "after_coupons": True},
        "cap_window": "day",
        "classes": [{"vehicle_class": "new_energy", "percent_off": 50, "free_first": 60}],
        "minimum": 100,
        "maximum": 9900,
        "coupon_reaches_free": False,
        "stacking": "best",
        "rounding": {"to": 50, "down": True},
        "leave_minutes": 20,
        "late": "restart",
        "permit_grace_days": 5,
        "permit_end": "from_entry",
        "second_car": "whole_stay",
        "owe_limit": 0,
        "no_entry_fen": 1000,
        "events": [{"start": at("02-01 00:00"), "end": at("02-02 00:00"), "fen": 500, "reason": "灯会"}],
        "split": {"tax_percent": 9, "owners_percent": 70},
    }
)
FREE_NIGHTS = T4A.model_copy(
    update={
        "rates": T4A.rates.model_copy(
            update={"bands": (T4A.rates.bands[0], T4A.rates.bands[1].model_copy(update={"free": 30}))}
        )
    }
)
TARIFFS = tuple(
    each.model_copy(update={"version": number})
    for number, each in enumerate((T1, FREE_NIGHTS, T5, T6, T7, EVERYTHING), 1)
)
STAYS = StaysTold(
    node_id=NODE_ID,
    after=1_772_424_000_000_000,
    number=1_772_424_000_000_001,
    heard_seq=812,
    stays=(
        ToldStay(
            stay_id=uuid(0xD1),
            plate="川A12345",
            entered_at=MONDAY_NOON,
            entry_lane_id=LANE_ID,
            vehicle_class="new_energy",
            tariff_version=2,
            payments=(PaidAt(at=MONDAY_NOON + timedelta(hours=2), fen=7_00),),
            permits=(Permit(valid_from=MONDAY_NOON, valid_until=MONDAY_NOON + timedelta(days=1), hours=(EVENING,)),),
        ),
    ),
    owed=(Owed(stay_id=uuid(0xD2), plate="川AD12345", fen=13_00),),
    gone=frozenset({uuid(0xD3)}),
)
STAYS_AND_LOT = StaysTold(
    node_id=NODE_ID,
    after=0,
    number=1_772_424_000_000_002,
    heard_seq=815,
    lot=LotTold(free=36, full_at=2, own=11, zones=(ZoneTold(name="A 区", free=12), ZoneTold(name="B 区", free=None))),
)

STAYS_WITH_COUPONS = STAYS.model_copy(
    update={
        "stays": (
            STAYS.stays[0].model_copy(
                update={
                    "coupons": (
                        HeldCoupon(
                            coupon=Coupon(coupon_id=uuid(0xD4), issuer="便民超市", minutes=120),
                            since=MONDAY_NOON,
                            until=MONDAY_NOON + timedelta(days=1),
                        ),
                        HeldCoupon(coupon=Coupon(coupon_id=uuid(0xD5), issuer="药房", fen=5_00), since=MONDAY_NOON),
                        HeldCoupon(coupon=Coupon(coupon_id=uuid(0xD6), percent_off=100), since=MONDAY_NOON),
                    )
                }
            ),
        ),
        "owed": (STAYS.owed[0].model_copy(update={"since": MONDAY_NOON}),),
    }
)
STAYS_ACCEPTED = STAYS.model_copy(
    update={
        "stays": (
            STAYS.stays[0].model_copy(
                update={"accepted": (PaidAt(at=MONDAY_NOON + timedelta(hours=3), fen=2_00),)},
            ),
        ),
    }
)
STAYS_DENIED = STAYS.model_copy(
    update={"denied": (Owed(stay_id=uuid(0xD7), plate="川A12345", fen=20_00, since=MONDAY_NOON),)}
)
STAYS_ON_A_BAY = STAYS.model_copy(
    update={
        "stays": (
            STAYS.stays[0].model_copy(
                update={
                    "permits": (
                        Permit(
                            valid_from=MONDAY_NOON,
                            valid_until=MONDAY_NOON + timedelta(days=1),
                            bay="B1-023",
                            bay_cars=2,
                        ),
                    ),
                    "bay_before": (
                        OnBay(bay="B1-023", since=MONDAY_NOON, until=MONDAY_NOON + timedelta(hours=1)),
                        OnBay(bay="B1-023", since=MONDAY_NOON, until=MONDAY_NOON + timedelta(hours=2)),
                    ),
                },
            ),
        ),
    }
)
STAYS_SCOPED = STAYS.model_copy(
    update={"stays": (STAYS.stays[0].model_copy(update={"tariff_id": uuid(0xD7)}),)},
)
SCOPED = T1.model_copy(
    update={
        "tariff_id": uuid(0xD7),
        "version": 2,
        "scope": Scope(
            lanes=frozenset({LANE_ID}),
            classes=frozenset({"large", "new_energy"}),
            colours=frozenset({PlateColour.YELLOW, PlateColour.GREEN}),
            groups=frozenset({Group.TEMPORARY, Group.PERMIT}),
        ),
        "ends": True,
    }
)
OWING = T1.model_copy(update={"owe_days": 90, "no_entry": NoEntry.FIRST_BLOCK})

PLATES = (
    PlateEntry(
        entry_id=uuid(0xB1),
        list=PlateList.PERMIT,
        plate="川A12345",
        since=MONDAY_NOON,
        until=MONDAY_NOON + timedelta(days=30),
        lanes=frozenset({LANE_ID}),
    ),
    PlateEntry(entry_id=uuid(0xB2), list=PlateList.BLOCK, plate="川AD12345", since=MONDAY_NOON),
)
BAYS = (PLATES[0].model_copy(update={"bay": "B1-023", "bay_cars": 2}),)
PASSING = (
    PassingEntry(
        entry_id=uuid(0xB3),
        list=PassingList.SPECIAL,
        plate="川A12345",
        since=MONDAY_NOON,
        until=MONDAY_NOON + timedelta(days=30),
        lanes=frozenset({LANE_ID}),
    ),
    PassingEntry(entry_id=uuid(0xB4), list=PassingList.WHITE, plate="川AD12345", since=MONDAY_NOON),
)
BOOKED = tuple(
    Booking(
        booking_id=uuid(0xD9 + number),
        plate=plate,
        since=MONDAY_NOON,
        until=MONDAY_NOON + timedelta(hours=3),
        wait_until=MONDAY_NOON + timedelta(minutes=30),
        **where,
    )
    for number, (plate, where) in enumerate(
        (("川A12345", {"bay": "B1-A-07", "anybodys": False}), ("川AD12345", {"zone": "A"}))
    )
)
BOOKED_SHARED = (BOOKED[0].model_copy(update={"shared": Block(minutes=60, fen=2_00)}),)
STAYS_AND_BOOKED = StaysTold(
    node_id=NODE_ID,
    after=1_772_424_000_000_006,
    number=1_772_424_000_000_007,
    heard_seq=815,
    lot=LotTold(free=0, booked=frozenset({uuid(0xD9), uuid(0xDA)}), short=1),
)
ENDED_STAY = EndedStay(
    stay_id=uuid(0xDB),
    plate="川A12345",
    entered_at=MONDAY_NOON - timedelta(hours=5),
    left_at=MONDAY_NOON - timedelta(hours=1),
    free=True,
    used=(WindowUsed(since_us=1_772_380_800_000_000, fen=38_00, of=3),),
)
STAYS_WITH_EARLIER = STAYS.model_copy(
    update={"stays": (STAYS.stays[0].model_copy(update={"earlier": (ENDED_STAY,)}),), "ended": (ENDED_STAY,)}
)

INVITED = (Invited(plate="川A12345", since=MONDAY_NOON - timedelta(hours=2), until=MONDAY_NOON),)
STAYS_OF_VISITORS = STAYS.model_copy(update={"stays": (STAYS.stays[0].model_copy(update={"invited": True}),)})
STAYS_ON_CHARGING_BAYS = STAYS.model_copy(
    update={
        "stays": (
            STAYS.stays[0].model_copy(
                update={
                    "occupied": (
                        BaySpell(
                            bay="B1-C1",
                            what=Misused.FUEL_CAR,
                            since=MONDAY_NOON - timedelta(hours=2),
                            until=MONDAY_NOON,
                        ),
                        BaySpell(
                            bay="B1-C2", what=Misused.CHARGED, since=MONDAY_NOON - timedelta(hours=2), until=MONDAY_NOON
                        ),
                    )
                }
            ),
        )
    }
)
BESIDE = T1.model_copy(
    update={"visitor_payer": Payer.HOST, "occupation": Occupation(after=10, minutes=30, fen=5_00, cap=40_00)}
)
