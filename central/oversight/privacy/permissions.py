"""The rights of this domain beside those of assessments: to close what the test of groups has found."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

CLOSE_FINDINGS = declare("finding.close", MANAGER)
