"""The right of whoever makes tax invoices: to see who asked for one, and to say that it was made or cannot be."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

ISSUE_INVOICES = declare("invoice.issue", MANAGER)
