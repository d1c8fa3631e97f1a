"""Why the embedded PostgreSQL does not start, in words for the person who started it."""

from __future__ import annotations

from pathlib import Path


class PostgresError(Exception):
    """Base; its text is shown as it is."""


class ProgramsMissing(PostgresError):
    pass


class OtherVersion(PostgresError):
    """The data folder was made by another major version."""

    def __init__(self, folder: Path, found: str, ours: str) -> None:
        super().__init__(
            f"The database in {folder} was made by PostgreSQL {found}; this version of Menting runs PostgreSQL {ours}. "
            f"Nothing was changed. To upgrade: start the Menting version that made it, export with "
            f"`pg_dump -Fc menting > menting.dump`, move the folder {folder} aside, start this version once, stop it, "
            f"and load the export with `pg_restore --clean --if-exists -d menting menting.dump`; or run PostgreSQL "
            f"{ours}'s `pg_upgrade` on the folder."
        )


class InUse(PostgresError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"Another central is running on {folder}. Stop it first, or choose another data folder.")


class DiskFull(PostgresError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no space left for the database in {folder}. Free some space (at least 200 MB) and start again; "
            "what was saved is intact."
        )


class NotWritable(PostgresError):
    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"The data folder {folder} cannot be used: {why}.")


class NoAccount(PostgresError):
    """initdb has no name for the uid that it would run as."""


class DidNotStart(PostgresError):
    def __init__(self, what: str, log: Path, tail: str) -> None:
        super().__init__(f"{what}. Its log is {log}; the last lines:\n{tail}")


def explain(what: str, folder: Path, log: Path) -> PostgresError:
    """The error that fits what PostgreSQL wrote last."""
    try:
        tail = log.read_bytes()[-4000:].decode(errors="replace")
    except FileNotFoundError:
        tail = ""
    if "No space left on device" in tail or "Disk quota exceeded" in tail:
        return DiskFull(folder)
    return DidNotStart(what, log, "\n".join(tail.splitlines()[-12:]))
