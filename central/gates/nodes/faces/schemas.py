"""What is said over HTTP about faces: receipts and counts, never a face."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.people.consent.schemas import Said, StandingOut


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class StoredOut(Out):
    """`earlier`: the node compares by another model since; the person is asked for new photos."""

    node_id: UUID
    node: str
    model: str
    photos: int
    stored_at: datetime
    earlier: bool
    anew: bool = Field(description="made of kept photos, after a change of the model")
    by_maker: bool = Field(description="this is the enrolment node: by its word alone the person is known")
    revoked: bool = Field(description="the node is no gate any more; its disk is to be destroyed by a person")


class RefusedOut(Out):
    """A node that takes the newest template for good not. `why`: "" where it did not say."""

    node_id: UUID
    node: str
    why: str = Field(examples=["other_model"])
    at: datetime
    said: Said


class ClaimedOut(Out):
    """A node that says it has a template which the enrolment node never made."""

    node_id: UUID
    node: str
    at: datetime
    said: Said


class KeptOut(Out):
    """Photos kept sealed at a node by the person's choice; 0: destroyed there."""

    node_id: UUID
    node: str
    photos: int
    at: datetime


class ErasedOut(Out):
    """`said` names the places. `order_id` None: a technician did it at the node."""

    node_id: UUID
    node: str
    order_id: UUID | None
    had_template: bool
    places: list[str]
    at: datetime
    received_at: datetime
    earlier: bool = Field(description="of an order of before the newest consent, or before that was taken back")
    said: Said


class CentralOut(Out):
    """What central itself destroyed with the newest order: its event pictures whose decisions name the person."""

    at: datetime
    pictures: int = Field(examples=[2])
    said: Said


class HeldOut(Out):
    """An event picture that stays all the same until `until`, unless what holds it is released before. `node`: the
    gate's node that says it keeps it; null: central has it."""

    made_at: datetime
    lane: str = Field(examples=["东门进口"])
    cause: str = Field(examples=["alarm"], description="alarm or incident")
    until: datetime
    node: str | None = Field(examples=["东门"], description="null: at central")
    said: Said


class OwingOut(Out):
    """`heard_at` None: never heard of."""

    node_id: UUID
    node: str
    online: bool
    heard_at: datetime | None
    revoked: bool
    disputed: bool = Field(description="its records wait for a person's decision, and what it said with them")
    said: Said


class DisputedOut(Out):
    """A node in use whose records wait for a person's decision; what it says of this face meanwhile is set aside.
    `decide`: the page where that is decided."""

    node_id: UUID
    node: str
    decide: str = Field(examples=["/nodes/01890000-0000-7000-8000-000000000001/records"])
    said: Said


class OrderOut(Out):
    """`settled_at`: every node had confirmed. `overtaken_at`: a new consent was given since."""

    order_id: UUID
    why: str
    ordered_at: datetime
    overtaken_at: datetime | None
    settled_at: datetime | None
    owing: list[OwingOut]
    earlier: bool = Field(description="of before the newest consent, or before that was taken back")
    said: Said


class FaceOut(BaseModel):
    """`cardholder_id` None: the gates do not know this person at all."""

    resident_id: UUID
    cardholder_id: UUID | None
    name: str
    consent: StandingOut
    stored: list[StoredOut]
    refused: list[RefusedOut]
    claimed: list[ClaimedOut]
    kept: list[KeptOut]
    erased: list[ErasedOut]
    order: OrderOut | None
    central: CentralOut | None = Field(description="null: there is no order, or central has not come to it yet")
    held: list[HeldOut] = Field(description="event pictures of theirs that an alarm or an incident keeps all the same")
    awaited: list[OwingOut] = Field(
        description="who has something of a consent that was taken back, while the order about it is not out yet"
    )
    coming: list[OwingOut] = Field(description="nodes to which a template is on its way and that do not hold it yet")
    disputed: list[DisputedOut] = Field(
        description="nodes whose records wait for a decision: they may have said more of this face than stands here"
    )
    under_way: bool = Field(description="something is to be destroyed that not every node has confirmed")
    left_behind: bool = Field(description="by the model of now they are known no more: new photos are wanted")


class CountOut(BaseModel):
    """Over all sites of the company. `orphans` must be 0. `file_by`: the day by which storing so many must be filed."""

    counted_at: datetime | None
    faces: int
    orphans: int
    reached: int
    file_by: date | None
    said: Said
