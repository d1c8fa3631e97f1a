"""Parking: what a car park charges. Tariffs are immutable versions that two persons bring into force (PARK-03)."""
