"""What is said over HTTP about accounts, roles and sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.base.identity.accounts import LOGIN, NAME_MAX, REASON_MAX
from models.values.text import Printable

_ID = "019ab2f4-1c2e-7d10-a3b1-c2d3e4f50617"


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LogInIn(Said):
    login: Printable = Field(min_length=1, max_length=100, examples=["admin"])
    password: str = Field(min_length=1, max_length=400, examples=["k7wq-3fhd-xxap-92mz"])


class GrantOut(Said):
    role: str = Field(examples=["guard"])
    community_id: UUID | None = Field(description="null: in the whole tenant", examples=[_ID])
    permissions: list[str] = Field(examples=[["house.read", "pass.read"]])


class SessionOut(Said):
    """Who is signed in. The session itself is in the cookie."""

    account_id: UUID = Field(examples=[_ID])
    tenant_id: UUID = Field(examples=[_ID])
    name: str = Field(examples=["李建国"])
    must_change_password: bool = Field(description="Nothing but the change of password is open until it is done.")
    grants: list[GrantOut]


class PasswordChangeIn(Said):
    old_password: str = Field(min_length=1, max_length=400)
    new_password: str = Field(min_length=1, max_length=400, description="10 to 200 characters")


class AccountIn(Said):
    login: str = Field(pattern=f"^{LOGIN}$", examples=["wang.gate"])
    name: Printable = Field(min_length=1, max_length=NAME_MAX, examples=["王保安"])


class AccountOut(Said):
    id: UUID = Field(examples=[_ID])
    login: str = Field(examples=["wang.gate"])
    name: str = Field(examples=["王保安"])
    must_change_password: bool
    locked_until: datetime | None
    disabled_at: datetime | None
    created_at: datetime


class OneTimePasswordOut(Said):
    account_id: UUID = Field(examples=[_ID])
    one_time_password: str = Field(description="Told once. Must be changed at the first log-in.", examples=["k7wq-…"])


class RoleGrantIn(Said):
    role: Printable = Field(examples=["guard"])
    community_id: UUID | None = Field(description="null: everywhere; said, never left out", examples=[_ID])


class DisableIn(Said):
    reason: Printable = Field(min_length=1, max_length=REASON_MAX, examples=["left the company"])
