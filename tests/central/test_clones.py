"""Tests share an engine and not a database: nothing that is asked reaches the database of a test before."""

from __future__ import annotations

from sqlalchemy import text

from central.base.database.roles import DATABASE

NAME = text("SELECT current_database()")


def test_a_connection_that_a_thread_of_an_earlier_test_left_is_not_used(connects, database):
    connects.name = DATABASE  # as it was while an earlier test's thread connected
    with database.engine.connect() as connection:
        assert connection.scalar(NAME) == DATABASE
    connects.name = database.name
    for _ in range(2):
        with database.engine.connect() as connection:
            assert connection.scalar(NAME) == database.name
