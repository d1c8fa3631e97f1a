"""Parking: a stay, its tariff, and what it costs. Pure."""
