"""The rights of the identity domain itself."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

READ_ACCOUNTS = declare("account.read", MANAGER)
EDIT_ACCOUNTS = declare("account.edit")
GRANT_ROLES = declare("role.grant")
