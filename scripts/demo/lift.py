"""The demo's lift: a simulated board that ends its own pulses, a reader and a scanner beside it, and who rides.

No lift is simulated: what stands for it is which of its buttons work. The board's outputs say that, and when.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devices.sim.card_reader import ConverterSim
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from scripts.demo.arrivals import Arrival, By
from scripts.demo.rows import Row
from scripts.demo.seen import Seen

RESTRICT, EBIKE_INPUT, FIRE_INPUT = 8, 1, 3
FLOORS = {"B1": 1, "1": 2, "3": 3, "5": 4, "7": 5, "9": 6, "11": 7}
"""Each button and the output that frees it, as the site file has them; the houses of the demo lie on 1, 3 … 11."""
COMMON = ("B1", "1")
DECIDED_S = 60.0


class LiftLane:
    """One lift. `path` is a folder for its serial ports."""

    def __init__(self, code: str, folder: Path):
        self.code = code
        lines = {part: PtyLine(folder.absolute() / f"{code}-{part}") for part in ("board", "reader", "scanner")}
        self._lines = lines
        self.board = RelayBoardSim()
        self.board.set_inputs([False] * (FIRE_INPUT - 1) + [True])
        self.reader, self.scanner = ConverterSim(lines["reader"]), ScannerSim(lines["scanner"], end="cr")
        self._serving = Serving(self.board, lines["board"], name=f"{code} board")

    def site_lines(self) -> list[str]:
        """What the site file says of it beside its code and name."""
        board, reader, scanner = (quote(self._lines[part].path) for part in ("board", "reader", "scanner"))
        floors = ", ".join(f'"{floor}" = {output}' for floor, output in FLOORS.items())
        common = ", ".join(f'"{floor}"' for floor in COMMON)
        return [
            'fail = "safe"',
            f'relay = "modbus+serial://{board}?profile=waveshare-8"',
            f'reader = "wiegand+serial://{reader}?line=hex"',
            f'scanner = "scanner+serial://{scanner}?end=cr"',
            "release_s = 2.0",
            "[lane.contacts]",
            "door = 0",
            "exit = 0",
            f"fire = {FIRE_INPUT}",
            f"ebike = {EBIKE_INPUT}",
            "[lane.lift]",
            f"restrict = {RESTRICT}",
            f"common = [{common}]",
            f"floors = {{ {floors} }}",
        ]

    @property
    def restricted(self) -> bool:
        """Whether it takes only the buttons that are freed."""
        return self.board.output(RESTRICT)

    @property
    def freed(self) -> frozenset[str]:
        """The floors whose buttons are freed at this moment."""
        return frozenset(floor for floor, output in FLOORS.items() if self.board.output(output))

    def freed_since(self, edges: int) -> dict[str, float]:
        """Floor -> the instant at which it was freed, after the first `edges` movements of the board."""
        names = {output: floor for floor, output in FLOORS.items()}
        return {names[one.channel]: one.at for one in self.board.edges()[edges:] if one.on and one.channel in names}

    def close(self) -> None:
        self._serving.close()
        for line in self._lines.values():
            line.close()


@dataclass(frozen=True)
class Rider(Arrival):
    """Somebody in the lift; `floors` are those that they can press then, and no other. `ebike`: with an electric
    bicycle, which the lift's detector sees."""

    floors: frozenset[str] = field(default_factory=frozenset)
    ebike: bool = False

    @property
    def passes(self) -> bool | None:
        """No contact tells whether anybody rode."""
        return None


def riders(seeded: Mapping[str, Any], code: str) -> tuple[Rider, ...]:
    """Who rides while all lanes are in use: the resident of 5-2-1102, their visitor, and a visitor of another house."""
    grant, ok, common = Outcome.GRANT, Reason.OK, frozenset(COMMON)
    card, tokens = seeded["cards"]["resident"], {name: one["token"] for name, one in seeded["passes"].items()}
    return (
        Rider(
            "lift_home", "住户在电梯里刷卡：自己和公共的楼层", "a resident's card in the lift: home, common floors",
            By.READER, Kind.CARD, grant, ok, lane=code, card=(card["facility"], card["number"]), floors=common | {"11"},
        ),
        Rider(
            "lift_visitor", "访客的通行码：到所访住户的楼层", "a visitor's pass in the lift: the host's floor",
            By.SCANNER, Kind.PASS, grant, ok, lane=code, token=tokens["upstairs"], floors=common | {"11"},
        ),
        Rider(
            "lift_elsewhere", "别的单元的访客：只到公共楼层", "a visitor of another unit: common floors only",
            By.SCANNER, Kind.PASS, grant, ok, lane=code, token=tokens["visitor"], floors=common,
        ),
        # the last: what the detector loses for a few seconds is there still
        Rider(
            "lift_ebike", "推电动车进电梯：报警，哪层都不去", "an e-bike in the lift: an alarm, no floor", By.READER,
            Kind.CARD, Outcome.DENY, Reason.EBIKE, lane=code, card=(card["facility"], card["number"]), ebike=True,
        ),
    )  # fmt: skip


def in_fire(seeded: Mapping[str, Any], code: str) -> Rider:
    """While the whole lift is let go: the card is taken, and nothing has to be freed for it."""
    card = seeded["cards"]["resident"]
    return Rider(
        "lift_fire", "火警时电梯不受限，照原样运行", "in a fire the lift runs as it was built", By.READER, Kind.CARD,
        Outcome.GRANT, Reason.FIRE, lane=code, card=(card["facility"], card["number"]),
    )  # fmt: skip


Until = Callable[[Callable[[], bool], float, str], None]


class Rides:
    """Plays riders at one lift; `until` waits for something, and says what did not come about; `alarmed`
    tells whether central shows an alarm of a kind."""

    def __init__(
        self, lift: LiftLane, lane_id: Any, seen: Seen, noted: Callable[[Row], None], until: Until,
        alarmed: Callable[[str], bool],
    ):  # fmt: skip
        self._lift, self._lane_id, self._seen, self._noted, self._until = lift, lane_id, seen, noted, until
        self._alarmed = alarmed

    def play(self, rider: Rider) -> None:
        """Somebody shows what they have, and what is freed then is compared with what they may reach."""
        lift, code = self._lift, self._lift.code
        if rider.reason is not Reason.FIRE:
            self._until(lambda: lift.restricted and not lift.freed, 30, f"{code} 没有受限 · {code} is not restricted")
        if rider.ebike:
            lift.board.set_input(EBIKE_INPUT, True)
            self._until(lambda: self._alarmed("ebike"), DECIDED_S,
                        f"{code} 没有电动车报警 · {code}: no alarm of an e-bike")  # fmt: skip
        before, edges = len(self._seen.decided(self._lane_id)), len(lift.board.edges())
        row = Row(rider, time.monotonic(), None, before)
        if rider.card is not None:
            lift.reader.card(*rider.card)
        if rider.token is not None:
            lift.scanner.present(rider.token)
        self._until(
            lambda: len(self._seen.decided(self._lane_id)) > before, DECIDED_S,
            f"{rider.zh}：没有判定 · {rider.en}: no decision",
        )  # fmt: skip
        self._until(
            lambda: not rider.moves or self._seen.decided(self._lane_id)[before]["actuated_at"] is not None, DECIDED_S,
            f"{rider.zh}：楼层没有放行 · {rider.en}: no floor was freed",
        )  # fmt: skip
        row.visit = self._seen.decided(self._lane_id)[before]
        freed = lift.freed_since(edges)
        if freed:
            row.moved_ms = (min(freed.values()) - row.at) * 1000
        if freed.keys() != rider.floors:
            expected, found = (" ".join(sorted(floors)) or "–" for floors in (rider.floors, freed))
            row.wrong.append(f"楼层：应为 {expected}，实为 {found} · floors: expected {expected}, found {found}")
        if rider.reason is Reason.FIRE and lift.restricted:
            row.wrong.append("火警时电梯仍受限 · the lift is restricted in a fire")
        lift.board.set_input(EBIKE_INPUT, False)
        self._noted(row)
