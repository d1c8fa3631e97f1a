"""Face thresholds from this site's own people, on a manager's word; and what stands told to central at every start."""

import logging
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from uuid import UUID

from edge.journal.entry import Entry
from edge.store.files import write_private
from edge.store.templates import Templates
from edge.verify.face.calibration import CannotCalibrate, TooFew, calibrate
from edge.verify.face.checker import FaceChecker
from edge.verify.face.site_thresholds import FILE, Measure, SiteThresholds
from models.values.ids import new_id
from models.wire.commands import Command
from models.wire.events import CommandDone, FaceCalibrated, Measured

log = logging.getLogger(__name__)


class Calibrating:
    """One calibration at a time, beside the lanes: comparing thousands of people takes seconds, and no lane waits."""

    def __init__(
        self,
        folder: Path,
        templates: Templates,
        faces: FaceChecker | None,
        now: Callable[[], datetime],
        record: Callable[[Entry], None],
        corrected: Callable[[], Collection[UUID]] = frozenset,
    ):
        """`folder` is the node's. `record` writes an event; any thread may call it. `corrected`: visits that were
        somebody else's."""
        self._folder, self._templates, self._faces, self._now, self._record = folder, templates, faces, now, record
        self._corrected = corrected
        self._busy = threading.Lock()

    def tell(self) -> None:
        """Say what stands, if the site was ever calibrated."""
        if self._faces is not None and self._faces.site is not None:
            self._record(Entry(body=told(self._faces.site), correlation=new_id()))

    def ask(self, command: Command) -> None:
        """Calibrate beside everything else; the command's fate is recorded, done or refused with the reason."""
        threading.Thread(target=self._carry_out, args=(command,), name="calibration", daemon=True).start()

    def _carry_out(self, command: Command) -> None:
        if not self._busy.acquire(blocking=False):
            return self._done(command, "busy")
        try:
            self._done(command, self._calibrate())
        finally:
            self._busy.release()

    def _calibrate(self) -> str:
        """One word of what became of it."""
        if self._faces is None:
            return "no_faces"
        try:
            site = calibrate(self._templates, self._folder / "journal.db", self._now(), self._corrected())
            write_private(self._folder / FILE, site.model_dump_json(indent=1).encode())
        except TooFew as error:
            log.info("not calibrated: %s", error)
            return "too_few"
        except (CannotCalibrate, OSError) as error:
            log.error("not calibrated: %s", error)
            return "unreadable"
        self._faces.use(site)
        self.tell()
        return "ok"

    def _done(self, command: Command, reason: str) -> None:
        result = "done" if reason == "ok" else "refused"
        body = CommandDone.model_validate(
            {"command_id": command.command_id, "action": command.action.value, "result": result, "reason": reason}
        )
        self._record(Entry(body=body, correlation=command.correlation))


def told(site: SiteThresholds) -> FaceCalibrated:
    """The site's thresholds as central hears of them."""
    return FaceCalibrated(
        model=site.model,
        made_at=site.made_at,
        people=site.people,
        photos=site.photos,
        verify=_measured(site.verify),
        search=_measured(site.search) if site.search is not None else None,
        twins_left_out=site.twins_left_out,
        own_scores=site.own_scores,
        own_below=site.own_below,
        corrected=site.corrected,
        false_accepts=site.false_accepts,
    )


def _measured(measure: Measure) -> Measured:
    return Measured(least=measure.least, trials=measure.trials, reached=measure.reached, rate_max=measure.rate_max)
