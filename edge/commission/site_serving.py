"""The pages of the site file in the making: node, settings, lanes, and the writing of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from edge.commission import intercom, lift, words
from edge.commission.asked import form_of, go_to, page_of
from edge.commission.checklist import lanes_without_fire, name_of
from edge.commission.desk import Desk
from edge.commission.draft import (
    DEVICE_KEYS,
    contact_defaults,
    lanes_of,
    shown,
    with_lane,
    with_node,
    without_lane,
)
from edge.commission.intercom_words import PAGE as INTERCOM_WORDS
from edge.commission.interlock import partners_of, ties_of
from edge.commission.keeping import FileChanged
from edge.commission.problem_words import DEVICES, problem_of
from edge.commission.setting_words import OTHERS, SETTINGS
from edge.commission.settings import (
    lane_settings,
    node_settings,
    number_or_text,
    said,
    table_settings,
    with_lane_settings,
    with_node_settings,
)
from edge.console.words import Line
from edge.site_problem import SiteError
from edge.told import halves


def site_page(
    desk: Desk, request: Request, status: int = 200, written: bool = False, before: str = "",
    wrong: Mapping[str, Line] = MappingProxyType({}), given: Mapping[str, str] = MappingProxyType({}),
) -> Response:  # fmt: skip
    """`wrong`: what is the matter with a form that was sent, by its place; `given`: what was typed there."""
    tree = desk.kept.tree
    problems = [problem_of(each, tree) for each in desk.mistakes()]
    lanes = lanes_of(tree)
    return page_of(
        desk, request, "site.html", status, tree=tree, lanes=lanes, toml=shown(tree), written=written,
        problems=problems, node=desk.node(), before=before,
        wrong={each.href.removeprefix("#"): each.said for each in problems} | dict(wrong), refused=wrong, given=given,
        contacts=contact_defaults(), file=str(desk.keeping.site_file), name_of=name_of,
        node_settings=node_settings(), lane_settings=lane_settings(), said=said, setting_words=SETTINGS | OTHERS,
        without_fire=lanes_without_fire(tree), ties=ties_of(tree), partners=partial(partners_of, tree),
        names={str(lane.get("code", "")): str(lane.get("name") or lane.get("code", "")) for lane in lanes},
        fitted=_fitted, intercom_of=partial(intercom.shown, tree), i=INTERCOM_WORDS,
        lift_of=lambda lane: lift.shown(lane, desk.kept.worked),
        table_settings=table_settings, on_disk=_on_disk(desk) if desk.changed() else None,
    )  # fmt: skip


def _fitted(lane: Mapping[str, Any]) -> list[tuple[str, Line]]:
    """The devices that a lane may have, by their keys: those of a vehicle lane differ from a door's."""
    of_doors, of_barriers = ("scanner", "reader"), ("plate_camera", "board")
    absent = of_doors if "barrier" in lane else of_barriers
    return [(key, DEVICES[key]) for key in DEVICE_KEYS if key not in absent or key in lane]


def place_of(desk: Desk, code: str) -> str:
    """Where the form of this lane stands on the page. Raises HTTPException for a lane that is not there."""
    codes = [str(lane.get("code", "")) for lane in lanes_of(desk.kept.tree)]
    if code not in codes:
        raise HTTPException(404)
    return f"lane.{codes.index(code) + 1}"


def site_pages(app: FastAPI, desk: Desk) -> None:
    show = partial(site_page, desk)

    def code_taken(request: Request, place: str, code: str) -> Response:
        """Another lane has the code in the form at this place."""
        return show(request, 409, wrong={f"{place}.code": said_with(words.PAGE["code_taken"], code=code)})

    @app.get("/site")
    async def site(request: Request, written: int = 0, before: str = "") -> Response:
        return show(request, written=bool(written), before=desk.keeping.kept_file(before))

    @app.post("/site/node")
    async def node(request: Request) -> Response:
        desk.change(with_node(desk.kept.tree, (await form_of(request)).get("name", "")))
        return go_to("/site")

    @app.post("/site/settings")
    async def settings(request: Request) -> Response:
        desk.change(with_node_settings(desk.kept.tree, await form_of(request)))
        return go_to("/site")

    @app.post("/site/lane")
    async def lane(request: Request) -> Response:
        form = await form_of(request)
        code = form.get("code", "")
        if not code:
            return go_to("/site")
        codes = [str(each.get("code", "")) for each in lanes_of(desk.kept.tree)]
        if "new" in form and code in codes:
            return code_taken(request, "lane.new", code)
        if (taken := form.get("take_off", "")) in DEVICE_KEYS:
            desk.change(with_lane(desk.kept.tree, code, {}, {}, gone=(taken,)))
            return go_to(f"/site#{place_of(desk, code)}")
        if "remove" in form:
            desk.change(without_lane(desk.kept.tree, code))
            return go_to("/site")
        values: dict[str, Any] = {name: form[name] for name in ("name", "direction", "fail") if name in form}
        values["escape_route"] = "escape_route" in form
        wired = {name: number_or_text(form[name]) for name in contact_defaults() if name in form}
        before = next((lane for lane in lanes_of(desk.kept.tree) if lane.get("code") == code), {})
        settled = with_lane_settings(before, form)
        gone = before.keys() - settled.keys()
        desk.change(with_lane(desk.kept.tree, code, {**settled, **values}, wired, gone))
        if (new := form.get("new_code", "") or code) != code and new in codes:
            return code_taken(request, place_of(desk, code), new)
        if new != code:
            desk.rename(code, new)
        return go_to("/site")

    @app.post("/site/write")
    async def write(request: Request) -> Response:
        """`over`: the digest of the file changed by hand, as the page told of it."""
        try:
            before = desk.write((await form_of(request)).get("over", ""))
        except (SiteError, FileChanged):
            return show(request, 409)
        return go_to("/site", written="1", before=before)

    @app.post("/site/take")
    async def take(request: Request) -> Response:
        """The file as it is now, instead of the draft."""
        try:
            desk.take_file()
        except SiteError:
            return show(request, 409)
        return go_to("/site")


def said_with(line: Line, **facts: str) -> Line:
    return Line(line.zh.format(**facts), line.en.format(**facts))


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The file that was changed beside the page: its digest, and what is wrong with it. `readable`: it can be taken
    into the draft, where its mistakes are mended like any others."""

    digest: str
    faults: tuple[tuple[Line, Line], ...]
    readable: bool


def _on_disk(desk: Desk) -> OnDisk:
    try:
        tree, digest = desk.keeping.read_site()
    except SiteError as error:
        told = (_in_the_file(each, str(desk.keeping.site_file)) for each in error.problems)
        return OnDisk(desk.keeping.digest(), tuple(told), False)
    try:
        desk.keeping.check(tree)
    except SiteError as error:
        mistakes = (problem_of(each, tree) for each in error.mistakes)
        return OnDisk(digest, tuple((each.field, each.said) for each in mistakes), True)
    return OnDisk(digest, (), True)


def _in_the_file(problem: str, file: str) -> tuple[Line, Line]:
    """`FILE:8: what is wrong` -> the line, and what is wrong."""
    rest = problem.removeprefix(f"{file}:")
    number, colon, said = rest.partition(": ")
    if not (colon and number.isdecimal()):
        return Line("", ""), Line(*halves(rest.strip()))
    return said_with(words.PAGE["line"], n=number), Line(*halves(said))
