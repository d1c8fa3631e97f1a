"""Making this node known to central from the page: by the rule of `python -m edge enrol`, and with its words."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from edge.commands import enrol_node
from edge.commission import words
from edge.commission.asked import not_kept
from edge.commission.desk import Desk
from edge.commission.keeping import FileChanged
from edge.commission.problem_words import problem_of
from edge.commission.settings import with_node_settings
from edge.console.words import Line
from edge.enrolled import Lack
from edge.health.clock import Clock
from edge.site import check_authority
from edge.site_problem import SiteError
from edge.starting import STARTING_PROBLEMS
from edge.sync.enrol import AlreadyEnrolled, Node, load_node
from edge.sync.enrol_words import told_beside
from edge.sync.errors import SyncError
from edge.told import halves

CENTRAL = ("central.url", "central.ca")
"""The fields of the form that are keys of the site file."""
BY_PAGE = {Lack.NO_CENTRAL, Lack.NOT_ENROLLED}
"""What the page can mend; for the others the node's folder has to be put right first."""

_IN_LABELS = (
    ('站点文件 [central] 里写 ca = "/…/ca.pem"', "“给中心签证书的机构”里填写它的文件（PEM）"),
    ("站点文件 [central] url", "中心的地址"),
    ('name its file in the site file: [central] ca = "/…/ca.pem"', "name its file (PEM) below"),
    ("url in [central] of the site file", "central's address"),
)
"""What the command line says of its file, as the page has it."""
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class NotYet:
    """Why the node was not enrolled, and what to do. `field`: the one to look at. `token`: what was typed there, where
    the same may be sent again. `draft`: not this form has to be mended, but this place of the draft's page."""

    said: Line
    field: str = ""
    token: str = ""
    draft: str = ""


def enrolled(desk: Desk) -> Node | None:
    """Who this node is at central, where it is enrolled with the lanes of the draft."""
    return load_node(desk.keeping.data / "node.json") if desk.node().lack is None else None


def enrol_here(desk: Desk, form: Mapping[str, str]) -> NotYet | None:
    """Write the site file with central's address, and show central the token. None: enrolled. Waits for central, so
    not for the thread that serves the pages."""
    with _one_at_a_time:  # pressed twice, the second finds the first one's answer
        return None if desk.node().lack is None else _enrol(desk, form)


def _enrol(desk: Desk, form: Mapping[str, str]) -> NotYet | None:
    tree = with_node_settings(desk.kept.tree, {key: form.get(key, "") for key in CENTRAL})
    if not isinstance(central := tree.get("central"), dict) or not central.get("url"):
        return NotYet(words.PAGE["enrol_no_address"], "central.url")
    try:
        site = desk.keeping.check(tree)
    except SiteError as error:
        return _not_in_order(desk, error, tree)
    desk.change(tree)
    try:
        if not desk.keeping.is_written(tree):
            desk.write()
        check_authority(site, desk.keeping.site_file, desk.now())
    except FileChanged:
        return NotYet(words.PAGE["file_changed"], draft="changed")
    except SiteError as error:
        return NotYet(_line(error.problems[0].partition("central.ca: ")[2]), "central.ca")
    except OSError as error:
        return NotYet(not_kept(error))
    token = form.get("token", "")
    if not token:
        return NotYet(words.PAGE["enrol_no_token"], "token")
    clock = Clock(desk.now)
    try:
        assert site.central is not None
        node = enrol_node(site, site.central.url, desk.keeping.data, token, clock, held=desk.folder)
    except AlreadyEnrolled as error:
        return NotYet(_line(error))
    except STARTING_PROBLEMS as error:
        unreached = isinstance(error, SyncError) and error.retry_helps
        return NotYet(_line(error), "central.url" if unreached else "token", token if unreached else "")
    told = [told_beside(node.beside).split("\n")] if node.beside else []
    told += [list(halves(finding))] if (finding := clock.finding()) is not None else []
    desk.on_enrolment = tuple(Line(zh, en) for zh, en in told)
    return None


def _not_in_order(desk: Desk, error: SiteError, tree: Mapping[str, object]) -> NotYet:
    """A mistake in this very form is told at its field; any other one is mended where the draft is."""
    for mistake in error.mistakes:
        if (field := ".".join(map(str, mistake.where))) in CENTRAL:
            return NotYet(problem_of(mistake, tree).said, field)
    desk.change(tree)
    return NotYet(words.PAGE["enrol_draft"], draft="problems")


def _line(error: object) -> Line:
    """What an error says, as the page names its fields."""
    zh, en = halves(str(error))
    for file, label in _IN_LABELS:
        zh, en = zh.replace(file, label), en.replace(file, label)
    return Line(zh, en)
