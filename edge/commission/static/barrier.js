"use strict";
// A vehicle lane on trial: asks the node what the contacts say, and says "lower" again and again while it is held.

const lane = byId("barrier");
const PRESS_MS = 200;

if (lane) {
  const words = JSON.parse(lane.dataset.words);
  let held = null;
  let shownFindings = "";

  // Which lane and which test this page is about: the node does nothing to another one.
  const meant = { lane: lane.dataset.lane, test: lane.dataset.test };

  async function deed(name) {
    try {
      const answer = await fetch("/barrier/deed", { method: "POST", body: new URLSearchParams({ ...meant, deed: name }) });
      if (!answer.ok) told(await answer.json());
    } catch {
      stale();
    }
  }

  function told({ said, links = [] }) {
    if (said) text("no", `! ${said}`);
    if (links.length) letGo();
  }

  function press() {
    if (held !== null) return;
    deed("lower");
    held = setInterval(() => deed("lower"), PRESS_MS);
    byId("lower").classList.add("held");
  }

  function letGo() {
    if (held === null) return;
    clearInterval(held);
    held = null;
    byId("lower").classList.remove("held");
    deed("let_go");
  }

  byId("raise").onclick = () => deed("raise");
  byId("fire-over").onclick = () => deed("fire_over");
  byId("show").onclick = () => deed("show");
  const lower = byId("lower");
  lower.addEventListener("pointerdown", (event) => {
    lower.setPointerCapture(event.pointerId); // a page that moves under the finger is not let go of
    press();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) lower.addEventListener(name, letGo);
  lower.addEventListener("contextmenu", (event) => event.preventDefault());
  lower.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      press();
    }
  });
  lower.addEventListener("keyup", letGo);
  window.addEventListener("blur", letGo);
  document.addEventListener("visibilitychange", () => document.hidden && letGo());

  function lights(told) {
    const list = byId("lights");
    while (list.children.length > told.length) list.lastChild.remove();
    told.forEach((each, index) => {
      if (!list.children[index]) {
        const made = document.createElement("li");
        made.append(document.createElement("span"), document.createElement("b"), document.createElement("small"));
        list.append(made);
      }
      const light = list.children[index];
      light.classList.toggle("lit", each.on);
      light.classList.toggle("unknown", !each.known);
      light.children[0].textContent = each.input ? `${each.name} (${each.input})` : each.name;
      light.children[1].textContent = each.word;
      light.children[2].textContent = each.age;
    });
  }

  function findings(told) {
    const key = JSON.stringify(told);
    if (key === shownFindings) return;
    shownFindings = key;
    byId("findings").replaceChildren(...told.map((each) => box(false, each.what, each.do)));
  }

  function camera(told) {
    byId("camera").querySelector("[data-none]").hidden = told.wired;
    text("camera-fault", told.fault && `! ${told.fault}`);
    pushes(told.wired ? told : { ...told, line: "" });
  }

  function overtaken(said, [label, href]) {
    const made = box(false, said, "");
    const link = document.createElement("a");
    link.className = "button";
    link.href = href;
    link.textContent = label;
    made.append(link);
    byId("findings").replaceChildren(made);
    byId("stop").hidden = true;
    made.scrollIntoView({ block: "center" });
  }

  function show(state) {
    text("doing", state.over ? words.over : words.running);
    if (state.over) {
      for (const id of ["raise", "lower", "show", "fire-over"]) byId(id).disabled = true;
      if (state.said) overtaken(state.said, state.way);
      return;
    }
    text("lost", state.lost && `! ${state.lost}`);
    lights(state.lights);
    findings(state.findings);
    text("driven", state.driven);
    text("arm", state.arm);
    text("phase", state.phase);
    text("no", (state.no || state.pulse_fault) && `! ${state.no || state.pulse_fault}`);
    byId("lower").hidden = byId("lower-help").hidden = !state.can_lower;
    byId("fire-over").hidden = !state.fire;
    text("travel", state.travel);
    camera(state.camera);
    const board = state.display;
    byId("display").querySelector("[data-none]").hidden = board.wired;
    byId("show").hidden = !board.wired;
    text("shown", board.shown);
    text("display-fault", board.fault && `! ${board.fault}`);
  }

  function stale() {
    byId("doing").textContent = `! ${words.stale}`;
  }

  async function pollLane() {
    let over = false;
    try {
      const answer = await fetch(`/barrier/state?${new URLSearchParams(meant)}`, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      show(state);
      over = state.over;
    } catch {
      stale();
    }
    if (!over) setTimeout(pollLane, POLL_MS);
  }
  pollLane();
}
