"""Readers of cards and keys."""
