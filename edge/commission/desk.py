"""One commissioning while it runs: the folder, the draft, the device on trial. The page asks it; it asks nobody."""

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from devices.capture import Capture, redact, secrecy_of, to_text
from devices.catalogue import Kind, parse
from edge.commission.barrier.proof import proved
from edge.commission.barrier.trial import BarrierTrial
from edge.commission.checklist import MEASURED, Done, NodeFacts, Point, complete, lift_outputs, name_of, output_of
from edge.commission.draft import Tree, lanes_of, with_code, with_device
from edge.commission.found import Found
from edge.commission.keeping import Keeping, Kept
from edge.commission.trial import Trial
from edge.console.words import Line
from edge.enrolled import lack_here
from edge.folder import NodeFolder
from edge.site_problem import Mistake, SiteError
from models.values.time import site_time


class Desk:
    """Any thread may call it; one at a time is answered."""

    def __init__(
        self,
        keeping: Keeping,
        look: Callable[[], Iterable[Found]],
        now: Callable[[], datetime],
        simulated: bool = False,
        folder: NodeFolder | None = None,
    ) -> None:
        """`folder`: that of the node, where this process holds it."""
        self.keeping, self.simulated, self.folder = keeping, simulated, folder
        self._look, self.now = look, now
        self._lock = threading.RLock()
        self._kept = keeping.load()
        self.trial: Trial | None = None
        self.barrier: BarrierTrial | None = None
        self.offered: tuple[str, ...] = ()
        """Addresses of the streams that a camera was last asked for, password and all: in memory, and on no page."""
        self.on_enrolment: tuple[Line, ...] = ()
        """What was to be told when central took this node, until the page is ended."""

    @property
    def kept(self) -> Kept:
        return self._kept

    def look(self) -> tuple[Found, ...]:
        return tuple(self._look())

    def stamp(self) -> str:
        """Now, as it is written on paper at the gate."""
        return site_time(self.now()).strftime("%Y-%m-%d %H:%M")

    def change(self, tree: Tree) -> None:
        with self._lock:
            self._kept = replace(self._kept, tree=dict(tree))
            self.keeping.save(self._kept)

    def rename(self, code: str, new: str) -> None:
        """The lane has another code; what was ticked and seen of it was seen of this door all the same."""
        with self._lock:
            kept, end = self._kept, f".{code}"
            for of_lane in (kept.done, kept.measured):
                told: dict[str, Any] = dict(of_lane)
                of_lane.clear()
                of_lane.update({_renamed(key, end, new): value for key, value in told.items()})
            self.change(with_code(kept.tree, code, new))

    def problems(self) -> tuple[str, ...]:
        """What keeps the draft from being a site file: a line for each mistake; empty when it is in order."""
        try:
            self.keeping.check(self._kept.tree)
        except SiteError as error:
            return error.problems
        return ()

    def mistakes(self) -> tuple[Mistake, ...]:
        """The same for who reads the page and not the file."""
        try:
            self.keeping.check(self._kept.tree)
        except SiteError as error:
            return error.mistakes
        return ()

    def changed(self) -> bool:
        """Somebody has changed the site file beside this page."""
        return self.keeping.changed(self._kept)

    def take_file(self) -> None:
        """The file as it is now becomes the draft. Raises SiteError for what is no TOML."""
        with self._lock:
            tree, read = self.keeping.read_site()
            self._kept = replace(self._kept, read=read)
            self.change(tree)

    def write(self, over: str = "") -> str:
        """Write the site file; the name of the one from before, "" for none. `over`: the digest of a file changed by
        hand that a person has said may be replaced. Raises SiteError, FileChanged, OSError."""
        with self._lock:
            kept = self.keeping.write_site(self._kept.tree, self._kept.read, over)
            self._kept = replace(self._kept, read=self.keeping.digest())
            self.keeping.save(self._kept)
            return kept.name if kept is not None else ""

    def begin(self, address: str, *, search: bool = False) -> Trial:
        """Let go of what was open and try this one. Raises AddressError."""
        with self._lock:
            trial = Trial(address, search=search)
            self.end_barrier()
            if self.trial is not None:
                self.trial.stop()
            self.trial = trial
            trial.start()
            return trial

    def looked(self) -> None:
        """A device that works is written down, once for each minute."""
        with self._lock:
            trial = self.trial
            if trial is None or not trial.state().works:
                return
            name, at = name_of(trial.address), self.stamp()
            if trial.kind is Kind.RELAY and not trial.state().pulsed:
                return  # a relay has worked when it has clicked, not when it has answered
            pulsed = trial.state().pulsed if trial.kind is Kind.RELAY else 0
            worked = [name, *([output_of(name, pulsed)] if pulsed else [])]
            if any(self._kept.worked.get(each) != at for each in worked):
                self._kept.worked |= dict.fromkeys(worked, at)
                self.keeping.save(self._kept)

    def floors(self) -> dict[int, str]:
        """Output of the board on trial -> the floor that it frees, where the draft has it at a lift; "" restricts."""
        name = name_of(self.trial.address) if self.trial is not None else ""
        return {one.output: one.floor or "" for one in lift_outputs(self._kept.tree) if one.board == name}

    def begin_barrier(self, code: str) -> BarrierTrial:
        """Let go of what was open and try this vehicle lane of the draft. Raises KeyError, SiteError."""
        with self._lock:
            tree = self._kept.tree
            mine = [lane for lane in lanes_of(tree) if lane.get("code") == code and lane.get("barrier")]
            if not mine:
                raise KeyError(code)
            alone = {key: value for key, value in tree.items() if key != "interlock"} | {"lane": mine}
            (lane,) = self.keeping.check(alone).lane
            if self.trial is not None:
                self.trial.stop()
                self.trial = None
            self.end_barrier()
            self.barrier = BarrierTrial(lane, self.now)
            self.barrier.start()
            return self.barrier

    def end_barrier(self) -> None:
        if self.barrier is not None:
            self.barrier.stop()
            self.barrier = None

    def looked_at_barrier(self) -> None:
        """What was seen to work at the lane on trial is written down, once for each minute and measure."""
        with self._lock:
            if self.barrier is None:
                return
            measured, worked = proved(self.barrier.site, self.barrier.state())
            at = self.stamp()
            new = {f"{what}.{self.barrier.code}": line for what, line in measured.items()}
            if all(self._kept.measured.get(key, "").startswith(line) for key, line in new.items()) and all(
                name_of(address) in self._kept.worked for address in worked
            ):
                return
            self._kept.measured |= {key: f"{line} · {at}" for key, line in new.items()}
            self._kept.worked |= {name_of(address): at for address in worked}
            self.keeping.save(self._kept)

    def measured(self, point: Point) -> str:
        """What a trial saw of this point; "" for nothing yet."""
        return self._kept.measured.get(f"{MEASURED.get(point.item, '')}.{point.lane}", "")

    def keep_device(self, lane: str) -> bool:
        """The device on trial is that of the lane; only one that works can be."""
        with self._lock:
            if self.trial is None or not self.trial.usable():
                return False
            self.change(with_device(self._kept.tree, lane, self.trial.kind, self.trial.address))
            return True

    def tried(self) -> bool:
        """The device on trial counts as tested on the list."""
        return self.trial is not None and name_of(self.trial.address) in self._kept.worked

    def record(self) -> str | None:
        """Keep the redacted recording of this trial; its name, or None where no bytes passed through our hands."""
        with self._lock:
            trial = self.trial
            if trial is None or not trial.recording.moments():
                return None
            moments = redact(
                trial.recording.moments(), secrecy_of(parse(trial.address).scheme), secrets.token_bytes(32)
            )
            day = site_time(self.now()).strftime("%Y-%m-%d")
            what = f"{trial.kind.value} {'(simulated)' if self.simulated else '(at a gate)'}"
            return self.keeping.add_capture(to_text(Capture(self.simulated, what, trial.shown, day, moments)))

    def tick(self, key: str, by: str, note: str, not_fitted: str = "") -> None:
        """A person says that a point was seen, or why there is nothing to see; without a name it is taken back."""
        with self._lock:
            before = self._kept.done.get(key, Done())
            self._kept.done[key] = replace(
                before, by=by, note=note, not_fitted=not_fitted if by else "", at=self.stamp() if by else ""
            )
            self.keeping.save(self._kept)

    def photographed(self, key: str, name: str) -> None:
        with self._lock:
            before = self._kept.done.get(key, Done())
            self._kept.done[key] = replace(before, photos=(*before.photos, name))
            self.keeping.save(self._kept)

    def node(self) -> NodeFacts:
        """Whether the draft is in the site file, and whether central knows this node, as it is on disk now."""
        tree = self._kept.tree
        codes = [str(lane.get("code", "")) for lane in lanes_of(tree)]
        central = tree.get("central")
        named = isinstance(central, dict) and bool(central.get("url"))
        lack = lack_here(self.keeping.data, codes, named)
        return NodeFacts(self.keeping.is_written(tree) and not self.problems(), lack, self.simulated)

    def complete(self) -> bool:
        return complete(self._kept.tree, self._kept.done, self._kept.worked, self.node())

    def close(self) -> None:
        self.end_barrier()
        if self.trial is not None:
            self.trial.stop()


def _renamed(key: str, end: str, new: str) -> str:
    """`sign.a` of lane `a` under its new code; no code holds a dot."""
    return f"{key.removesuffix(end)}.{new}" if key.endswith(end) else key
