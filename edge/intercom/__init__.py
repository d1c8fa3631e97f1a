"""Intercoms that ask for their door to be opened."""
