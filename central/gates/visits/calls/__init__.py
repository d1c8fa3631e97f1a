"""Who asks for a person at a lane, and who has taken it: the remote booth (LANE-26)."""
