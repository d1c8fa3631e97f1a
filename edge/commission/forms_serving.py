"""The forms of the site file's own tables, on its page: doors that are tied, the floors of a lift."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from devices.errors import AddressError
from edge.commission import lift, words
from edge.commission.asked import form_of, go_to
from edge.commission.desk import Desk
from edge.commission.interlock import is_tied, why_not, with_tie, without_tie
from edge.commission.problem_words import problem_of
from edge.commission.settings import number_or_text
from edge.commission.site_serving import place_of, site_page
from edge.console.words import Line
from edge.site_problem import SiteError

ABOUT_LIFTS = ("lift", "relay")
"""Keys of a lane that a form about its floors is refused for."""


def forms_pages(app: FastAPI, desk: Desk) -> None:
    _interlocks(app, desk)
    _lifts(app, desk)


def _interlocks(app: FastAPI, desk: Desk) -> None:
    @app.post("/site/tie")
    async def tie(request: Request) -> Response:
        form = await form_of(request)
        codes = [form.get("one", ""), form.get("other", "")]
        tree = desk.kept.tree
        wrong = why_not(tree, codes) or (words.PAGE["tied_already"] if is_tied(tree, codes) else None)
        if wrong is not None:
            return site_page(desk, request, 409, wrong={"interlock.new": wrong}, given=form)
        desk.change(with_tie(tree, codes))
        return go_to("/site#interlock")

    @app.post("/site/untie")
    async def untie(request: Request) -> Response:
        desk.change(without_tie(desk.kept.tree, (await form_of(request)).get("lanes", "")))
        return go_to("/site#interlock")


def _lifts(app: FastAPI, desk: Desk) -> None:
    def changed(request: Request, code: str, tree: Mapping[str, Any], form: Mapping[str, str]) -> Response:
        place = f"{place_of(desk, code)}.lift"
        if (wrong := wrong_floors(desk, tree, code)) is not None:
            return site_page(desk, request, 409, wrong={place: wrong}, given=form)
        desk.change(tree)
        return go_to(f"/site#{place}")

    @app.post("/site/lift")
    async def restrict(request: Request) -> Response:
        """A lane becomes a lift, or its output that restricts is another one."""
        form = await form_of(request)
        code = form.get("code", "")
        place_of(desk, code)
        tree = lift.with_lift(desk.kept.tree, code, number_or_text(form.get("restrict", "")))
        return changed(request, code, tree, form)

    @app.post("/site/lift/floor")
    async def floor(request: Request) -> Response:
        form = await form_of(request)
        code, button = form.get("code", ""), form.get("floor", "").upper()
        place_of(desk, code)
        output = number_or_text(form.get("output", ""))
        tree = lift.with_floor(desk.kept.tree, code, button, output, "common" in form)
        return changed(request, code, tree, form)

    @app.post("/site/lift/drop")
    async def drop(request: Request) -> Response:
        form = await form_of(request)
        code = form.get("code", "")
        place = place_of(desk, code)
        desk.change(lift.without_floor(desk.kept.tree, code, form.get("floor", "")))
        return go_to(f"/site#{place}.lift")

    @app.post("/site/lift/end")
    async def end(request: Request) -> Response:
        code = (await form_of(request)).get("code", "")
        place = place_of(desk, code)
        desk.change(lift.without_lift(desk.kept.tree, code))
        return go_to(f"/site#{place}")

    @app.post("/site/lift/test")
    async def test(request: Request) -> Response:
        """Its board on trial, where each output bears the name of its floor."""
        code = (await form_of(request)).get("code", "")
        place_of(desk, code)
        relay = lift.lane_of(desk.kept.tree, code).get("relay")
        if not isinstance(relay, str):
            raise HTTPException(404)
        try:
            await asyncio.to_thread(desk.begin, relay)
        except AddressError:
            raise HTTPException(404) from None
        return go_to("/trial")


def wrong_floors(desk: Desk, tree: Mapping[str, Any], code: str) -> Line | None:
    """What the check of the file has against this lift and its board; None: nothing, but that it has no floor yet."""
    alone = lift.alone(tree, code)
    try:
        desk.keeping.check(alone)
    except SiteError as error:
        found = [each for each in error.mistakes if each.where[2:3] and each.where[2] in ABOUT_LIFTS]
        begun = [each for each in found if each.kind not in ("too_short", "missing")]
        return problem_of(begun[0], alone).said if begun else None
    return None
