"""The rights of access. A rule or a key changes who may enter: the guard at the desk reads, the manager changes."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_PASSES = declare("pass.read", GUARD, MANAGER)
ISSUE_PASSES = declare("pass.issue", GUARD, MANAGER)
"""Of visitors. Whoever may issue a pass sees its code, and can walk in with it."""
ISSUE_RESIDENT_PASSES = declare("pass.issue_resident", MANAGER)
"""A code that opens for a year under somebody's own name: more than a guard's desk needs."""
REVOKE_PASSES = declare("pass.revoke", GUARD, MANAGER)
READ_RULES = declare("rule.read", GUARD, MANAGER)
EDIT_RULES = declare("rule.edit", MANAGER)
EDIT_CREDENTIALS = declare("credential.edit", MANAGER)
ROTATE_KEYS = declare("key.rotate")
EDIT_ZONES = declare("zone.edit", MANAGER)
REQUEST_LOCKDOWNS = declare("lockdown.request", GUARD, MANAGER, refusal="lockdown.request_refused")
APPROVE_LOCKDOWNS = declare("lockdown.approve", MANAGER, refusal="lockdown.approve_refused")
"""To be the second person, and to end one alone: an end opens gates again."""


def to_issue(residents: bool) -> str:
    """The right to issue such a pass, and to see its code."""
    return ISSUE_RESIDENT_PASSES if residents else ISSUE_PASSES
