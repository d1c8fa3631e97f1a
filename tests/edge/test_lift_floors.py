"""Floors that a lift has no button for are told: to central by its buttons, to a technician by the check."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.__main__ import main
from edge.lift_floors import buttons_told, on_this_disk
from edge.site import read_site
from edge.store.files import write_private
from edge.store.keys import KeyRing
from edge.store.store import Store
from edge.sync.enrol import Node
from models.access.lifts import FloorsOf
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.signed import sign
from models.wire.snapshot import Snapshot
from scripts.rig import NOWHERE, Authority
from tests.edge.test_site_lift import LIFT


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(LIFT, encoding="utf-8")
    return path


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node whose rules name the floors 11, 12 and B1 for its lift, and 30 for a lift elsewhere."""
    data, central = tmp_path / "node", Authority()
    lane = Lane(lane_id=new_id(), code="lift-1", name="1", gate_id=new_id(), gate_number=1, direction=Direction.IN)
    made = Node(
        node_id=central.node_id, site_id=central.site_id, tenant_id=central.tenant_id,
        central_key=bytes(central.central_key.verify_key).hex(), central_url=NOWHERE, name="lift", lanes=(lane,),
        enrolled_at=utc_now(),
    )  # fmt: skip
    named = dict.fromkeys(("11", "12", "B1"), lane.lane_id) | {"30": new_id()}
    told = tuple(
        FloorsOf(subject_id=new_id(), lanes=frozenset({at}), floors=frozenset({floor})) for floor, at in named.items()
    )
    rules = Snapshot.model_validate_json(central.snapshot([lane]).payload).model_copy(update={"floors": told})
    keys = KeyRing.open(data / "keys")
    store = Store.open(data / "store.db", central.node_id, bytes(central.central_key.verify_key), keys)
    assert store.apply(sign(rules.model_dump_json(), "snapshot", central.central_key), utc_now()) is None
    store.close()
    keys.close()
    write_private(data / "node.json", made.model_dump_json().encode())
    return made


@pytest.mark.req("ACC-29")
def test_the_check_names_the_floors_that_central_gives_a_lift_and_that_it_has_no_button_for(
    tmp_path: Path, site_file: Path, node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_this_disk(read_site(site_file), tmp_path / "node") == {0: ("B1", "12")}
    assert main(["check", "--site", str(site_file), "--data", str(tmp_path / "node")]) == 0
    told = capsys.readouterr().err
    assert told.startswith(f"{site_file}:17: lift-1.lift.floors: ") and "B1、12 没有按键" in told, told
    assert "no button here: B1, 12" in told and "30" not in told
    site_file.write_text(LIFT.replace('"11" = 2', '"11" = 2, "12" = 3, "B1" = 4'), encoding="utf-8")
    assert main(["check", "--site", str(site_file), "--data", str(tmp_path / "node")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.req("ACC-29")
def test_central_is_told_the_buttons_by_the_id_that_it_knows_the_lift_by(site_file: Path, node: Node) -> None:
    assert buttons_told(read_site(site_file), node) == {f"lift {node.lanes[0].lane_id}": "1 11"}
