"""The rights of coverage: to see which key points no reader covers, and to keep the list."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_POINTS = declare("point.read", GUARD, MANAGER)
EDIT_POINTS = declare("point.edit", MANAGER)
