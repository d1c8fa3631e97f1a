"""When a consent counts: texts and their versions, age, guardians, and where somebody stands. Pure.

Age. The law counts whole years by calendar days, leaves out the day of birth itself, and ends a year with the day of
the same date, or with the last day of a month that lacks it (Civil Code, articles 200 to 202). Somebody is therefore
"not yet 14" through the whole birthday and 14 from the midnight after it, at +08:00; who was born on 29 February is 14
from 1 March. Where a reader counts from the birthday's own midnight, ours asks a guardian for one day too long, and
never for one too short.

Guardian. Below 14 a guardian consents. What a guardian gave ends when the person turns 14, who is then asked anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from models.values.time import SITE_TZ, site_day

GUARDED_YEARS, OF_AGE_YEARS = 14, 18
TEXT_MAX = 20_000
LASTS_DAYS_MAX = 1830
OLDEST_YEARS = 130


class Purpose(StrEnum):
    """What is consented to. Another purpose is another consent, never a line in this one."""

    FACE = "face"


PHOTOS_VERSION = 1
"""Of the words of the choice that photos stay (`consent.photos.words`). Other words, another version."""


class Channel(StrEnum):
    """How it was given or taken back."""

    PHONE = "phone"
    DESK = "desk"
    PAPER = "paper"


class Standing(StrEnum):
    IN_FORCE = "in_force"
    ASKS_ANEW = "asks_anew"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NEVER = "never"
    GUARDIAN_NEEDED = "guardian_needed"


class AskedAnew(StrEnum):
    """Why somebody is asked anew."""

    GROWN = "grown"
    """A guardian agreed for them, and they decide for themselves now."""
    GUARDIAN_GONE = "guardian_gone"
    """The guardian who agreed is at home with them no more."""
    NEWER_TEXT = "newer_text"


KEEPS_TEMPLATE = frozenset({Standing.IN_FORCE, Standing.ASKS_ANEW})
"""Standings under which a template stays where it is. To be asked anew stops comparing and destroys nothing (PRIV-02);
in every other the purpose is over, and so is the right to keep it."""


class AgeBand(StrEnum):
    """All that is told of an age."""

    UNKNOWN = "unknown"
    UNDER_14 = "under_14"
    UNDER_18 = "under_18"
    OF_AGE = "of_age"


@dataclass(frozen=True, slots=True)
class Age:
    """What is known: the day of birth while somebody is not of age, and of everybody else that they are (PRIV-19)."""

    born_on: date | None = None
    of_age: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A published version. From `old_until` on, consents under earlier versions count no longer."""

    version: int
    published_at: datetime
    old_until: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """One act of consenting. It is of the person alone; `by_guardian` says that somebody spoke for them.

    `guardian_until`: when that one ceases to be at home with them, and so to speak for them; None: nobody knows an end.
    """

    version: int
    given_at: datetime
    expires_at: datetime
    by_guardian: bool = False
    guardian_until: datetime | None = None
    withdrawn_at: datetime | None = None


def reached_on(born_on: date, years: int) -> date:
    """The first day on which a person has reached an age: the day after the birthday."""
    try:
        birthday = born_on.replace(year=born_on.year + years)
    except ValueError:  # 29 February, in a year without one
        birthday = date(born_on.year + years, 2, 28)
    return birthday + timedelta(days=1)


def reached_at(born_on: date, years: int) -> datetime:
    """The instant at which that day begins at the site."""
    return datetime.combine(reached_on(born_on, years), time(), SITE_TZ)


def years_old(born_on: date, now: datetime) -> int:
    """In whole years as the law counts them, a year being full the day after the birthday (`reached_on`)."""
    years = max(0, site_day(now).year - born_on.year)
    return years if years == 0 or now >= reached_at(born_on, years) else years - 1


def age_band(age: Age, now: datetime) -> AgeBand:
    if age.of_age:
        return AgeBand.OF_AGE
    if age.born_on is None:
        return AgeBand.UNKNOWN
    if now < reached_at(age.born_on, GUARDED_YEARS):
        return AgeBand.UNDER_14
    return AgeBand.UNDER_18 if now < reached_at(age.born_on, OF_AGE_YEARS) else AgeBand.OF_AGE


def birth_problem(born_on: date, now: datetime) -> str | None:
    """The catalogue key of what is wrong with a day of birth, or None."""
    today = site_day(now)
    if born_on > today:
        return "consent.born_later"
    return "consent.born_long_ago" if born_on.year < today.year - OLDEST_YEARS else None


def text_problem(version_before: Text | None, old_until: datetime, now: datetime) -> str | None:
    """The catalogue key of what is wrong with a text about to be published, or None."""
    if old_until < now:
        return "consent.transition_past"
    if version_before is not None and old_until < version_before.old_until:
        return "consent.transition_backwards"
    return None


def readable(text: str) -> str:
    """A text as it will be read: without what does not print, lines kept; "" where nothing is left."""
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n").strip()


@dataclass(frozen=True, slots=True)
class Guardian:
    """Who speaks for a person. `same_home`: at home in the same house now, and not as domestic help."""

    is_self: bool
    same_home: bool
    age: AgeBand


@dataclass(frozen=True, slots=True)
class Home:
    """That somebody is at home in a house, until before `ends_at`. `help`: as domestic help."""

    house_id: UUID
    ends_at: datetime | None
    help: bool = False


def giving_problem(
    text: Text, texts: Iterable[Text], age: AgeBand, guardian: Guardian | None, *, at_home: bool
) -> str | None:
    """The catalogue key of why this consent cannot be given, or None when it can."""
    if text.version < max(one.version for one in texts):
        return "consent.old_text"
    if not at_home:
        return "consent.not_at_home"
    if age is AgeBand.UNKNOWN:
        return "consent.age_unknown"
    return speaking_problem(age, guardian)


def inviting_problem(age: AgeBand, guardian: Guardian | None) -> str | None:
    """The catalogue key of why no link may be made that asks for this consent, or None. Of an unknown age nobody speaks
    for the person: what is missing then is said when they consent."""
    if age is AgeBand.UNKNOWN:
        return None if guardian is None else "consent.age_unknown"
    return speaking_problem(age, guardian)


def speaking_problem(age: AgeBand, guardian: Guardian | None) -> str | None:
    """What is wrong with who speaks for a person of this age, or with nobody doing so; None: nothing."""
    if age is not AgeBand.UNDER_14:
        return None if guardian is None else "consent.guardian_not_wanted"
    return "consent.guardian_needed" if guardian is None else guardian_problem(guardian)


def guardian_problem(guardian: Guardian) -> str | None:
    """The catalogue key of why this one cannot speak for a child, or None when they can."""
    if guardian.is_self:
        return "consent.guardian_self"
    if not guardian.same_home:
        return "consent.guardian_elsewhere"
    if guardian.age is AgeBand.UNKNOWN:
        return "consent.guardian_age_unknown"
    return None if guardian.age is AgeBand.OF_AGE else "consent.guardian_under_age"


def standing(consents: Iterable[Consent], texts: Iterable[Text], age: Age, now: datetime) -> Standing:
    """Where a person stands at `now`. Of several consents the one given last counts, alone."""
    last = _last(consents, now)
    band = age_band(age, now)
    if last is None:
        return Standing.GUARDIAN_NEEDED if band is AgeBand.UNDER_14 else Standing.NEVER
    if last.withdrawn_at is not None and last.withdrawn_at <= now:
        return Standing.WITHDRAWN
    if now >= last.expires_at:
        return Standing.EXPIRED
    if band in (AgeBand.UNDER_14, AgeBand.UNKNOWN) and not last.by_guardian:
        return Standing.GUARDIAN_NEEDED
    return Standing.IN_FORCE if _asked_anew(last, texts, band, now) is None else Standing.ASKS_ANEW


def why_anew(consents: Iterable[Consent], texts: Iterable[Text], age: Age, now: datetime) -> AskedAnew | None:
    """Why they are asked anew; None in every other standing."""
    consents, texts = tuple(consents), tuple(texts)
    last = _last(consents, now)
    if last is None or standing(consents, texts, age, now) is not Standing.ASKS_ANEW:
        return None
    return _asked_anew(last, texts, age_band(age, now), now)


def _asked_anew(last: Consent, texts: Iterable[Text], band: AgeBand, now: datetime) -> AskedAnew | None:
    if last.by_guardian and band is not AgeBand.UNDER_14:
        return AskedAnew.GROWN
    if last.guardian_until is not None and now >= last.guardian_until:
        return AskedAnew.GUARDIAN_GONE
    return AskedAnew.NEWER_TEXT if any(now >= text.old_until for text in _newer(texts, last, now)) else None


def ends_at(consents: Iterable[Consent], texts: Iterable[Text], age: Age, now: datetime) -> datetime | None:
    """When a consent that is in force ends by itself, by what is known now; None when none is in force."""
    consents, texts = tuple(consents), tuple(texts)
    last = _last(consents, now)
    if last is None or standing(consents, texts, age, now) is not Standing.IN_FORCE:
        return None
    return min(_ends(last, texts, age, now))


def ended_at(consents: Iterable[Consent], texts: Iterable[Text], age: Age, now: datetime) -> datetime | None:
    """When the consent that was given last ended by itself; None while it stands, after a withdrawal, and where the
    instant is not known."""
    consents = tuple(consents)
    last = _last(consents, now)
    if last is None or standing(consents, texts, age, now) not in (Standing.EXPIRED, Standing.ASKS_ANEW):
        return None
    end = min(_ends(last, texts, age, now))
    return end if end <= now else None


def _ends(last: Consent, texts: Iterable[Text], age: Age, now: datetime) -> list[datetime]:
    ends = [last.expires_at, *(text.old_until for text in _newer(texts, last, now))]
    if last.withdrawn_at is not None:
        ends.append(last.withdrawn_at)
    if last.by_guardian and age.born_on is not None:
        ends.append(reached_at(age.born_on, GUARDED_YEARS))
    if last.guardian_until is not None:
        ends.append(last.guardian_until)
    return ends


def guardian_until(child: Iterable[Home], guardian: Iterable[Home], given_at: datetime) -> datetime | None:
    """When the two are last at home together, of the homes that they have had since; None: without an end."""
    mine, last = tuple(child), given_at
    for home in guardian:
        if home.help:
            continue
        for shared in (one for one in mine if one.house_id == home.house_id):
            ends = [one for one in (shared.ends_at, home.ends_at) if one is not None]
            if not ends:
                return None
            last = max(last, min(ends))
    return last


def _last(consents: Iterable[Consent], now: datetime) -> Consent | None:
    return max((one for one in consents if one.given_at <= now), key=lambda one: one.given_at, default=None)


def _newer(texts: Iterable[Text], consent: Consent, now: datetime) -> list[Text]:
    return [text for text in texts if text.version > consent.version and text.published_at <= now]
