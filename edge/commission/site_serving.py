"""The pages of the site file in the making: node, settings, lanes, and the writing of it."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from edge.commission.asked import form_of, go_to, page_of
from edge.commission.checklist import name_of
from edge.commission.desk import Desk
from edge.commission.draft import contact_defaults, lanes_of, shown, with_lane, with_node, without_lane
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


def site_pages(app: FastAPI, desk: Desk) -> None:
    def show(request: Request, status: int = 200, written: bool = False) -> Response:
        tree = desk.kept.tree
        problems = [problem_of(each, tree) for each in desk.mistakes()]
        return page_of(
            desk, request, "site.html", status, tree=tree, lanes=lanes_of(tree), toml=shown(tree), written=written,
            problems=problems, wrong={each.href.removeprefix("#"): each.said for each in problems}, node=desk.node(),
            contacts=contact_defaults(), file=str(desk.keeping.site_file), name_of=name_of,
            node_settings=node_settings(), lane_settings=lane_settings(), said=said, setting_words=SETTINGS,
            untouched=only_in_the_file(tree),
        )  # fmt: skip

    @app.get("/site")
    async def site(request: Request, written: int = 0) -> Response:
        return show(request, written=bool(written))

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
        return go_to("/site")

    @app.post("/site/write")
    async def write(request: Request) -> Response:
        try:
            desk.keeping.write_site(desk.kept.tree)
        except SiteError:
            return show(request, 409)
        except OSError as error:
            line = Line(f"没有写入：{error.strerror}", f"It was not written: {error.strerror}")
            return page_of(desk, request, "said.html", 507, said=line)
        desk.change(desk.kept.tree)
        return go_to("/site", written="1")
