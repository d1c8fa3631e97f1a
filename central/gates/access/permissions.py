"""The rights of access. A rule or a key changes who may enter: the guard at the desk reads, the manager changes."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_PASSES = declare("pass.read", GUARD, MANAGER)
ISSUE_PASSES = declare("pass.issue", GUARD, MANAGER)
REVOKE_PASSES = declare("pass.revoke", GUARD, MANAGER)
READ_RULES = declare("rule.read", GUARD, MANAGER)
EDIT_RULES = declare("rule.edit", MANAGER)
EDIT_CREDENTIALS = declare("credential.edit", MANAGER)
ROTATE_KEYS = declare("key.rotate")
EDIT_ZONES = declare("zone.edit", MANAGER)
REQUEST_LOCKDOWNS = declare("lockdown.request", GUARD, MANAGER)
APPROVE_LOCKDOWNS = declare("lockdown.approve", MANAGER)
"""To be the second person, and to end one alone: an end opens gates again."""
