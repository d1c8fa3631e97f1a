"""Central's orders to destroy face data, carried out before anything else of the snapshot counts (PRIV-04).

    1. event pictures of the person      but for what an alarm holds, which is told with its end
    2. the person's keys                 from here on no copy of all these opens, wherever it lies
    3. the template's and the photos' rows, the order remembered, the receipt owed to the journal: one transaction
    4. photos that somebody else no longer lets the node keep
    5. only then the snapshot is on the disk, and in force

Each step may be done again. A power cut anywhere leaves the old version on the disk, so that the order comes again.
Where a step cannot be written, the rules are in force all the same, for what they forbid must hold (nobody erased is
compared any more), and all is done again until it is (`Store.keep`). Once step 3 is on the disk it has been done and
told once. A template that comes back later, with a restored file, is destroyed again and told again: also where its
person has agreed anew since. Of such an order the file itself says whether it was carried out here; then what lies here
was made under the newer consent, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from edge.store.keys import KeyRing
from edge.store.templates import Templates
from models.wire.events import HeldPicture
from models.wire.snapshot import Erasure, Snapshot

Confirmed = Callable[[Collection[UUID]], Collection[UUID]]
"""(order ids) -> those of which the journal has a receipt."""


class Left(NamedTuple):
    """What became of somebody's event pictures: how many are destroyed, and which stay until when."""

    destroyed: int
    held: tuple[HeldPicture, ...]


ErasePictures = Callable[[Collection[UUID]], Mapping[UUID, Left]]
"""(cardholders) -> what became of the pictures of each."""


class Eraser:
    def __init__(
        self, templates: Templates, keys: KeyRing, erase_pictures: ErasePictures, confirmed: Confirmed
    ) -> None:
        self._templates, self._keys = templates, keys
        self._erase_pictures, self._confirmed = erase_pictures, confirmed

    def follow(self, snapshot: Snapshot) -> int:
        """All that these rules ask to be destroyed. Returns for how many people. Raises DatabaseBusy: try again."""
        return self.carry_out(snapshot.erase, snapshot.overtaken) + self.keep_photos_of(
            {one.cardholder_id for one in snapshot.cardholders if one.keeps_photos}
        )

    def keep_photos_of(self, people: Collection[UUID]) -> int:
        """Of nobody else. Who is not in the rules at all has not agreed by them. Raises DatabaseBusy."""
        over = self._templates.photos.holders() - set(people)
        self._templates.erase_photos(over)
        return len(over)

    def carry_out(self, orders: Sequence[Erasure], overtaken: Sequence[Erasure] = ()) -> int:
        """Do what is new among the orders, or undone by hand, and of those that a newer consent has overtaken what this
        disk never did. Returns how many. Raises DatabaseBusy: try again."""
        done = self._templates.erasures()
        here = self._templates.holders() | self._templates.photos.holders()
        due = [order for order in orders if order.order_id not in done or order.cardholder_id in here]
        undone = [order for order in overtaken if not self._templates.carried_out(order)]
        if due or undone:
            people = {order.cardholder_id for order in (*due, *undone)}
            pictures = self._erase_pictures(people)
            pictured = {person for person in people if pictures[person].destroyed}
            keyed = self._keys.erase(*people) | self._templates.photos.erase_keys(people)
            places = {
                person: [name for name, of in (("key", keyed), ("pictures", pictured)) if person in of]
                for person in people
            }
            held = {person: pictures[person].held for person in people}
            again = self._confirmed([order.order_id for order in due])
            self._templates.erase_ordered(due, places, again, undone, held=held)
        self._templates.forget_erasures([order.order_id for order in orders])
        return len(due) + len(undone)
