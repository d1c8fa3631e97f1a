"""Dead letters: events that central would not take, each kept whole in a file of its own until central does (SYNC-10).

    folder/<seq>.json      the event as it stands in the journal, why central refused it, and when
    folder/<seq>.damaged   what is left of an event whose row in the journal is damaged, for a person to look at

The journal lets go of an event in time; a letter stays. Central is told that the stretch is missing and goes on; it
takes the event later, as a late one, when its cause was mended. Letters are tried again when the node starts, and when
a technician says so; one whose file was damaged is then taken from the journal, if that still has the event.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from edge.store.files import make_folder, write_private
from edge.sync.client import CentralClient
from edge.sync.errors import Refused
from models.values.frozen import WireValue
from models.values.time import Instant, utc_now
from models.wire.envelope import Batch, Event

log = logging.getLogger(__name__)


class Letter(WireValue):
    """`at`: when central last refused it; `reason`: in its words."""

    event: Event
    reason: str
    at: Instant


class Held(NamedTuple):
    """All that is kept aside, each part oldest first.

    `unread`: events whose letter is a file that cannot be read. `damaged`: events damaged in the journal itself.
    """

    letters: tuple[Letter, ...]
    unread: tuple[int, ...]
    damaged: tuple[int, ...]


class Letters:
    """All letters of a node. Any thread may use it, and a technician's command beside the running node."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._told: frozenset[int] = frozenset()  # whose letter cannot be read: each is logged once

    def seqs(self) -> frozenset[int]:
        """Which events are kept here, damaged ones too. Raises OSError when the folder cannot be read."""
        return self._named("json") | self.damaged()

    def damaged(self) -> frozenset[int]:
        """Which were damaged in the journal: central will never have them. A person takes the file away."""
        return self._named("damaged")

    def all(self) -> tuple[Letter, ...]:
        """Those that can be read, oldest first."""
        return self.held().letters

    def held(self) -> Held:
        """Everything here. A letter that cannot be read stays where it is, and is logged once. Raises OSError."""
        letters, unread = [], []
        for seq in sorted(self._named("json")):
            try:
                letters.append(self._read(seq))
            except FileNotFoundError:  # sent by another process a moment ago
                continue
            except (OSError, ValidationError) as error:
                unread.append(seq)
                if seq not in self._told:
                    log.error("the letter of event %d cannot be read: %s", seq, str(error).splitlines()[0])
        self._told = frozenset(unread)
        return Held(tuple(letters), tuple(unread), tuple(sorted(self.damaged())))

    def get(self, seq: int) -> Letter | None:
        """None when there is none, or it cannot be read."""
        try:
            return self._read(seq)
        except (OSError, ValidationError):
            return None

    def keep(self, event: Event, reason: str) -> None:
        """Durable when it returns. Raises OSError."""
        make_folder(self._folder)
        letter = Letter(event=event, reason=reason[:500], at=utc_now())
        write_private(self._path(event.seq), letter.model_dump_json().encode())

    def keep_damaged(self, seq: int, remains: dict[str, int | str | None], why: str) -> None:
        """Durable when it returns. Raises OSError."""
        make_folder(self._folder)
        content = {"found": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}", "why": why, **remains}
        write_private(self._folder / f"{seq}.damaged", json.dumps(content, indent=1, ensure_ascii=False).encode())

    def resend(self, letter: Letter, client: CentralClient) -> str | None:
        """Send it once more, alone. None when central has it now, and it is no letter any more; else why not.

        Raises SyncError when central could not be asked.
        """
        event = letter.event
        try:
            client.send_batch(Batch(node_id=event.node_id, sent_at=utc_now(), events=(event,)))
        except Refused as refusal:
            self.keep(event, str(refusal.problem))
            return str(refusal.problem)
        self._path(event.seq).unlink(missing_ok=True)
        return None

    def _read(self, seq: int) -> Letter:
        return Letter.model_validate_json(self._path(seq).read_bytes())

    def _named(self, suffix: str) -> frozenset[int]:
        if not self._folder.exists():
            return frozenset()
        return frozenset(int(path.stem) for path in self._folder.glob(f"*.{suffix}") if path.stem.isdecimal())

    def _path(self, seq: int) -> Path:
        return self._folder / f"{seq}.json"
