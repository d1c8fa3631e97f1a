"""Walks the charged time from block to block and writes a line for each run of equal ones; caps close each window."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from models.parking.bill import Exact, Line, Rule
from models.parking.regions import Charged, Region
from models.parking.tariff import Block, Blocks, Boundary, EventWindow, Granted, PartUsed, PerUse, Rates, Staged, Tariff
from models.values.time import micros

STAY = 0
"""When a stay "began", where only one of it counts: no window or day begins there."""


class Walk:
    """One walk. counted: what each window was charged before this walk began. before: where another version of the
    tariff was walked up to; what began there is not granted again.

    after: lines so far; used: what this walk charges to each window, after its cap.
    """

    def __init__(
        self,
        tariff: Tariff,
        charged: Charged,
        regions: Sequence[Region],
        *,
        before: Region | None = None,
        counted: Mapping[int, Exact] | None = None,
    ) -> None:
        self._tariff, self._charged, self._regions = tariff, charged, regions
        self._counted = counted or {}
        self._granted = {("first", key) for key in (before.window, before.day, STAY)} if before is not None else set()
        self._at = 0  # the charged minute that is priced next
        self._base = 0  # where the blocks began that `beyond` counts from
        self._parts: dict[object, Exact] = {}  # what each stage and each band was charged
        self._freed: set[int] = set()
        self.lines: list[Line] = []
        self.used: dict[int, Exact] = {}

    def go(self) -> None:
        """To the end."""
        opened = 0
        for index, region in enumerate(self._regions):
            if index and self._regions[index - 1].window != region.window:
                opened = region.c0
            if self._at < region.c1:
                self._at = max(self._at, region.c0)
                self._region(region, self._regions[index + 1] if index + 1 < len(self._regions) else None)
            if index + 1 == len(self._regions) or self._regions[index + 1].window != region.window:
                self._close(region, opened)

    def _region(self, region: Region, after: Region | None) -> None:
        rates = region.rates
        if region.event is not None:
            self._event(region.event, region)
        elif rates.kind == "blocks":
            self._blocks(rates, region, after)
        elif rates.kind == "bands":
            self._band(region, after)
        elif rates.kind == "staged":
            self._stages(rates, region, after)
        elif rates.kind == "per_use":
            self._use(rates, region)
        elif rates.kind == "per_minute":
            length = region.c1 - self._at
            self._line(Rule.PER_MINUTE, region.c1, length, rates.fen, length * rates.fen, region)
        else:
            self._line(Rule.FREE_PERIOD, region.c1, 0, 0, 0, region)

    def _blocks(self, rates: Blocks, region: Region, after: Region | None) -> None:
        if rates.first is not None:
            granted = ("first", {Granted.WINDOW: region.window, Granted.DAY: region.day}.get(rates.first_granted, STAY))
            if granted not in self._granted:
                self._granted.add(granted)
                self._base = self._at
                self._run(Rule.FIRST_BLOCK, rates.first, region.c1, region, after, most=1)
        if rates.beyond is not None:
            edge = self._base + rates.beyond.after
            if self._at < min(edge, region.c1):
                self._run(Rule.BLOCKS, rates.next, min(edge, region.c1), region, after, over=edge < region.c1)
            if self._at < region.c1:
                self._run(Rule.BEYOND, rates.beyond.block, region.c1, region, after)
        elif self._at < region.c1:
            self._run(Rule.BLOCKS, rates.next, region.c1, region, after)

    def _band(self, region: Region, after: Region | None) -> None:
        band = region.band
        assert band is not None  # regions of bands have one
        if band.free and region.occurrence not in self._freed:
            self._freed.add(region.occurrence)
            end = min(self._at + band.free, region.c1)
            self._line(Rule.BAND_FREE, end, end - self._at, 0, 0, region)
        if self._at < region.c1:
            self._run(Rule.BAND, band.block, region.c1, region, after, part=region.occurrence, cap=band.cap)

    def _stages(self, rates: Staged, region: Region, after: Region | None) -> None:
        start = next(each.c0 for each in self._regions if each.stages == region.stages)
        for number, stage in enumerate(rates.stages):
            end = region.c1 if stage.until is None else min(region.c1, start + stage.until)
            if self._at < end:
                part = (region.stages, number)
                edge = end < region.c1
                self._run(
                    Rule.STAGE, stage.block, end, region, None if edge else after, part=part, cap=stage.cap, cut=edge
                )

    def _event(self, event: EventWindow, region: Region) -> None:
        """Its price once, however many windows or days it runs through."""
        fresh = ("event", micros(event.start)) not in self._granted
        self._granted.add(("event", micros(event.start)))
        self._line(Rule.EVENT, region.c1, int(fresh), event.fen, event.fen if fresh else 0, region, note=event.reason)

    def _use(self, rates: PerUse, region: Region) -> None:
        began = ("use", {"24h": region.stages, "day": region.day}.get(rates.once, STAY))
        fresh = began not in self._granted
        self._granted.add(began)
        self._line(Rule.PER_USE, region.c1, int(fresh), rates.fen, rates.fen if fresh else 0, region)

    def _run(
        self,
        rule: Rule,
        block: Block,
        stop: int,
        region: Region,
        after: Region | None,
        *,
        most: int | None = None,
        over: bool = False,
        cut: bool = False,
        part: object = None,
        cap: int | None = None,
    ) -> None:
        """Blocks from here until one begins at `stop` or later, at most so many. over: the last may run past it;
        cut: it may not, whatever the tariff says of boundaries."""
        length, total = block.minutes, self._charged.total
        whole, rest = divmod(stop - self._at, length)
        if most is not None and whole >= most:
            whole, rest = most, 0
        boundary = Boundary.START if over else Boundary.SPLIT if cut or after is None else self._tariff.boundary
        begins = self._at + whole * length
        if whole:
            self._line(rule, begins, whole, block.fen, whole * block.fen, region, part, cap)
        if not rest:
            return
        ends = stop if boundary is Boundary.SPLIT else min(begins + length, total)
        fen = block.fen
        if boundary is Boundary.DEARER and after is not None:
            fen = max(fen, _opening(after))
        amount = _part(fen, ends - begins, length, self._tariff.part_used)
        self._line(rule, ends, 1, fen, amount, region, part, cap)

    def _line(
        self,
        rule: Rule,
        to: int,
        count: int,
        unit: Exact,
        amount: Exact,
        region: Region,
        part: object = None,
        cap: int | None = None,
        note: str = "",
    ) -> None:
        start, end = self._charged.minute(self._at), self._last_minute(to)
        self._at = to
        self._add(Line(rule, start, end, count, unit, amount, note), region)
        if cap is not None:
            before = self._parts.get(part, 0)
            excess = max(0, before + amount - cap)
            self._parts[part] = before + amount - excess
            if excess:
                name = Rule.STAGE_CAP if rule is Rule.STAGE else Rule.BAND_CAP
                self._add(Line(name, start, end, 1, cap, -excess), region)

    def _last_minute(self, charged: int) -> int:
        """Where the charged minute before this one ends: not across the gap that may follow it."""
        return self._charged.minute(charged - 1) + 1 if charged else self._charged.minute(0)

    def _add(self, line: Line, region: Region) -> None:
        self.lines.append(line)
        self.used[region.window] = self.used.get(region.window, 0) + line.amount

    def _close(self, region: Region, opened: int) -> None:
        """The window's cap, less what was counted before."""
        cap = self._tariff.cap
        if cap is None:
            return
        mine = self.used.get(region.window, 0)
        excess = min(mine, mine + self._counted.get(region.window, 0) - cap.fen)
        if excess > 0:
            start, end = self._charged.minute(opened), self._last_minute(region.c1)
            self._add(Line(Rule.CAP, start, end, 1, cap.fen, -excess), region)


def _opening(region: Region) -> int:
    """The price of a block that begins in this region."""
    rates: Rates = region.rates
    if rates.kind == "blocks":
        return rates.next.fen
    if rates.kind == "bands" and region.band is not None:
        return region.band.block.fen
    return rates.stages[0].block.fen if rates.kind == "staged" else 0


def _part(fen: int, used: int, length: int, rule: PartUsed) -> Exact:
    """What a block costs of which so many minutes were used (P14)."""
    if rule is PartUsed.WHOLE or used >= length:
        return fen
    if rule is PartUsed.HALF:
        return Fraction(fen, 2) if 2 * used <= length else fen
    return Fraction(fen * used, length)
