"""Make or complete the demo community in central's own database, and say what the rest of the demo must know.

A process of its own, because only one may hold the embedded PostgreSQL: it ends before central is started.
"""

import argparse
import gc
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from uuid import UUID

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.session import tenant_session
from central.base.postgres import PostgresError
from central.bootstrap import Running, running
from central.config import Config, ConfigError
from central.gates.access.set_pin import code_of_label
from central.gates.nodes import enrolment
from central.gates.nodes.permissions import ENROL_NODES
from scripts.demo.seeded import keep, known
from scripts.seed import COMPANY, DemoSite, seed_demo
from scripts.seed_credentials import CARDS, PIN

SEED = 20261123
NODE_NAME = "东门 East gate"


def main() -> None:
    signal.signal(signal.SIGTERM, _stop)
    gc.disable()  # a process of seconds, most of them for what stays
    try:
        _seed()
    except (PostgresError, ConfigError) as error:
        sys.exit(str(error))


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """The demo was interrupted: leave every block in order, PostgreSQL's last. Once is enough."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + number)


def _seed() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="central's folder")
    parser.add_argument("--out", type=Path, required=True, help="file for what was made; 0600")
    parser.add_argument("--node-token", action="store_true", help="also make a one-time token for the gate's node")
    parser.add_argument("--own-camera", action="store_true", help="a real camera is at east-in")
    asked = parser.parse_args()
    told = known(asked.out)
    with running(Config(data=asked.data.resolve(), company=COMPANY, log_level="WARNING")) as central:
        if central.first is not None:
            told["admin"] = {"login": central.first.login, "password": central.first.one_time_password}
            keep(asked.out, told)  # nobody tells it a second time
        told |= _describe(
            seed_demo(central.parts.engine, SEED, own_camera=asked.own_camera, bays_lost="bays" not in told)
        )
        told["own_camera"] = asked.own_camera
        if asked.node_token:
            told["node_token"] = _token(central, told)
    (asked.data / "DEMO").touch()  # pages say that this is a demo, and whose faces it shows
    keep(asked.out, told)


def _describe(demo: DemoSite) -> dict[str, Any]:
    return {
        "tenant": str(demo.tenant_id),
        "community": str(demo.community_id),
        "gate": str(demo.gate_id),
        "lanes": {
            "east-in": str(demo.east_in),
            "east-out": str(demo.east_out),
            "east-car-in": str(demo.car_in),
            "east-car-out": str(demo.car_out),
            "lift-5-2": str(demo.lift),
        },
        "faces": {
            "first": str(demo.face.cardholder_id),
            "second": str(demo.residents[10].cardholder_id),
            "twin": str(demo.residents[11].cardholder_id),
        },
        "consent": {
            "never": str(demo.no_consent.cardholder_id),
            "withdrawn": str(demo.withdrawn.cardholder_id),
            "withdraws": str(demo.residents[10].resident_id),
        },
        "passes": {name: {"id": str(one.pass_id), "token": one.token} for name, one in demo.passes.items()},
        "cards": {name: card.model_dump() for name, card in CARDS.items()},
        "plates": demo.plates,
        **({"bays": demo.bays} if demo.bays is not None else {}),
        "signs": demo.signs,
        "pins": {"resident": {"unit": code_of_label(demo.face.house), "pin": PIN}},
    }


def _token(central: Running, told: dict[str, Any]) -> str:
    tenant = UUID(told["tenant"])
    with tenant_session(central.parts.engine, tenant) as db:
        actor = system(tenant, "示例数据 sample data", (ENROL_NODES,))
        community, gate = UUID(told["community"]), UUID(told["gate"])
        token, _ = enrolment.make_token(db, actor, community, gate, NODE_NAME, clock.now())
        return token


if __name__ == "__main__":
    main()
