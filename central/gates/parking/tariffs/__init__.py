"""Tariffs: drafted, agreed on by two persons, tried, and told in sentences."""
