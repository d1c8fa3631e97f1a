"""The five facts of one access as a person reads them (GEN-01): recorded, refused or not received, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from central.base.kernel.i18n import Words
from central.gates.visits.views import VisitView
from central.oversight.console.faults import fault_said
from central.oversight.console.phrases import here_said
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.wire.events import UNSEEN


class Mark(StrEnum):
    """How a fact is shown. Each has a symbol, a colour and a word.

    MISSING: it should follow and has not arrived. IDLE: nothing of the kind is due, and nothing came. UNKNOWN: nothing
    more will come, and nobody knows.
    """

    DONE = "done"
    REFUSED = "refused"
    ASKED = "asked"
    FAULT = "fault"
    NOBODY = "nobody"
    MISSING = "missing"
    IDLE = "idle"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fact:
    """`key`: recognised, decided, actuated, sensed or passed; `name` is the word for it. `word` says what is known,
    `note` adds a figure."""

    key: str
    mark: Mark
    word: str
    at: datetime | None = None
    note: str | None = None
    name: str = ""


def five_facts(t: Words, visit: VisitView) -> tuple[Fact, ...]:
    facts = (_recognised(t, visit), _decided(t, visit), _actuated(t, visit), _sensed(t, visit), _passed(t, visit))
    return tuple(replace(fact, name=_name(t, visit, fact.key)) for fact in facts)


def _name(t: Words, visit: VisitView, key: str) -> str:
    """A barrier has no lock and no door."""
    own = _of(visit, f"fact.{key}")
    return t(own if t.has(own) else f"fact.{key}")


_OF_THE_FACE = frozenset({
    Reason.SECOND_FACTOR, Reason.NO_FACE, Reason.SEVERAL_FACES, Reason.LOW_QUALITY, Reason.LOW_SCORE, Reason.AMBIGUOUS,
    Reason.SPOOF, Reason.NO_REFERENCE,
})  # fmt: skip
CAR_ENDS = frozenset({"loops", "backed_out", "no_passage", "no_vehicle"})


def of_vehicle(visit: VisitView) -> bool:
    return visit.vehicles or visit.kind == Kind.PLATE or visit.passage_why in CAR_ENDS


def _of(visit: VisitView, key: str) -> str:
    """The word for an arm and a car where this was a vehicle: a guard's remote opening shows it by its lane, or by how
    it ended."""
    return f"{key}.car" if of_vehicle(visit) else key


def _recognised(t: Words, visit: VisitView) -> Fact:
    if visit.seen_at is None:
        return _missing(t, "recognised")
    return Fact("recognised", Mark.DONE, means(t, visit), visit.seen_at, _call(t, visit))


def _call(t: Words, visit: VisitView) -> str | None:
    """Which call an intercom asked in, and who answered it, where it told so."""
    call, who = (visit.detail.get(name) if visit.kind == Kind.INTERCOM else None for name in ("call", "answered_by"))
    if who is not None:
        return t("fact.answered_by", who=who) + (t("fact.in_call", call=call) if call else "")
    return None if call is None else t("fact.call", call=call)


def _decided(t: Words, visit: VisitView) -> Fact:
    if visit.outcome is None:
        return _missing(t, "decided")
    marks = {Outcome.GRANT: Mark.DONE, Outcome.DENY: Mark.REFUSED, Outcome.REFER: Mark.ASKED}
    words = {Outcome.GRANT: "fact.granted", Outcome.DENY: "fact.state.refused", Outcome.REFER: "fact.state.asked"}
    outcome = Outcome(visit.outcome)
    return Fact("decided", marks[outcome], t(words[outcome]), visit.decided_at, _took_since_seen(t, visit))


def _actuated(t: Words, visit: VisitView) -> Fact:
    if visit.actuated_at is None:
        if visit.passage_why == "fire":
            return Fact("actuated", Mark.IDLE, t("fact.was_free"))
        return _not_there(t, "actuated", _release_is_due(visit), _of(visit, "fact.state.idle"))
    if visit.actuation_fault is None and not visit.actuation_confirmed:  # it was told, and cannot be asked
        key = "fact.to_panel" if visit.detail.get("told") == "panel" else "fact.told"
        return Fact("actuated", Mark.UNKNOWN, t(key), visit.actuated_at, t("fact.told.rest"))
    if not visit.actuation_confirmed:
        return Fact(
            "actuated", Mark.FAULT, t("fact.state.fault"), visit.actuated_at, fault_said(t, visit.actuation_fault)
        )
    return Fact("actuated", Mark.DONE, t(_of(visit, "fact.released")), visit.actuated_at, took(t, visit.relay_ms))


def _sensed(t: Words, visit: VisitView) -> Fact:
    if visit.opened_at is None:
        if visit.passed is False and visit.passage_why == "timeout":
            return Fact("sensed", Mark.NOBODY, t("fact.not_opened"))  # the node waited for it to the end and said so
        if visit.passage_why in UNSEEN:
            return Fact("sensed", Mark.UNKNOWN, t("fact.unknown"))
        return _not_there(t, "sensed", _release_is_due(visit), _of(visit, "fact.stayed_shut"))
    closed = t(_of(visit, "fact.closed_at"), at=t.clock(visit.closed_at)) if visit.closed_at else None
    return Fact("sensed", Mark.DONE, t(_of(visit, "fact.opened")), visit.opened_at, closed)


def _passed(t: Words, visit: VisitView) -> Fact:
    ended = f"passage.{visit.passage_why}"
    why = here_said(t, ended, of_vehicle(visit)) if t.has(ended) else None
    if visit.passage_why in UNSEEN:  # by the word, not by `passed`: visits of before say that nobody did
        return Fact("passed", Mark.UNKNOWN, t("fact.unknown"), visit.passed_at, why)
    if visit.passed is None:
        return _not_there(t, "passed", _release_is_due(visit) or visit.opened_at is not None, _of(visit, "fact.nobody"))
    if visit.passed:
        return Fact("passed", Mark.DONE, t("fact.passed_yes"), visit.passed_at)
    return Fact("passed", Mark.NOBODY, t(_of(visit, "fact.passed_no")), visit.passed_at, why)


def _release_is_due(visit: VisitView) -> bool:
    """After a grant, after a release, and when we do not know the decision, the rest should follow; not where the node
    said that it did not release."""
    if visit.passage_why == "not_released":
        return False
    return visit.outcome in (None, Outcome.GRANT) or visit.actuated_at is not None


def _not_there(t: Words, key: str, due: bool, idle_word: str) -> Fact:
    return _missing(t, key) if due else Fact(key, Mark.IDLE, t(idle_word))


def _missing(t: Words, key: str) -> Fact:
    return Fact(key, Mark.MISSING, t("fact.state.missing"))


def _took_since_seen(t: Words, visit: VisitView) -> str | None:
    """Left out where the decision waited for more than was seen first, a face beside the pass: the figure counts from
    the last frame, and would contradict the times beside it."""
    ms = visit.decide_ms
    if ms is None or visit.seen_at is None or visit.decided_at is None:
        return None
    waited = visit.decided_at - visit.seen_at - timedelta(milliseconds=ms) > timedelta(seconds=1)
    return None if waited else took(t, ms)


def took(t: Words, ms: float | None) -> str | None:
    """How long after the code or face had come in, in seconds, which a guard uses: the web API has the milliseconds. A
    bare figure beside "granted" would not say what it measures."""
    if ms is None:
        return None
    return t("fact.took_less") if ms < 1000 else t("fact.took", s=f"{ms / 1000:,.1f}")


def means(t: Words, visit: VisitView) -> str:
    """What was presented, and the face beside it where the gate compared one."""
    shown = t(kind_key(visit.kind))
    beside = visit.kind != Kind.FACE and any(check["step"] == "face" for check in visit.checks)
    return t("kind.with_face", kind=shown) if beside else shown


def unconfirmed(visit: VisitView) -> bool:
    """Somebody's pass, card or PIN was in order, and the person was not confirmed to be its owner: the name on the
    card is the owner's, and whoever stands there may be somebody else."""
    return visit.outcome != Outcome.GRANT and visit.reason in _OF_THE_FACE and visit.kind != Kind.FACE


def kind_key(kind: str | None) -> str:
    known = {"pass", "face", "card", "plate", "pin", "mobile", "remote", "exit_button", "key", "intercom"}
    return f"kind.{kind}" if kind in known else "kind.other"
