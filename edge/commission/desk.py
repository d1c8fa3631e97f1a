"""One commissioning while it runs: the folder, the draft, the device on trial. The page asks it; it asks nobody."""

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from devices.capture import Capture, redact, secrecy_of, to_text
from devices.catalogue import Kind, parse
from devices.diagnose import Finding
from edge.commission.checklist import Done, complete, name_of
from edge.commission.draft import Tree, with_device
from edge.commission.found import Found
from edge.commission.keeping import Keeping, Kept
from edge.commission.trial import Trial
from edge.site_problem import SiteError
from models.values.time import site_time


class Desk:
    """Any thread may call it; one at a time is answered."""

    def __init__(
        self,
        keeping: Keeping,
        look: Callable[[], Iterable[Found]],
        now: Callable[[], datetime],
        simulated: bool = False,
    ) -> None:
        self.keeping, self.simulated = keeping, simulated
        self._look, self._now = look, now
        self._lock = threading.RLock()
        self._kept = keeping.load()
        self.trial: Trial | None = None
        self.offered: tuple[str, ...] = ()
        """Addresses of the streams that a camera was last asked for, password and all: in memory, and on no page."""

    @property
    def kept(self) -> Kept:
        return self._kept

    def look(self) -> tuple[Found, ...]:
        return tuple(self._look())

    def stamp(self) -> str:
        """Now, as it is written on paper at the gate."""
        return site_time(self._now()).strftime("%Y-%m-%d %H:%M")

    def change(self, tree: Tree) -> None:
        with self._lock:
            self._kept = replace(self._kept, tree=dict(tree))
            self.keeping.save(self._kept)

    def problems(self) -> tuple[str, ...]:
        """What keeps the draft from being a site file: a line for each mistake; empty when it is in order."""
        try:
            self.keeping.check(self._kept.tree)
        except SiteError as error:
            return error.problems
        return ()

    def begin(self, address: str, *, search: bool = False) -> Trial:
        """Let go of what was open and try this one. Raises AddressError."""
        with self._lock:
            trial = Trial(address, search=search)
            if self.trial is not None:
                self.trial.stop()
            self.trial = trial
            trial.start()
            return trial

    def looked(self) -> None:
        """A device that works is written down, once for each minute."""
        with self._lock:
            trial = self.trial
            if trial is None or not any(each.finding is Finding.WORKS for each in trial.state().told):
                return
            name, at = name_of(trial.address), self.stamp()
            if trial.kind is Kind.RELAY and not trial.state().pulsed:
                return  # a relay has worked when it has clicked, not when it has answered
            if self._kept.worked.get(name) != at:
                self._kept.worked[name] = at
                self.keeping.save(self._kept)

    def keep_device(self, lane: str) -> None:
        with self._lock:
            if self.trial is not None:
                self.change(with_device(self._kept.tree, lane, self.trial.kind, self.trial.address))

    def record(self) -> str | None:
        """Keep the redacted recording of this trial; its name, or None where no bytes passed through our hands."""
        with self._lock:
            trial = self.trial
            if trial is None or not trial.recording.moments():
                return None
            moments = redact(
                trial.recording.moments(), secrecy_of(parse(trial.address).scheme), secrets.token_bytes(32)
            )
            day = site_time(self._now()).strftime("%Y-%m-%d")
            what = f"{trial.kind.value} {'(simulated)' if self.simulated else '(at a gate)'}"
            return self.keeping.add_capture(to_text(Capture(self.simulated, what, trial.shown, day, moments)))

    def tick(self, key: str, by: str, note: str) -> None:
        """A person says that a point was seen; without a name it is taken back."""
        with self._lock:
            before = self._kept.done.get(key, Done())
            self._kept.done[key] = replace(before, by=by, note=note, at=self.stamp() if by else "")
            self.keeping.save(self._kept)

    def photographed(self, key: str, name: str) -> None:
        with self._lock:
            before = self._kept.done.get(key, Done())
            self._kept.done[key] = replace(before, photos=(*before.photos, name))
            self.keeping.save(self._kept)

    def complete(self) -> bool:
        return complete(self._kept.tree, self._kept.done, self._kept.worked)

    def close(self) -> None:
        if self.trial is not None:
            self.trial.stop()
