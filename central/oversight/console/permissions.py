"""The right of the console itself: to read what was done, by whom and why."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

READ_AUDIT = declare("audit.read", MANAGER)
