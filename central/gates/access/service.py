"""What can be done about access: the verbs, each at home in a file of its own, and the answers they give."""

from __future__ import annotations

from central.gates.access.block_household import block_household, end_household_block
from central.gates.access.end_pass import change_pass, revoke_pass
from central.gates.access.explain import explain_pass
from central.gates.access.give_card import bind_card, give_card, name_card, pass_card_on, revoke_card
from central.gates.access.issue_pass import issue_resident_pass, issue_visitor_pass
from central.gates.access.keep_cardholders import (
    add_cardholder,
    block_cardholder,
    change_groups,
    unblock_cardholder,
)
from central.gates.access.keys import Rotation, rotate_key, withdraw_key
from central.gates.access.lock_down import approve_lockdown, end_lockdown, request_lockdown, withdraw_lockdown
from central.gates.access.pass_link import link_of, linked_pass, make_link
from central.gates.access.picture import picture
from central.gates.access.queries import people_of, person_of
from central.gates.access.set_kinds import set_kinds
from central.gates.access.set_pin import GivenPin, drop_pin, set_pin
from central.gates.access.set_rules import (
    add_holiday,
    add_rule,
    change_settings,
    remove_holiday,
    retire_rule,
    settings_of,
)
from central.gates.access.set_zones import drop_zone, set_zone
from central.gates.access.show_pass import show_pass, sign_again
from central.gates.access.views import UNKNOWN, Explanation, IssuedPass, PersonView
from central.gates.access.where_opens import where_opens
from central.gates.access.who_may import Standing, WhoMay, who_may

__all__ = [
    "UNKNOWN",
    "Explanation",
    "GivenPin",
    "IssuedPass",
    "PersonView",
    "Rotation",
    "Standing",
    "WhoMay",
    "add_cardholder",
    "add_holiday",
    "add_rule",
    "approve_lockdown",
    "bind_card",
    "block_cardholder",
    "block_household",
    "change_groups",
    "change_pass",
    "change_settings",
    "drop_pin",
    "drop_zone",
    "end_household_block",
    "end_lockdown",
    "explain_pass",
    "give_card",
    "issue_resident_pass",
    "issue_visitor_pass",
    "link_of",
    "linked_pass",
    "make_link",
    "name_card",
    "pass_card_on",
    "people_of",
    "person_of",
    "picture",
    "remove_holiday",
    "request_lockdown",
    "retire_rule",
    "revoke_card",
    "revoke_pass",
    "rotate_key",
    "set_kinds",
    "set_pin",
    "set_zone",
    "settings_of",
    "show_pass",
    "sign_again",
    "unblock_cardholder",
    "where_opens",
    "who_may",
    "withdraw_key",
    "withdraw_lockdown",
]
