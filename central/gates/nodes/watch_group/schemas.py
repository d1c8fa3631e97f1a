"""What is said over HTTP about the watch group."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.base.kernel.moments import Moment
from central.gates.nodes.watch_group.rules import Ground
from models.values.text import Printable


class AtNodeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    node: str
    what: str = Field(description="stored or erased, as the node said", examples=["stored"])
    at: datetime
    revoked: bool = Field(description="the node is no gate any more; its disk is to be destroyed by a person")


class WatchEntryOut(BaseModel):
    """Somebody who is looked out for. Gates and guards know the number alone."""

    model_config = ConfigDict(from_attributes=True)

    entry_id: UUID
    community_id: UUID
    number: int = Field(examples=[7])
    label: str = Field(examples=["走失老人，3 栋"])
    ground: Ground = Field(examples=["missing"])
    document: str = Field(examples=["派出所接报单 2026-1107"])
    asked_by: str = Field(examples=["监护人李示例"])
    made_by: str = Field(examples=["李经理"])
    made_at: datetime
    expires_at: datetime
    state: str = Field(examples=["at_the_gates"])
    problems: tuple[dict[str, Any], ...]
    ended_at: datetime | None
    ended_by: str | None = Field(examples=["李经理"])
    ended_reason: str | None = Field(examples=["人已找到"])
    nodes: tuple[AtNodeOut, ...] = Field(examples=[[]])


class WatchGroupOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    faces_max: int = Field(examples=[1000])
    standing: int = Field(examples=[3])
    entries: tuple[WatchEntryOut, ...]


class WatchEntryIn(BaseModel):
    label: Printable = Field(max_length=400, description="a word to tell entries apart by", examples=["走失老人，3 栋"])
    ground: Ground = Field(examples=["missing"])
    document: Printable = Field(
        max_length=400, description="the paper it stands on", examples=["派出所接报单 2026-1107"]
    )
    asked_by: Printable = Field(max_length=400, examples=["监护人李示例"])
    expires_at: Moment = Field(description="at most 180 days ahead")


class WatchAddedOut(BaseModel):
    entry_id: UUID


class WatchCorrectIn(BaseModel):
    """What it stands on, as it should have been entered."""

    ground: Ground = Field(examples=["police"])
    document: Printable = Field(max_length=400, examples=["公安机关协查函 2026-31"])
    asked_by: Printable = Field(max_length=400, examples=["东城派出所"])
    reason: Printable = Field(max_length=400, examples=["依据选错了"])


class WatchEndIn(BaseModel):
    reason: Printable = Field(max_length=400, examples=["人已找到"])


class WatchMostIn(BaseModel):
    faces_max: int = Field(description="0 to 1000", examples=[200])
