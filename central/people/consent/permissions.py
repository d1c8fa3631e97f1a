"""The rights of consent. Taking it back needs the same right as giving it, so that it is never harder (PRIV-04)."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_CONSENTS = declare("consent.read", GUARD, MANAGER)
RECORD_CONSENTS = declare("consent.record", GUARD, MANAGER)
PUBLISH_TEXTS = declare("consent.publish", MANAGER)
