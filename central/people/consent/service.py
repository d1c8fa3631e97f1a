"""What can be done with consent: the verbs, each at home in a file of its own."""

from __future__ import annotations

from central.people.consent.end_consent import end_by_moving_out
from central.people.consent.give_consent import give_consent, note_age
from central.people.consent.keep_photos import choose_photos
from central.people.consent.publish_text import demand_text, publish_text
from central.people.consent.withdraw_consent import withdraw_consent

__all__ = [
    "choose_photos",
    "demand_text",
    "end_by_moving_out",
    "give_consent",
    "note_age",
    "publish_text",
    "withdraw_consent",
]
