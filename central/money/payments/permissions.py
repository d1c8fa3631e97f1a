"""The rights of payments: to see what came and what goes back, to say that it was given back, to close a till."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_PAYMENTS = declare("payment.read", GUARD, MANAGER)
GIVE_BACK = declare("refund.give", MANAGER)
CLOSE_TILL = declare("till.close", GUARD, MANAGER)
