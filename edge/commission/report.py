"""The commissioning as one ZIP: a page to read and print in both languages, photos, recordings. No passwords."""

import io
import zipfile
from typing import Any

from edge.commission.checklist import Done, Item, alarms_of, name_of, only_told, open_of, points_of
from edge.commission.desk import Desk
from edge.commission.draft import devices_of, shown
from edge.commission.render import page
from edge.version import VERSION


def report_html(desk: Desk) -> str:
    """One page that stands alone beside its photos."""
    kept, node = desk.kept, desk.node()
    points = [
        (point, kept.done.get(point.key, Done()), open_of(point, kept.tree, kept.done, kept.worked, node))
        for point in points_of(kept.tree)
    ]
    tried: list[tuple[str, str, str, Any]] = [
        (lane, key, name_of(address), kept.worked.get(name_of(address))) for lane, key, address in devices_of(kept.tree)
    ]
    alarms = {
        point.key: alarms_of(point.lane, kept.tree) for point in points_of(kept.tree) if point.item is Item.TAMPER
    }
    return page(
        "report.html", "zh", alarms=alarms, node=kept.tree.get("node", {}).get("name", ""), at=desk.stamp(),
        version=VERSION, only_told=only_told,
        complete=desk.complete(), simulated=desk.simulated, points=points, tried=tried, toml=shown(kept.tree),
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
