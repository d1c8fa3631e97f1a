"""The forms of a door's intercom on the page of the site file, and the page that waits for its call."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from edge.commission import intercom, words
from edge.commission.asked import form_of, go_to, language_of, not_kept, page_of, way_now
from edge.commission.desk import Desk, Replaced
from edge.commission.intercom_words import PAGE, REALM_SAID, told
from edge.commission.lift import lane_of
from edge.commission.problem_words import problem_of
from edge.commission.reached import own_address
from edge.commission.settings import number_or_text
from edge.commission.site_serving import place_of, site_page
from edge.console.words import Line
from edge.site_problem import Mistake, SiteError


def intercom_pages(app: FastAPI, desk: Desk) -> None:
    _forms(app, desk)
    _trial(app, desk)


def _forms(app: FastAPI, desk: Desk) -> None:
    @app.post("/site/intercom/contact")
    async def contact(request: Request) -> Response:
        form = await form_of(request)
        code = form.get("code", "")
        place = f"{place_of(desk, code)}.intercom"
        tree = intercom.with_contact(desk.kept.tree, code, number_or_text(form.get("input", "")))
        if (wrong := _wrong(desk, tree, code, _of_contact)) is not None:
            return site_page(desk, request, 409, wrong={place: wrong}, given=form)
        desk.change(tree)
        return go_to(f"/site#{place}")

    @app.post("/site/intercom/network")
    async def network(request: Request) -> Response:
        """Its secret is made with the first of these, or when a new one is asked for."""
        form = await form_of(request)
        code, address = form.get("code", ""), form.get("address", "")
        place = f"{place_of(desk, code)}.intercom"
        before = lane_of(desk.kept.tree, code).get(intercom.INTERCOM)
        known = before.get("secret_file") if isinstance(before, dict) else None
        made = desk.keeping.new_secret(f"intercom-{code}") if not known or "renew" in form else None
        table = {
            "address": address, "user": form.get("user", ""), "secret_file": str(made or known),
            **({"calls": True} if "calls" in form else {}),
        }  # fmt: skip
        listen = form.get("listen", "") or own_address(address)
        tree = intercom.with_network(desk.kept.tree, code, table, listen)
        if (wrong := _wrong(desk, tree, code, _of_network)) is not None:
            return site_page(desk, request, 409, wrong={place: wrong}, given=form)
        word = desk.make_secret(made) if made is not None else ""
        desk.change(tree)
        return go_to("/intercom", lane=code, once=word) if word else go_to(f"/site#{place}")

    @app.post("/site/intercom/drop")
    async def drop(request: Request) -> Response:
        code = (await form_of(request)).get("code", "")
        place = place_of(desk, code)
        desk.change(intercom.without(desk.kept.tree, code))
        return go_to(f"/site#{place}")


def _trial(app: FastAPI, desk: Desk) -> None:
    def show(request: Request, code: str, once: str = "", status: int = 200, wrong: Line | None = None) -> Response:
        lane = lane_of(desk.kept.tree, code)
        here = intercom.shown(desk.kept.tree, lane)
        if not here.network:
            raise HTTPException(404)
        trial = desk.intercom if desk.intercom is not None and desk.intercom.code == code else None
        return page_of(
            desk, request, "intercom.html", status, i=PAGE, lane=lane, code=code, intercom=here, secret=once,
            realm=REALM_SAID, trial=trial, wrong=wrong, place=place_of(desk, code),
        )  # fmt: skip

    @app.get("/intercom")
    async def page(request: Request, lane: str = "", once: str = "") -> Response:
        return show(request, lane, desk.told_once(once))

    @app.post("/intercom/begin")
    async def begin(request: Request) -> Response:
        code = (await form_of(request)).get("code", "")
        try:
            await asyncio.to_thread(desk.begin_intercom, code)
        except KeyError:
            raise HTTPException(404) from None
        except SiteError as error:
            alone = intercom.only_network(desk.kept.tree, code)
            return show(request, code, status=409, wrong=problem_of(error.mistakes[0], alone).said)
        return go_to("/intercom", lane=code)

    @app.get("/intercom/state")
    async def state(request: Request, lane: str = "", test: str = "") -> Response:
        language = language_of(request)
        over = getattr(PAGE["over"], language)
        try:
            trial = desk.meant_intercom(lane, test)
        except Replaced:
            if desk.intercom is None and desk.barrier is None and desk.trial is None:
                return JSONResponse({"over": True, "doing": over})
            (text, href), said = way_now(desk), getattr(words.PAGE["overtaken"], language)
            way = [getattr(text, language), href]
            return JSONResponse({"over": True, "doing": over, "why": said, "way": way})
        now: dict[str, Any] = told(trial, trial.state(), time.monotonic(), language)
        try:
            desk.looked_at_intercom()
        except OSError as error:  # the line to the node is whole: it is its disk that takes nothing
            now["why"] = getattr(not_kept(error), language)
        return JSONResponse(now)

    @app.post("/intercom/stop")
    async def stop(request: Request) -> Response:
        form = await form_of(request)
        code = form.get("lane", "")
        desk.meant_intercom(code, form.get("test", ""))
        await asyncio.to_thread(desk.end_intercom)
        return go_to("/intercom", lane=code)


def _of_contact(mistake: Mistake) -> bool:
    return mistake.where[2:] == ("contacts", intercom.INTERCOM)


def _of_network(mistake: Mistake) -> bool:
    return mistake.where[2:3] == (intercom.INTERCOM,) or mistake.where[:1] == ("intercoms",)


def _wrong(desk: Desk, tree: Mapping[str, Any], code: str, about: Callable[[Mistake], bool]) -> Line | None:
    """What the check of the file has against this intercom, in its own words."""
    alone = intercom.alone(tree, code)
    try:
        desk.keeping.check(alone)
    except SiteError as error:
        return next((problem_of(each, alone).said for each in error.mistakes if about(each)), None)
    return None
