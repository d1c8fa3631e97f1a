"""The pages of the site file in the making: node, settings, lanes, and the writing of it."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from edge.commission import words
from edge.commission.asked import form_of, go_to, page_of
from edge.commission.checklist import lanes_without_fire, name_of
from edge.commission.desk import Desk
from edge.commission.draft import contact_defaults, lanes_of, shown, with_lane, with_node, without_lane
from edge.commission.keeping import FileChanged
from edge.commission.problem_words import problem_of
from edge.commission.setting_words import SETTINGS
from edge.commission.settings import (
    lane_settings,
    node_settings,
    number_or_text,
    only_in_the_file,
    said,
    with_lane_settings,
    with_node_settings,
)
from edge.console.words import Line
from edge.site_problem import SiteError
from edge.told import halves


def site_pages(app: FastAPI, desk: Desk) -> None:
    def show(
        request: Request, status: int = 200, written: bool = False, before: str = "",
        taken: tuple[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """`taken`: the place of a lane's form, and the code in it that another lane has."""
        tree = desk.kept.tree
        wrong = {f"{taken[0]}.code": said_with(words.PAGE["code_taken"], code=taken[1])} if taken else {}
        problems = [problem_of(each, tree) for each in desk.mistakes()]
        return page_of(
            desk, request, "site.html", status, tree=tree, lanes=lanes_of(tree), toml=shown(tree), written=written,
            problems=problems, node=desk.node(),
            wrong={each.href.removeprefix("#"): each.said for each in problems} | wrong,
            contacts=contact_defaults(), file=str(desk.keeping.site_file), name_of=name_of,
            node_settings=node_settings(), lane_settings=lane_settings(), said=said, setting_words=SETTINGS,
            without_fire=lanes_without_fire(tree),
            untouched=only_in_the_file(tree), before=before, on_disk=_on_disk(desk) if desk.changed() else None,
        )  # fmt: skip

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
            return show(request, 409, taken=("lane.new", code))
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
            return show(request, 409, taken=(f"lane.{codes.index(code) + 1}", new))
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
