"""What a lane's LED and voice board says, and the thread that tells it.

A driver reads one line and hears it once: the plate, what is so, and the amount. Only the newest text counts; a board
whose line is gone is told again once it is back, as long as the car may still stand there.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from devices.display.texts import BAY, FEN_MAX, PLACES_MAX, PLATE, ZONE, ZONES_MAX, Say, Text
from devices.ports import Display
from edge.lane.inbox import Item
from edge.lane.listening import Listener
from models.parking.admission import Case
from models.parking.inside import places_left
from models.site.topology import Direction
from models.wire.stays import LotTold, ZoneTold

SAMPLE = "京A12345"
STILL_S = 60.0
"""For so long a text is worth saying: after that its car has gone, or the guard has come."""

ASKED: Mapping[Case, Say] = {
    Case.FIRE: Say.FIRE,
    Case.PAY: Say.PLEASE_PAY,
    Case.ARREARS: Say.PLEASE_PAY,
    Case.FULL: Say.FULL,
    Case.BAY_SHARED: Say.BAY_SHARED,
    Case.BAY_TAKEN: Say.BAY_TAKEN,
    Case.LOCKDOWN: Say.NO_ENTRY,
    Case.STORM: Say.STORM,
    Case.BLACK_LIST: Say.PLEASE_WAIT,
    Case.CLASS: Say.NO_ENTRY,
    Case.HOURS: Say.NO_ENTRY,
}
"""Of a case that does not let a car through; what is not here asks it to wait for the guard."""

NOT_ITS_OWN = frozenset({Case.UNSURE, Case.JUST_BEFORE})
"""Where the plate may be another car's: nobody is shown that."""


def text_of(
    case: str, granted: bool, direction: Direction, plate: str | None, ask_fen: int, language: str = "zh",
    bay: str = "",
) -> Text:  # fmt: skip
    """What the board says of one decision. A blocked plate is told nothing of a list. bay: or zone, where a place is
    kept for this car."""
    fee, kept = None, granted and case == Case.BOOKED
    if case == Case.OWES:
        say, fee = Say.OWES, ask_fen
    elif granted and case == Case.SECOND_CAR:
        say = Say.SECOND_CAR
    elif kept:
        say = Say.BOOKED
    elif granted and case == Case.INNER:
        say = Say.DRIVE_ON
    elif granted and case != Case.FIRE:
        say = Say.WELCOME if direction is Direction.IN else Say.GOODBYE
    else:
        say = ASKED.get(Case(case), Say.PLEASE_WAIT) if case in set(Case) else Say.PLEASE_WAIT
        fee = ask_fen if say is Say.PLEASE_PAY else None
    shown = plate if plate is not None and PLATE.fullmatch(plate) and case not in NOT_ITS_OWN else None
    return Text(
        say, shown, min(fee, FEN_MAX) if fee else None, language, bay=bay if kept and BAY.fullmatch(bay) else None
    )  # fmt: skip


def while_held(text: Text, storm: bool) -> Text:
    """The same past an arm that is held up: nobody is told to stop there. What is asked is owed; in a storm nobody is
    spoken to of money, for who is driven out may be let off (P35)."""
    if text.say is Say.PLEASE_PAY and not storm:
        return replace(text, say=Say.OWES)
    if text.say in (Say.PLEASE_PAY, Say.PLEASE_WAIT) or (text.say is Say.OWES and storm):
        return replace(text, say=Say.DRIVE_ON, fee_fen=None)
    return text


def places_text(lot: LotTold, language: str = "zh") -> Text:
    """What the board says while nobody stands there. A zone is named by its letters and figures alone."""
    zones = tuple((one.name, min(one.free, PLACES_MAX)) for one in lot.zones if one.free is not None)
    named = tuple(one for one in zones if ZONE.fullmatch(one[0]))[:ZONES_MAX]
    return Text(Say.PLACES, language=language, places=min(places_left(lot) and lot.free, PLACES_MAX), zones=named)


class DisplayThread(Listener[Display]):
    """Owns the board of one lane. `say` never waits."""

    device, zh, en = "board", "显示屏", "board"

    def __init__(self, lane: str, opener: Callable[[], Display], inbox: "queue.Queue[Item]"):
        super().__init__(lane, opener, inbox)
        self._news = threading.Condition()
        self._wanted: tuple[Text, float] | None = None

    def say(self, text: Text) -> None:
        with self._news:
            self._wanted = text, time.monotonic()
            self._news.notify()

    def stop(self) -> None:
        super().stop()
        with self._news:
            self._news.notify()

    def _listen(self, device: Display) -> None:
        self._tell(None)  # no board speaks by itself: more than an open line is not known before it is shown something
        while not self._stopping.is_set():
            with self._news:
                self._news.wait_for(lambda: self._wanted is not None or self._stopping.is_set())
                wanted = self._wanted
            if wanted is None:
                return
            text, since = wanted
            if time.monotonic() - since <= STILL_S:
                device.show(text)
            with self._news:
                if self._wanted is wanted:
                    self._wanted = None


def would_show(direction: Direction, language: str, inner: bool = False) -> tuple[str, ...]:
    """What the board of a lane says, case by case, with a sample plate and amount: for who checks a site file. inner:
    the lane leads from zone to zone of the car park."""
    unpriced = (
        Case.PERMIT,
        Case.BOOKED,
        Case.SECOND_CAR,
        Case.BAY_SHARED,
        Case.BAY_TAKEN,
        Case.NO_TEMPORARY,
        Case.FULL,
        Case.STORM,
    )
    entering = dict.fromkeys(unpriced, 0) | {Case.ARREARS: 60_00, Case.DENIED: 60_00}
    leaving = {Case.NOTHING_DUE: 0, Case.PAY: 12_00, Case.OWES: 12_00, Case.NO_ENTRY: 0}
    further_in = dict.fromkeys((Case.PERMIT, Case.INNER, Case.NO_TEMPORARY), 0)
    if inner:
        cases = further_in if direction is Direction.IN else {Case.INNER: 0}
    else:
        cases = entering if direction is Direction.IN else leaving
    cases = cases | {Case.UNREAD: 0, Case.LOCKDOWN: 0, Case.FIRE: 0}
    opens = {Case.INNER, Case.PERMIT, Case.BOOKED, Case.SECOND_CAR, Case.NOTHING_DUE, Case.OWES, Case.FIRE}
    texts = (text_of(case, case in opens, direction, SAMPLE, fen, language) for case, fen in cases.items())
    sample = LotTold(free=36, zones=(ZoneTold(name="A 区", free=12), ZoneTold(name="B 区", free=24)))
    idle = (places_text(sample, language), places_text(LotTold(free=0), language)) if direction is Direction.IN else ()
    return tuple(text.spoken() for text in (*texts, *idle))
