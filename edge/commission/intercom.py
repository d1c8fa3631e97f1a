"""How a door's intercom asks, in the draft: by a dry contact, or by network with a proof. Pure."""

from dataclasses import dataclass
from typing import Any

from devices.errors import AddressError
from devices.registry import relay_board_facts
from edge.commission.checklist import contacts_of
from edge.commission.draft import INPUTS, Tree, with_lane
from edge.commission.lift import lane_of
from edge.hands import IntercomsSite

INTERCOM = "intercom"
USUAL = IntercomsSite()


@dataclass(frozen=True, slots=True)
class Shown:
    """A door's intercom as its form has it. `inputs`: how many the board of its contacts has; `taken`: what else is
    wired to them; `contact`: the input of its own relay, 0 for none; `network`: what the file says of one that calls;
    `url`: what it must call, `alone`: which nobody but this machine can reach."""

    inputs: int
    taken: dict[int, str]
    contact: Any
    network: dict[str, Any]
    listen: str
    url: str
    alone: bool

    @property
    def first_free(self) -> int:
        """The first input that nothing is wired to; 0 for none."""
        return next((number for number in range(1, self.inputs + 1) if number not in self.taken), 0)

    @property
    def by(self) -> str:
        """ "network", "contact" or ""."""
        return "network" if self.network else "contact" if self.contact else ""


def shown(tree: Tree, lane: Tree) -> Shown:
    board, inputs = lane.get(INPUTS) or lane.get("relay"), 0
    if isinstance(board, str):
        try:
            inputs = relay_board_facts(board).inputs
        except AddressError:
            inputs = 0
    contacts = contacts_of(lane)
    taken = {
        at: name for name, at in contacts.items()
        if isinstance(at, int) and at and name not in ("lock", INTERCOM)
    }  # fmt: skip
    network = lane.get(INTERCOM)
    listen = listens(tree)
    return Shown(
        inputs, taken, contacts.get(INTERCOM), network if isinstance(network, dict) else {}, listen,
        url_of(tree, str(lane.get("code", ""))), listen in ("127.0.0.1", "::1"),
    )  # fmt: skip


def listens(tree: Tree) -> str:
    """This machine's address on the intercoms' network."""
    table = tree.get("intercoms")
    return str(table.get("listen", USUAL.listen)) if isinstance(table, dict) else USUAL.listen


def url_of(tree: Tree, code: str) -> str:
    """What the intercom of this lane must call, by POST."""
    table, host = tree.get("intercoms"), listens(tree)
    port = table.get("port", USUAL.port) if isinstance(table, dict) else USUAL.port
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/intercom/{code}"


def with_contact(tree: Tree, code: str, terminal: int | float | str) -> dict[str, Any]:
    """Its own relay on this input, and no calls by network."""
    return with_lane(tree, code, {}, {INTERCOM: terminal}, gone=(INTERCOM,))


def with_network(tree: Tree, code: str, table: dict[str, Any], listen: str) -> dict[str, Any]:
    """It calls by network, to the address `listen` of this machine; "" leaves that as it is."""
    changed = with_lane(tree, code, {INTERCOM: table}, {INTERCOM: 0})
    if listen and listen != listens(tree):
        before = changed.get("intercoms")
        changed["intercoms"] = {**(before if isinstance(before, dict) else {}), "listen": listen}
    return changed


def without(tree: Tree, code: str) -> dict[str, Any]:
    """None is fitted here."""
    return with_lane(tree, code, {}, {INTERCOM: 0}, gone=(INTERCOM,))


def alone(tree: Tree, code: str) -> dict[str, Any]:
    """A site with this intercom in it and nothing else that could be wrong."""
    lane = lane_of(tree, code)
    boards = {key: lane[key] for key in ("relay", INPUTS) if key in lane}
    made = {
        "code": code, "name": "x", "direction": "in", "fail": "safe", "scanner": "scanner+serial:///dev/none",
        "relay": "modbus+serial:///dev/none2?profile=waveshare-8", "contacts": contacts_of(lane), **boards,
    }  # fmt: skip
    made |= {INTERCOM: lane[INTERCOM]} if INTERCOM in lane else {}
    intercoms = {"intercoms": tree["intercoms"]} if "intercoms" in tree else {}
    return {"node": {"name": "x"}, "lane": [made], **intercoms}


def only_network(tree: Tree, code: str) -> dict[str, Any]:
    """The same without the board's contacts, which the test of a call has nothing to do with."""
    made = alone(tree, code)
    lane = {key: value for key, value in made["lane"][0].items() if key not in ("relay", INPUTS, "contacts")}
    return {**made, "lane": [{**lane, "relay": "modbus+serial:///dev/none2?profile=waveshare-8"}]}
