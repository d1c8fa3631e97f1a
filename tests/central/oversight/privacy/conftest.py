"""The towns of the tests about people, for what is said of them as a whole."""

from tests.central.people.conftest import other_town, town

__all__ = ["other_town", "town"]
