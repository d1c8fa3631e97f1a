"""The rights of visits: to read what happened at the gates, to take note of an alarm, to correct whose face it was, to
answer who asks for a person at a lane."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_VISITS = declare("visit.read", GUARD, MANAGER)
ACKNOWLEDGE = declare("alarm.acknowledge", GUARD, MANAGER)
CORRECT_VISITS = declare("visit.correct", GUARD, MANAGER)
ANSWER_CALLS = declare("call.answer", GUARD, MANAGER)
