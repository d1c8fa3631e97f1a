"""Hangs parking into central: its routes, the stays that come of the journal, and their money."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.parking import (
    at_exit,
    booking_routes,
    bookings,
    charge_stay,
    contract_entry,
    coupon_routes,
    exit_meant,
    lot_routes,
    lot_told,
    money_routes,
    plate_routes,
    routes,
    stay_pictures,
    stay_projection,
    stay_routes,
    unseen_routes,
    vehicle_lanes,
)
from central.gates.parking.coupon_money import earn_lapsed
from central.gates.parking.stay_fold import FOLDED
from central.gates.parking.stay_money import on_news
from central.money.payments.contracts import FAILED
from central.money.payments.send_refunds import REFUNDED
from central.money.payments.take_payment import TAKEN


def register(parts: Parts) -> None:
    stay_projection.register(projections)
    at_exit.register(projections)
    contract_entry.register(projections)  # behind the stays, which it asks
    vehicle_lanes.register(projections)
    parts.handlers.on("parking.settle_up", {FOLDED, TAKEN, REFUNDED}, on_news)
    parts.handlers.on("parking.join_meant", {FOLDED}, exit_meant.join_meant)
    parts.handlers.on("parking.hold_pictures", {FOLDED}, stay_pictures.on_news)
    parts.jobs.each_tenant("parking.hold_pictures_on", "* * * * *", stay_pictures.look_again)
    parts.handlers.on("parking.stands_at_exit", {at_exit.STANDS}, charge_stay.come)
    parts.handlers.on("parking.charge_goes_on", {charge_stay.GO_ON}, charge_stay.on_go_on)
    parts.handlers.on("parking.charge_failed", {FAILED}, charge_stay.on_failed)
    parts.handlers.on("parking.charge_taken", {TAKEN}, charge_stay.on_taken)
    parts.jobs.each_tenant("parking.ask_contracts", "* * * * * */5", contract_entry.ask_entered)
    parts.jobs.each_tenant("parking.ask_charges", "* * * * * */5", charge_stay.ask_charges)
    parts.jobs.each_tenant("parking.earn_lapsed", "7 * * * *", earn_lapsed)
    parts.routers += [routes.router, plate_routes.router, stay_routes.router, money_routes.router]
    parts.routers += [lot_routes.router, coupon_routes.router, unseen_routes.router]
    parts.routers += [booking_routes.router]
    parts.jobs.each_tenant("parking.bookings", "* * * * *", bookings.sweep)
    parts.jobs.each_tenant("parking.tell_places", "* * * * *", lot_told.sweep)
