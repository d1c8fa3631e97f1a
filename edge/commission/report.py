"""The commissioning as one ZIP: a page to read and print in both languages, photos, recordings. No passwords."""

import io
import zipfile

from edge.commission import words
from edge.commission.checklist import (
    Item,
    alarms_of,
    fact_of,
    input_of,
    name_of,
    only_told,
    open_of,
    outputs_of,
    points_of,
)
from edge.commission.desk import Desk
from edge.commission.draft import INPUTS, devices_of, shown
from edge.commission.problem_words import DEVICES
from edge.commission.render import page
from edge.console.words import Line
from edge.version import VERSION


def devices_told(desk: Desk) -> list[tuple[str, Line, str, str]]:
    """Each device of the draft, and each output that must have switched: its lane, what it is, its name, and when it
    last worked, "" for not yet."""
    tree, worked = desk.kept.tree, desk.kept.worked
    told = []
    for lane, key, address in devices_of(tree):
        name = name_of(address)
        seen = [at for each, at in worked.items() if key == INPUTS and each.startswith(input_of(name, 0)[:-1])]
        at = worked.get(name) or max(seen, default="")
        told.append((lane, DEVICES.get(key, Line(key, key)), name, at))
    for one in outputs_of(tree):
        use = words.USES[one.use]
        zh, en = (each.format(lane=one.lane, floor=one.floor) for each in (use.zh, use.en))
        told.append((one.lane, Line(zh, en), one.key, worked.get(one.key, "")))
    return told


def report_html(desk: Desk) -> str:
    """One page that stands alone beside its photos."""
    kept, node = desk.kept, desk.node()
    points = [
        (point, desk.done(point), open_of(point, kept.tree, kept.done, kept.worked, node))
        for point in points_of(kept.tree)
    ]
    alarms = {
        point.key: alarms_of(point.lane, kept.tree) for point in points_of(kept.tree) if point.item is Item.TAMPER
    }
    return page(
        "report.html", "zh", alarms=alarms, node=kept.tree.get("node", {}).get("name", ""), at=desk.stamp(),
        version=VERSION, only_told=only_told,
        complete=desk.complete(), simulated=desk.simulated, points=points, tried=devices_told(desk),
        earlier=desk.earlier,
        facts={point.key: fact_of(point, kept.tree) for point, _, _ in points}, toml=shown(kept.tree),
        problems=desk.problems(), measured=desk.measured,
    )  # fmt: skip


def report_zip(desk: Desk) -> bytes:
    """report.html, photos/ and captures/."""
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.html", report_html(desk))
        for path in desk.keeping.photos():
            archive.write(path, f"photos/{path.name}")
        for path in desk.keeping.captures():
            archive.write(path, f"captures/{path.name}")
    return told.getvalue()
