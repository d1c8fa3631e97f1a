"""The page of a barrier: one vehicle lane of the draft, live, with its wiring."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from edge.barrier import INPUTS
from edge.commission.asked import not_kept, way_now
from edge.commission.barrier.shown import told
from edge.commission.barrier.words import PAGE
from edge.commission.desk import Desk, Replaced
from edge.commission.draft import WIRES, lanes_of, with_lane
from edge.commission.problem_words import Problem, problem_of
from edge.commission.setting_words import OTHERS
from edge.commission.settings import number_or_text
from edge.commission.words import PAGE as PAGES
from edge.console.words import Line
from edge.site_problem import SiteError

DEEDS = ("raise", "lower", "let_go", "fire_over", "show")

Forms = Callable[[Request], Awaitable[dict[str, str]]]
Pages = Callable[..., Response]


def barrier_pages(app: FastAPI, desk: Desk, form_of: Forms, page: Pages, language_of: Callable[[Request], str]) -> None:
    """`form_of`, `page`, `language_of`: as the other pages of the commissioning have them."""

    def show(
        request: Request, status: int = 200, problems: Sequence[Problem] = (), saved: str = "",
        wrong: Mapping[str, Line] = MappingProxyType({}), given: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:  # fmt: skip
        """`wrong`: what is the matter at which terminal of the wiring that was sent; `given`: what was typed there."""
        lanes = lanes_of(desk.kept.tree)
        wired = [lane for lane in lanes if isinstance(lane.get("barrier"), dict)]
        others = [lane for lane in lanes if lane not in wired and not lane.get("lift")]
        names = {name: OTHERS[f"lane.barrier.{name}"] for name in WIRES}
        return page(
            desk, request, "barrier.html", status, b={name: _line(line, request) for name, line in PAGE.items()},
            wired=wired, others=others, wires=WIRES, names=names, trial=desk.barrier, problems=problems, saved=saved,
            wrong=wrong, given=given,
        )  # fmt: skip

    def _line(line: Line, request: Request) -> str:
        return str(getattr(line, language_of(request)))

    @app.get("/barrier")
    async def barrier(request: Request, saved: str = "") -> Response:
        return show(request, saved=saved)

    @app.post("/barrier/begin")
    async def begin(request: Request) -> Response:
        code = (await form_of(request)).get("code", "")
        try:
            await asyncio.to_thread(desk.begin_barrier, code)
        except KeyError:
            raise HTTPException(404) from None
        except SiteError as error:
            alone = {"lane": [lane for lane in lanes_of(desk.kept.tree) if lane.get("code") == code]}
            return show(request, 409, [problem_of(each, alone) for each in error.mistakes])
        return RedirectResponse("/barrier", 303)

    @app.get("/barrier/state")
    async def state(request: Request, lane: str = "", test: str = "") -> Response:
        language = language_of(request)
        try:
            trial = desk.meant_barrier(lane, test)
        except Replaced:
            if desk.barrier is None and desk.trial is None:  # stopped, and nothing begun since
                return JSONResponse({"over": True})
            (text, href), said = way_now(desk), getattr(PAGES["overtaken"], language)
            return JSONResponse({"over": True, "said": said, "way": [getattr(text, language), href]})
        now = told(trial, trial.state(), time.monotonic(), language)
        try:
            desk.looked_at_barrier()
        except OSError as error:  # the line to the node is whole: it is its disk that takes nothing
            now["findings"].append({"what": getattr(not_kept(error), language), "do": ""})
        return JSONResponse(now)

    @app.post("/barrier/deed")
    async def deed(request: Request) -> Response:
        form = await form_of(request)
        asked, trial = form.get("deed", ""), desk.meant_barrier(form.get("lane", ""), form.get("test", ""))
        if asked not in DEEDS or trial.state().over:
            return JSONResponse({"taken": False}, 409)
        trial.do(asked)
        return JSONResponse({"taken": True})

    @app.post("/barrier/stop")
    async def stop(request: Request) -> Response:
        form = await form_of(request)
        desk.meant_barrier(form.get("lane", ""), form.get("test", ""))
        await asyncio.to_thread(desk.end_barrier)
        return RedirectResponse("/barrier", 303)

    @app.post("/barrier/wiring")
    async def wiring(request: Request) -> Response:
        form = await form_of(request)
        code = form.get("code", "")
        if code not in {lane.get("code") for lane in lanes_of(desk.kept.tree)}:
            raise HTTPException(404)
        changed = wired(desk.kept.tree, code, form)
        if wrong := wrong_terminals(desk, changed, code):
            return show(request, 409, wrong=wrong, given=form)
        desk.change(changed)
        if desk.barrier is not None and desk.barrier.code == code:
            await asyncio.to_thread(desk.end_barrier)  # what is on trial is wired as it was
        return RedirectResponse(f"/barrier?saved={code}", 303)


def wrong_terminals(desk: Desk, tree: Mapping[str, Any], code: str) -> dict[str, Line]:
    """What the check of the file has against a terminal of this lane; its other mistakes are told elsewhere."""
    alone = {key: value for key, value in tree.items() if key != "interlock"}
    alone["lane"] = [lane for lane in lanes_of(tree) if lane.get("code") == code]
    try:
        desk.keeping.check(alone)
    except SiteError as error:
        return {
            str(each.where[3]): problem_of(each, alone).said for each in error.mistakes
            if each.where[2:3] == ("barrier",) and each.where[3:] and each.where[3] in WIRES
        }  # fmt: skip
    return {}


def wired(tree: Mapping[str, Any], code: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The draft with what was typed, number or not. A vehicle lane has no contacts of a door."""
    before = next(lane for lane in lanes_of(tree) if lane.get("code") == code)
    table = before.get("barrier")
    barrier = dict(table) if isinstance(table, dict) else {}
    for name in WIRES:
        if name in form:
            barrier[name] = number_or_text(form[name])
    return with_lane(tree, code, {"barrier": barrier}, {}, gone=("contacts",))


assert set(INPUTS) < set(WIRES)
