"""Stays: made of passages, priced, put right by persons, and told to the gates."""
