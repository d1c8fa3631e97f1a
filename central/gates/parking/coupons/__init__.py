"""Coupons: what shops bought, gave, and what became of each."""
