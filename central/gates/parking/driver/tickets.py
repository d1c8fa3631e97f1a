"""What a driver's phone holds: the address of one stay's page, for as long as it takes to pay, or of what it paid.

    the company's id, 16 bytes; then sealed for it: for which, stay, order, until when, how it was found, which phone

Nothing of it is stored. Who found a stay by its plate, or by the lane where it stood, may look at it for a while and
then has to find it again, so that an address that was kept tells nobody when a car leaves. An order gives no new time
to look: its ticket, and that of an order asked for from there, carries the end of the first. Who paid keeps the address
of that payment, which shows what was paid. `phone` is made as the stay is found: whoever else finds it has another, and
an order that more than one has pressed for is nobody's own (its receipt names nobody and its invoice is asked at the
desk): by which of them it was paid is not known, and the channel leads all of them back to the first one's address.
"""

from __future__ import annotations

import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.errors import Gone, NoSuchLink
from central.base.kernel.secrets import SecretsError, seal, unseal_for
from central.base.kernel.session import bind_tenant, tenant_of

LOOK = timedelta(minutes=20)
"""To read the fee and to choose how to pay."""
PAID = timedelta(days=30)
"""For so long after the time to look a payment's own address shows its receipt."""
CHARS_MAX = 200
ABOUT = "stay_ticket"
_FORM = struct.Struct(">16s16s16sqB8s")
_PHONE_BYTES = 8
_NONE = bytes(16)

BY_TICKET = "the address is the key: sealed by central for one stay and a short time; it shows what is to be paid"


@dataclass(frozen=True, slots=True)
class Ticket:
    """`sign_id`: which sign led here, None where a guard showed the code. `order_id`: of the payment that was asked,
    None before. `typed`: whoever holds it said the plate themselves; else it is shown masked. `proved`: of a shared
    order, that they named the channel's own number of the payment."""

    sign_id: UUID | None
    stay_id: UUID
    order_id: UUID | None
    until: datetime
    typed: bool
    phone: str
    proved: bool = False

    @property
    def look_until(self) -> datetime:
        """When whoever found the stay has to find it again."""
        return self.until if self.order_id is None else self.until - PAID


def to_look(sign_id: UUID | None, stay_id: UUID, now: datetime, *, typed: bool) -> Ticket:
    return Ticket(sign_id, stay_id, None, now + LOOK, typed, new_phone())


def new_phone() -> str:
    return secrets.token_hex(_PHONE_BYTES)


def of_order(ticket: Ticket, order_id: UUID, phone: str) -> Ticket:
    """With the time to look of the ticket from which it was asked, whichever order that was of."""
    return Ticket(ticket.sign_id, ticket.stay_id, order_id, ticket.look_until + PAID, ticket.typed, phone)


def written(db: Session, ticket: Ticket) -> str:
    """As it stands in an address."""
    sign, order = (one.bytes if one is not None else _NONE for one in (ticket.sign_id, ticket.order_id))
    phone = bytes.fromhex(ticket.phone)
    plain = _FORM.pack(
        sign, ticket.stay_id.bytes, order, int(ticket.until.timestamp()), ticket.typed | ticket.proved << 1, phone
    )
    return urlsafe_b64encode(tenant_of(db).bytes + seal(db, plain, ABOUT)).rstrip(b"=").decode()


def read_ticket(db: Session, text: str, now: datetime) -> Ticket:
    """`db` is not bound yet, and is bound to its company then. Gone for one whose time is over, NoSuchLink for what
    central never wrote."""
    try:
        raw = urlsafe_b64decode(text[:CHARS_MAX] + "=" * (-len(text[:CHARS_MAX]) % 4))
        tenant_id = UUID(bytes=raw[:16])
        sign, stay, order, until, flags, phone = _FORM.unpack(unseal_for(db, tenant_id, raw[16:], ABOUT))
    except (ValueError, SecretsError, struct.error) as error:
        raise NoSuchLink("driver.over") from error
    ticket = Ticket(
        _id(sign), UUID(bytes=stay), _id(order),
        datetime.fromtimestamp(until, UTC), bool(flags & 1), phone.hex(), bool(flags & 2),
    )  # fmt: skip
    if now >= ticket.until:
        raise Gone("driver.over")
    bind_tenant(db, tenant_id)
    return ticket


def _id(raw: bytes) -> UUID | None:
    return UUID(bytes=raw) if raw != _NONE else None
