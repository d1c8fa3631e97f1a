"""The commissioning page over real HTTP, in a folder of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.commission.checklist import fact_id
from edge.commission.command import serve
from edge.commission.desk import Desk
from edge.commission.keeping import Keeping
from edge.store.files import write_private
from edge.sync.enrol import Node
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now


def enrol(data: Path, *lanes: str) -> None:
    """What an enrolment leaves in the node's folder: central knows it, with these lanes."""
    gate = new_id()
    node = Node(
        node_id=new_id(), site_id=new_id(), tenant_id=new_id(), central_key="0" * 64, name="n",
        central_url="https://central.example", enrolled_at=utc_now(),
        lanes=tuple(
            Lane(lane_id=new_id(), code=code, name=code, gate_id=gate, gate_number=1, direction=Direction.IN)
            for code in lanes
        ),
    )  # fmt: skip
    write_private(data / "node.json", node.model_dump_json().encode())


class Page:
    def __init__(self, folder: Path) -> None:
        self.desk = Desk(Keeping(folder / "node", folder / "site.toml"), tuple, utc_now)
        self.codes: list[str] = []
        self._stop, ready = threading.Event(), threading.Event()
        self.url = ""

        def is_ready(url: str) -> None:
            self.url = url
            ready.set()

        self._thread = threading.Thread(target=serve, args=(self.desk, 0, self._stop, self.codes.append, is_ready))
        self._thread.start()
        assert ready.wait(20)
        self.client = httpx.Client(base_url=self.url, headers={"Origin": self.url})

    def enter(self) -> None:
        assert self.client.post("/enter", data={"code": self.codes[-1]}).status_code == 303

    @property
    def meant(self) -> dict[str, str]:
        """What a page of the test that is open sends with whatever it asks."""
        assert self.desk.trial is not None
        return {"test": self.desk.trial.id}

    def ask(self, path: str, **form: str) -> httpx.Response:
        """A form of that page."""
        return self.client.post(path, data=self.meant | form)

    def state(self) -> Any:
        """What that page shows at this moment."""
        return self.client.get("/trial/state", params=self.meant).json()

    def tick(self, key: str, **form: str) -> httpx.Response:
        """Confirm a point as the list shows it now."""
        return self.client.post("/checklist/tick", data={"key": key, "fact": fact_id(self.desk.fact(key))} | form)

    def point(self, key: str) -> str:
        """What the list says of a point."""
        return self.client.get("/checklist").text.split(f'id="{key}"')[1].split("</li>")[0]

    def close(self) -> None:
        self.client.close()
        self._stop.set()
        self._thread.join(20)
        self.desk.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    made = Page(tmp_path)
    yield made
    made.close()
