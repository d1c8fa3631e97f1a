"""People: communities, houses and who lives in them; later the staff and its shifts."""
