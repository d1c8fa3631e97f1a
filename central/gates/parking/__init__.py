"""Parking: what a car park charges, who stands in it, who owes, and where there is room.

tariffs     what is charged: versions that two persons bring into force (PARK-03)
plates      who is let in, by which right and until when
stays       who is inside, made of passages; priced, put right, told to the gates
bookings    places kept for a plate
contracts   charges by a plate's contract as it leaves
dues        what was paid, is owed, denied, struck off; the till
coupons     what shops give away
lot         places: plans, sensors, counts
driver      what a phone without an account reaches
"""
