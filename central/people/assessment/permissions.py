"""The rights of impact assessments: to read what is done with data, and to answer for it with one's name."""

from __future__ import annotations

from central.base.kernel.permissions import MANAGER, declare

READ_ASSESSMENTS = declare("assessment.read", MANAGER)
SIGN_ASSESSMENTS = declare("assessment.sign", MANAGER)
