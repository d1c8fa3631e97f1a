"""The rights of parking: to see tariffs and try them, to draft one, to be the second person who says yes; to keep the
lists of plates; to see the stays of cars, and to put right what is wrong with one."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_TARIFFS = declare("tariff.read", GUARD, MANAGER)
DRAFT_TARIFFS = declare("tariff.draft", MANAGER)
APPROVE_TARIFFS = declare("tariff.approve", MANAGER)
KEEP_PLATES = declare("plate.keep", MANAGER)
READ_STAYS = declare("stay.read", GUARD, MANAGER)
CORRECT_STAYS = declare("stay.correct", GUARD, MANAGER)
