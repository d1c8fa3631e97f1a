"""The pages at the gate itself: what a person in front of a lane sees and hears."""
