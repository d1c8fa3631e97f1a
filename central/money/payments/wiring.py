"""Put the domain into central: its channels, where they tell what was paid, and when they are asked."""

from __future__ import annotations

import central.money.payments.permissions  # noqa: F401  declared as it is imported
from central.base.parts import Parts
from central.money.payments import routes
from central.money.payments.ask_channels import ask_channels
from central.money.payments.channels import attach_channels
from central.money.payments.send_refunds import send_refunds
from central.money.payments.settings import channels_in, test_pay_wanted


def register(parts: Parts) -> None:
    attach_channels(parts.engine, channels_in(parts.data, test_pay=test_pay_wanted()))
    parts.routers.append(routes.router)
    parts.jobs.each_tenant("payments.ask_channels", "* * * * * */20", ask_channels)
    parts.jobs.each_tenant("payments.send_refunds", "* * * * * */20", send_refunds)
