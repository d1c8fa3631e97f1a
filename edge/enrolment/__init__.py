"""Faces that come from phones: photos opened here and nowhere else, templates made, and passed on sealed."""
