"""Storm mode 防汛 of a car park: begun, prolonged, ended; whose cars are inside, and who of them was told (LANE-28)."""
