"""One commissioning while it runs: the folder, the draft, the device on trial. The page asks it; it asks nobody."""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from devices.capture import Capture, redact, secrecy_of, to_text
from devices.catalogue import Kind, parse
from edge.commission import intercom
from edge.commission.barrier.proof import proved
from edge.commission.barrier.trial import BarrierTrial
from edge.commission.checklist import (
    CONTACTS_OF,
    MEASURED,
    Done,
    Item,
    NodeFacts,
    Point,
    Use,
    complete,
    fact_of,
    has_worked,
    input_of,
    inputs_of,
    name_of,
    output_of,
    outputs_of,
    points_of,
    standing,
)
from edge.commission.draft import INPUTS, NIR, Tree, lanes_of, with_code, with_companion, with_device
from edge.commission.found import Found
from edge.commission.intercom_trial import IntercomTrial
from edge.commission.intercom_words import PAGE as INTERCOM_WORDS
from edge.commission.interlock import partners_of
from edge.commission.keeping import Keeping, Kept
from edge.commission.lift import lane_of
from edge.commission.trial import State, Trial
from edge.console.words import Line
from edge.enrolled import lack_here
from edge.folder import NodeFolder
from edge.site_problem import Mistake, SiteError
from edge.verify.face.photo import BadPhoto
from models.values.time import site_time

CALLED = INTERCOM_WORDS["measured"]
EARLIER_MAX = 8
"""So many earlier confirmations of one point are kept."""


class Replaced(Exception):
    """The test that somebody means is not the one that is open: another was begun, or none is left."""


class Desk:
    """Any thread may call it; one at a time is answered. What cannot be kept on the disk is not in memory either:
    whoever asked for it gets the OSError, and everything is as it was before."""

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
        self._barrier_lane: dict[str, Any] = {}
        self.intercom: IntercomTrial | None = None
        self.offered: dict[str, str] = {}
        """The streams that a camera was last asked for: as pages show them -> password and all, which is on no page."""
        self._intercom_table: dict[str, Any] = {}
        self._once: dict[str, str] = {}
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

    def _keep(self, **changed: Any) -> None:
        """On the disk first. Raises OSError, and nothing is changed."""
        kept = replace(self._kept, **changed)
        self.keeping.save(kept)
        self._kept = kept

    def change(self, tree: Tree) -> None:
        """What was ticked and measured of a lane that is gone counts for none that has its code later; what was
        measured of wires that are others now is forgotten. Raises OSError."""
        with self._lock:
            self._keep(**self._changed(tree))

    def _changed(self, tree: Tree) -> dict[str, Any]:
        kept, codes = self._kept, {str(lane.get("code", "")) for lane in lanes_of(tree)}
        lost = {key for key in kept.done if "." in key and key.partition(".")[2] not in codes}
        earlier = dict(kept.earlier)
        for key in lost:
            earlier[key] = _with_earlier(kept.earlier, key, kept.done[key])
        facts = {f"{MEASURED[one.item]}.{one.lane}": fact_of(one, kept.tree) for one in _measured_points(kept.tree)}
        now = {f"{MEASURED[one.item]}.{one.lane}": fact_of(one, tree) for one in _measured_points(tree)}
        return {
            "tree": dict(tree),
            "done": {key: done for key, done in kept.done.items() if key not in lost},
            "earlier": earlier,
            "measured": {key: line for key, line in kept.measured.items() if facts.get(key) == now.get(key)},
        }

    def rename(self, code: str, new: str) -> None:
        """The lane has another code; what was ticked and seen of it was seen of this door all the same."""
        with self._lock:
            kept, end = self._kept, f".{code}"
            before = {_renamed(one.key, end, new): fact_of(one, kept.tree) for one in points_of(kept.tree)}
            tree = with_code(kept.tree, code, new)
            after = {one.key: fact_of(one, tree) for one in points_of(tree)}
            done: dict[str, Done] = {}
            # an intercom that calls has to be told the new path, and be tried anew
            calls = f"{Item.INTERCOM.value}.{new}" if lane_of(tree, new).get(intercom.INTERCOM) else ""
            for key, value in kept.done.items():
                as_new = _renamed(key, end, new)
                stands = as_new in after and value.fact == before.get(as_new) and as_new != calls
                done[as_new] = replace(value, fact=after[as_new]) if stands else value
            measured = {_renamed(key, end, new): line for key, line in kept.measured.items()}
            measured.pop(calls, None)
            earlier = {_renamed(key, end, new): value for key, value in kept.earlier.items()}
            self._keep(tree=tree, done=done, measured=measured, earlier=earlier)

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
            self._keep(**self._changed(tree), read=read)

    def write(self, over: str = "") -> str:
        """Write the site file; the name of the one from before, "" for none. `over`: the digest of a file changed by
        hand that a person has said may be replaced. Raises SiteError, FileChanged, OSError."""
        with self._lock:
            kept = self.keeping.write_site(self._kept.tree, self._kept.read, over)
            self._keep(read=self.keeping.digest())
            return kept.name if kept is not None else ""

    def begin(self, address: str, *, search: bool = False) -> Trial:
        """Let go of what was open and try this one. Raises AddressError."""
        with self._lock:
            trial = Trial(address, search=search)
            self.end_barrier()
            self.end_intercom()
            if self.trial is not None:
                self.trial.stop()
            self.trial = trial
            trial.start()
            return trial

    def meant(self, test: str) -> Trial:
        """The device on trial, where it is the one of this test. Raises Replaced."""
        trial = self.trial
        if trial is None or trial.id != test:
            raise Replaced
        return trial

    def meant_barrier(self, code: str, test: str) -> BarrierTrial:
        """The same of a vehicle lane. Raises Replaced."""
        trial = self.barrier
        if trial is None or (trial.code, trial.id) != (code, test):
            raise Replaced
        return trial

    def again(self, test: str, address: str | None = None, *, search: bool = False) -> Trial:
        """Begin this test anew, with another address of the same device where one is given. Raises Replaced."""
        with self._lock:
            return self.begin(self.meant(test).address if address is None else address, search=search)

    def looked(self) -> None:
        """A device that works is written down, once for each minute. Raises OSError."""
        with self._lock:
            trial = self.trial
            if trial is None or not (state := trial.state()).works:
                return
            worked, at = _worked(trial, state), self.stamp()
            if any(self._kept.worked.get(each) != at for each in worked):
                self._keep(worked={**self._kept.worked, **dict.fromkeys(worked, at)})

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
            self.end_intercom()
            self._barrier_lane = mine[0]
            self.barrier = BarrierTrial(lane, self.now)
            self.barrier.start()
            return self.barrier

    def begin_intercom(self, code: str) -> IntercomTrial:
        """Let go of what was open and wait for the intercom of this lane of the draft. Raises KeyError, SiteError."""
        with self._lock:
            table = intercom.shown(self._kept.tree, lane_of(self._kept.tree, code)).network
            if not table:
                raise KeyError(code)
            site = self.keeping.check(intercom.only_network(self._kept.tree, code))
            (lane,) = site.lane
            assert lane.intercom is not None
            if self.trial is not None:
                self.trial.stop()
                self.trial = None
            self.end_barrier()
            self.end_intercom()
            self._intercom_table = table
            self.intercom = IntercomTrial(code, lane.intercom, site.intercoms)
            self.intercom.start()
            return self.intercom

    def meant_intercom(self, code: str, test: str) -> IntercomTrial:
        """The intercom on trial, where it is that of this test. Raises Replaced."""
        trial = self.intercom
        if trial is None or (trial.code, trial.id) != (code, test):
            raise Replaced
        return trial

    def looked_at_intercom(self) -> None:
        """That its call came and was proved is written down, once for each minute. Raises OSError."""
        with self._lock:
            trial = self.intercom
            if trial is None or not trial.state().proved:
                return
            if lane_of(self._kept.tree, trial.code).get(intercom.INTERCOM) != self._intercom_table:
                return  # what called is no more what the draft says
            key, line = f"{MEASURED[Item.INTERCOM]}.{trial.code}", CALLED
            told = f"{line.zh} · {line.en} · {self.stamp()}"
            if self._kept.measured.get(key) != told:
                self._keep(measured={**self._kept.measured, key: told})

    def end_intercom(self) -> None:
        if self.intercom is not None:
            self.intercom.stop()
            self.intercom = None

    def end_barrier(self) -> None:
        if self.barrier is not None:
            self.barrier.stop()
            self.barrier = None

    def looked_at_barrier(self) -> None:
        """What was seen to work at the lane on trial is written down, once for each minute and measure."""
        with self._lock:
            if self.barrier is None or self._barrier_lane not in lanes_of(self._kept.tree):
                return  # what is measured is no more what the draft says
            measured, worked = proved(self.barrier.site, self.barrier.state())
            at = self.stamp()
            new = {f"{what}.{self.barrier.code}": line for what, line in measured.items()}
            if all(self._kept.measured.get(key, "").startswith(line) for key, line in new.items()) and all(
                name_of(address) in self._kept.worked for address in worked
            ):
                return
            self._keep(
                measured={**self._kept.measured, **{key: f"{line} · {at}" for key, line in new.items()}},
                worked={**self._kept.worked, **{name_of(address): at for address in worked}},
            )

    def measured(self, point: Point) -> str:
        """What a trial saw of this point; "" for nothing yet."""
        tree, worked = self._kept.tree, self._kept.worked
        if point.item is Item.FLOORS:
            floors = [one for one in outputs_of(tree) if one.lane == point.lane and one.use is Use.FLOOR]
            return " · ".join(f"{one.floor}: {worked[one.key]}" for one in floors if one.key in worked)
        if point.item is Item.INTERLOCK:
            doors = {point.lane, *partners_of(tree, point.lane or "")}
            shut = [one for one in inputs_of(tree) if one.lane in doors and one.contact in ("door", "passed")]
            return " · ".join(f"{one.lane} {one.terminal}: {worked[one.key]}" for one in shut if one.key in worked)
        if point.item in CONTACTS_OF:
            wired = [one for one in inputs_of(tree) if one.lane == point.lane]
            told = [(one, worked.get(one.key)) for one in wired if one.contact in CONTACTS_OF[point.item]]
            called = self._kept.measured.get(f"{MEASURED.get(point.item, '')}.{point.lane}", "")
            return " · ".join([*(f"{one.terminal}: {at}" for one, at in told if at), *([called] if called else [])])
        return self._kept.measured.get(f"{MEASURED.get(point.item, '')}.{point.lane}", "")

    def keep_device(self, lane: str, test: str, used_as: str = "") -> bool:
        """The device on trial is that of the lane; a board may be `used_as` that of its contacts, and a camera as its
        near-infrared one. Only one that works can be. Raises Replaced, OSError."""
        with self._lock:
            trial = self.meant(test)
            if not trial.usable():
                return False
            if used_as == NIR and trial.kind is Kind.CAMERA:
                self.change(with_companion(self._kept.tree, lane, trial.address))
                return True
            key = INPUTS if used_as == INPUTS and trial.kind is Kind.RELAY else trial.kind
            self.change(with_device(self._kept.tree, lane, key, trial.address))
            return True

    def tried(self, used_as: str = "") -> bool:
        """The device on trial counts as tested on the list: for what it is, or for its inputs alone."""
        trial = self.trial
        key = INPUTS if used_as == INPUTS else ""
        return trial is not None and has_worked(key, name_of(trial.address), self._kept.worked)

    def make_secret(self, path: Path) -> str:
        """A secret of our own in this file; under which word `told_once` tells it, a single time. Raises OSError."""
        word, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
        self.keeping.write_secret(path, secret)
        with self._lock:
            self._once = {word: secret}
        return word

    def told_once(self, word: str) -> str:
        """The secret that was just made, and never again; "" for none."""
        with self._lock:
            return self._once.pop(word, "")

    def record(self, test: str) -> str | None:
        """Keep the redacted recording of this trial; its name, or None where no bytes passed through our hands. Raises
        Replaced, Full, OSError."""
        with self._lock:
            trial = self.meant(test)
            if not trial.recording.moments():
                return None
            moments = redact(
                trial.recording.moments(), secrecy_of(parse(trial.address).scheme), secrets.token_bytes(32)
            )
            day = site_time(self.now()).strftime("%Y-%m-%d")
            what = f"{trial.kind.value} {'(simulated)' if self.simulated else '(at a gate)'}"
            return self.keeping.add_capture(to_text(Capture(self.simulated, what, trial.shown, day, moments)))

    def tick(self, key: str, by: str, note: str, not_fitted: str = "") -> None:
        """A person says that a point was seen, or why there is nothing to see; without a name it is taken back. Raises
        OSError."""
        at = self.stamp() if by else ""
        self._note(key, lambda one: replace(one, by=by, note=note, not_fitted=not_fitted if by else "", at=at))

    def photographed(self, key: str, content: bytes) -> BadPhoto | None:
        """Keep a photo of a point; what is wrong with it. Raises Full, OSError."""
        name = self.keeping.add_photo(content)
        if isinstance(name, BadPhoto):
            return name
        try:
            self._note(key, lambda one: replace(one, photos=(*one.photos, name)))
        except OSError:
            self.keeping.drop_photo(name)
            raise
        return None

    def _note(self, key: str, noted: Callable[[Done], Done]) -> None:
        """Of the point as the draft has it now; what was noted of it when it was another stays, as an earlier one."""
        with self._lock:
            kept, fact = self._kept, self.fact(key)
            before = kept.done.get(key, Done())
            earlier = kept.earlier
            if before.fact != fact and (before.by or before.photos):
                earlier = {**earlier, key: _with_earlier(earlier, key, before)}
            done = replace(noted(standing(before, fact)), fact=fact)
            self._keep(done={**kept.done, key: done}, earlier=earlier)

    def fact(self, key: str) -> str:
        """What the draft says of the point with this key now; "" for none."""
        tree = self._kept.tree
        return next((fact_of(one, tree) for one in points_of(tree) if one.key == key), "")

    def done(self, point: Point) -> Done:
        """What was noted of the point as the draft has it now."""
        return standing(self._kept.done.get(point.key, Done()), fact_of(point, self._kept.tree))

    def earlier(self, point: Point) -> tuple[Done, ...]:
        """What was noted of it when the draft said something else, or of another lane of its code."""
        last = self._kept.done.get(point.key, Done())
        stands = last.fact == fact_of(point, self._kept.tree) or not (last.by or last.photos)
        return self._kept.earlier.get(point.key, ()) + (() if stands else (last,))

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
        self.end_intercom()
        if self.trial is not None:
            self.trial.stop()


def _worked(trial: Trial, state: State) -> list[str]:
    """The names of what this state proves. A relay has worked when it has clicked, not when it has answered, and a
    board that has inputs alone when one of them was seen to follow its contact."""
    name = name_of(trial.address)
    if trial.kind is not Kind.RELAY:
        return [name]
    clicked = [name, output_of(name, state.pulsed)] if state.pulsed else []
    followed = [input_of(name, number) for number in sorted(state.changed)]
    alone = [name] if followed and not state.outputs else []
    return [*clicked, *alone, *followed]


def _with_earlier(earlier: Mapping[str, tuple[Done, ...]], key: str, last: Done) -> tuple[Done, ...]:
    return (*earlier.get(key, ()), last)[-EARLIER_MAX:]


def _measured_points(tree: Tree) -> list[Point]:
    return [one for one in points_of(tree) if one.item in MEASURED]


def _renamed(key: str, end: str, new: str) -> str:
    """`sign.a` of lane `a` under its new code; no code holds a dot."""
    return f"{key.removesuffix(end)}.{new}" if key.endswith(end) else key
