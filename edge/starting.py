"""What can keep a node from starting."""

import sqlite3

from devices.errors import AddressError
from edge.folder import NodeError
from edge.journal.errors import JournalError
from edge.store.database import DatabaseFault
from edge.store.files import FileExposed
from edge.store.keys import KeyFault
from edge.sync.enrol import AlreadyEnrolled, NotEnrolled
from edge.sync.errors import InsecureAddress, SyncError
from edge.sync.trust import TrustFault
from edge.verify.face.errors import FaceFault

STARTING_PROBLEMS = (
    NodeError,
    NotEnrolled,
    AlreadyEnrolled,
    InsecureAddress,
    TrustFault,
    SyncError,
    FileExposed,
    KeyFault,
    DatabaseFault,
    JournalError,
    FaceFault,
    AddressError,
    sqlite3.Error,
    OSError,
)
"""Each says in its own words what to do."""
