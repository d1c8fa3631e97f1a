"""Who agreed to be known by face here, by the rules of this moment and until each consent ends by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable
from datetime import datetime
from uuid import UUID

from edge.store.view import RulesView


class FaceConsents:
    """`cardholder_id in consents`. Without rules nobody has agreed. Any thread may ask."""

    def __init__(self, view: Callable[[], RulesView], now: Callable[[], datetime]) -> None:
        """`now` is central's time as the node knows it: a consent ends there, not by a clock that was set wrong."""
        self._view, self._now = view, now
        self._ends: tuple[RulesView | None, list[datetime]] = (None, [])

    def __contains__(self, cardholder_id: object) -> bool:
        holder = self._view().cardholder(cardholder_id) if isinstance(cardholder_id, UUID) else None
        return holder is not None and holder.may_be_compared(self._now())

    def state(self) -> Hashable:
        """Differs when other rules came, or a consent has ended since."""
        view = self._view()
        known, ends = self._ends
        if known is not view:
            holders = view.snapshot.cardholders if view.snapshot is not None else ()
            ends = sorted(one.face_consent_until for one in holders if one.face_consent and one.face_consent_until)
            self._ends = (view, ends)
        return view.version, bisect_right(ends, self._now())
