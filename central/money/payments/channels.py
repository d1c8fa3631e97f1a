"""The port to a channel of payment, and which channels a company has.

A channel is asked for a way to pay an order, and later tells by itself that it was paid; where it does not, it is asked
about it. It is asked to close what nobody shall pay any more, and to give money back. What it says counts once its
signature, its age and its merchant are found right; how that is done is each channel's own file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel.errors import NotFound, Unavailable
from central.base.kernel.session import tenant_of
from central.money.payments.rules import Failed, Notice, Said, Standing, Unfit

_OPTION = "menting_channels"


class ChannelAway(Unavailable):
    """The channel did not give a way to pay. Trying again may help; cash and another channel do."""

    def __init__(self, channel: str) -> None:
        super().__init__("payments.channel_away", channel=channel)


class Ask(NamedTuple):
    """What a channel is asked for. `base`: central's own address as the driver's phone reached it."""

    number: str
    amount_fen: int
    title: str
    expires_at: datetime
    tenant_id: UUID
    base: str
    back: str
    payer_address: str
    now: datetime


class Back(NamedTuple):
    """Money that goes back. `number`: ours, the same each time; `payment_number`: the channel's, of what came."""

    number: str
    order_number: str
    payment_number: str
    amount_fen: int
    paid_fen: int
    now: datetime


class BackSaid(NamedTuple):
    """`number`: the channel's own of it; "" where it says none."""

    said: Said
    number: str = ""


class Answer(NamedTuple):
    """What the channel wants to hear when its word was taken, or was not."""

    status: int
    media_type: str
    body: bytes


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    def way(self, ask: Ask) -> str:
        """An address at which the driver pays. Raises ChannelAway."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | Failed | Unfit:
        """headers: by their names in lower case."""
        ...

    def answer(self, taken: bool) -> Answer: ...

    def look(self, order_number: str, now: datetime) -> Notice | Standing:
        """What it knows of an order, as its notice would say it. Raises ChannelAway."""
        ...

    def close(self, order_number: str, now: datetime) -> bool:
        """Let nobody pay it any more; False where it was paid meanwhile, or may have been. Raises ChannelAway."""
        ...

    def give_back(self, back: Back) -> BackSaid:
        """However often it is asked under one number, it goes back once. Raises ChannelAway: it may have heard."""
        ...

    def look_back(self, back: Back) -> BackSaid:
        """What became of it. Raises ChannelAway."""
        ...


Channels = Callable[[UUID], Mapping[str, Channel]]
"""The channels of a company, by their names."""


def notice_address(base: str, channel: str, tenant_id: UUID) -> str:
    return f"{base}/pay/notices/{channel}/{tenant_id}"


def attach_channels(engine: Engine, channels: Channels) -> None:
    """Give the services of this engine their channels; once, when the process is put together."""
    engine.update_execution_options(**{_OPTION: channels})


def channels_of(db: Session) -> Mapping[str, Channel]:
    """Those of the transaction's company; none where nothing is set up."""
    found = db.get_bind().get_execution_options().get(_OPTION)
    return found(tenant_of(db)) if found is not None else {}


def channel_of(db: Session, name: str) -> Channel:
    """Raises NotFound."""
    found = channels_of(db).get(name)
    if found is None:
        raise NotFound("payments.no_channel")
    return found
