"""The rights of a community's register. Names and phones in full are a right of their own, used with a reason."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_HOUSES = declare("house.read", GUARD, MANAGER)
EDIT_HOUSES = declare("house.edit", MANAGER)
READ_PEOPLE = declare("person.read", GUARD, MANAGER)
EDIT_PEOPLE = declare("person.edit", MANAGER)
UNMASK_PEOPLE = declare("person.unmask", GUARD, MANAGER)
