"""The right to see what money moved, and why."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

READ_LEDGER = declare("ledger.read", MANAGER)
