"""Bookings: a bay, or a place of a zone, kept for a plate at a time."""
