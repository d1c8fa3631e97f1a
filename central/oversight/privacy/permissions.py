"""The rights of this domain beside those of assessments: to close what the test of groups has found, to sign a test of
attacks."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

CLOSE_FINDINGS = declare("finding.close", MANAGER)
SIGN_ATTACK_TESTS = declare("attack_test.sign", MANAGER)
