"""Hangs parking into central: its routes, the stays that come of the journal, and their money."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.parking import vehicle_lanes
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings import routes as booking_routes
from central.gates.parking.contracts import at_exit, charge_stay
from central.gates.parking.contracts import entry as contract_entry
from central.gates.parking.coupons import routes as coupon_routes
from central.gates.parking.coupons.money import earn_lapsed
from central.gates.parking.dues import routes as money_routes
from central.gates.parking.lot import routes as lot_routes
from central.gates.parking.lot import told as lot_told
from central.gates.parking.plates import routes as plate_routes
from central.gates.parking.stays import exit_meant, unseen_routes
from central.gates.parking.stays import pictures as stay_pictures
from central.gates.parking.stays import projection as stay_projection
from central.gates.parking.stays import routes as stay_routes
from central.gates.parking.stays.fold import FOLDED
from central.gates.parking.stays.settle import on_news
from central.gates.parking.tariffs import routes
from central.money.payments.contracts import FAILED
from central.money.payments.rules import REFUNDED
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
