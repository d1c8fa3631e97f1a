"""A disk without room, as SQLite meets it: the node's store can grow no further, and answers SQLITE_FULL."""

from edge.store.stays import ToldStays
from edge.store.store import Store


def no_more_room(store: Store | ToldStays) -> None:
    """From now on nothing goes in that does not fit into the pages it has."""
    db = store._database.connection
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages}")


def room_again(store: Store | ToldStays) -> None:
    store._database.connection.execute("PRAGMA max_page_count=1000000")
