"""The rights of parking: to see tariffs and try them, to draft one, to be the second person who says yes; to keep the
lists of plates; to see the stays of cars, and to put right what is wrong with one; to take cash, to let a car out
free, strike off what one owes; to keep the shops that give coupons; to say whether a lot uses contracts of plates;
to keep the floor plan and the sensors of the car park, to say what was counted there, to look for a car; to make
the signs that drivers scan; to keep a place for a car at a time; to run storm mode."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_TARIFFS = declare("tariff.read", GUARD, MANAGER)
DRAFT_TARIFFS = declare("tariff.draft", MANAGER)
APPROVE_TARIFFS = declare("tariff.approve", MANAGER)
KEEP_PLATES = declare("plate.keep", MANAGER)
READ_STAYS = declare("stay.read", GUARD, MANAGER)
CORRECT_STAYS = declare("stay.correct", GUARD, MANAGER)
TAKE_CASH = declare("stay.take_cash", GUARD, MANAGER)
LET_OFF = declare("stay.let_off", GUARD, MANAGER)
WRITE_OFF = declare("arrears.write_off", MANAGER)
KEEP_COUPONS = declare("coupon.keep", MANAGER)
KEEP_LOT = declare("lot.keep", MANAGER)
COUNT_CARS = declare("lot.count", GUARD, MANAGER)
FIND_CARS = declare("lot.find_car", GUARD, MANAGER)
KEEP_SIGNS = declare("sign.keep", MANAGER)
KEEP_CONTRACTS = declare("contract.keep", MANAGER)
KEEP_BOOKINGS = declare("booking.keep", MANAGER)
RUN_STORMS = declare("storm.run", GUARD, MANAGER)
