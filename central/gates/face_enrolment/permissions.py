"""The right to invite somebody to enrol their face. The person's own consent is asked for besides."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

INVITE_FACES = declare("face.invite", GUARD, MANAGER)
