"""Payments: what is owed and by which way it was paid, each channel's word checked before it counts."""
