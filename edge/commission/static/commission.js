"use strict";
// The page of one device on trial: asks the node what happens, draws it, and says so when the node does not answer.

const byId = (id) => document.getElementById(id);
const trial = byId("trial");
const POLL_MS = 300;

function text(id, value) {
  const place = byId(id);
  if (place.textContent !== value) place.textContent = value;
  place.hidden = !value;
}

function box(works, what, help) {
  const made = document.createElement("div");
  made.className = `told ${works ? "works" : "attention"}`;
  const line = document.createElement("b");
  line.textContent = works ? what : `! ${what}`;
  made.append(line);
  if (help) {
    const more = document.createElement("p");
    more.textContent = help;
    made.append(more);
  }
  return made;
}

// What a plate camera has pushed, and what it was answered.
function pushes(told) {
  text("plate", told.plate);
  text("push", told.line);
  byId("clock").replaceChildren(...(told.clock ? [box(told.clock.works, told.clock.what, told.clock.do)] : []));
  byId("camera-told").replaceChildren(
    ...told.told.map((each) => {
      const line = document.createElement("li");
      line.textContent = each;
      return line;
    }),
  );
}

function tell(form, words) {
  const told = document.createElement("p");
  told.className = "told attention";
  told.setAttribute("role", "alert");
  const what = document.createElement("b");
  what.textContent = `! ${words}`;
  told.append(what);
  form.after(told);
  told.scrollIntoView({ block: "center" });
}

// What was typed in other forms is not lost when one of them is sent: it waits in this tab, and is put back once.
const TYPED = "typed";
const texts = (form) => [...form.querySelectorAll("input:not([type]), input[type=text]")];
const nameOf = (input) => `${input.form.querySelector("[name=key]")?.value}/${input.name}`;

function keepTyped(sent) {
  const others = [...document.querySelectorAll(".points form")].filter((form) => form !== sent);
  const typed = others.flatMap(texts).filter((input) => input.value !== input.defaultValue && input.name !== "token");
  sessionStorage.setItem(TYPED, JSON.stringify(Object.fromEntries(typed.map((input) => [nameOf(input), input.value]))));
}

if (document.querySelector(".points")) {
  const typed = JSON.parse(sessionStorage.getItem(TYPED) || "{}");
  sessionStorage.removeItem(TYPED);
  for (const form of document.querySelectorAll(".points form")) {
    for (const input of texts(form)) input.value = typed[nameOf(input)] ?? input.value;
    form.addEventListener("submit", () => keepTyped(form));
  }
}

const came = performance.getEntriesByType("navigation")[0]?.type;
for (const input of document.querySelectorAll("[data-send]")) {
  const send = () => {
    input.form.parentElement.querySelector("[role=alert]")?.remove();
    if (input.files[0]?.size > Number(input.dataset.most)) {
      tell(input.form, input.dataset.tooLarge);
      input.value = "";
      return;
    }
    keepTyped(input.form);
    input.closest("label").setAttribute("aria-busy", "true");
    input.form.requestSubmit();
  };
  input.addEventListener("change", send);
  // A picture chosen before this script ran has told nobody; one that the browser put back on a reload was sent.
  if (came === "navigate" && input.files.length) send();
}

// A link to a field brings one into it, also where it is folded away.
function toField() {
  const field = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
  if (!field) return;
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  field.scrollIntoView({ block: "center" });
  if (field.matches("input, select, summary")) field.focus({ preventScroll: true });
}
addEventListener("hashchange", toField);
toField();
// A form that came back: to the first field that was wrong. A page that lists its problems begins with the list.
if (!location.hash && !byId("problems")) {
  document.querySelector(".points [role=alert]")?.scrollIntoView({ block: "center" });
  document.querySelector("form [aria-invalid]")?.focus();
}

if (trial) {
  byId("refused")?.scrollIntoView({ block: "center" });
  const words = JSON.parse(trial.dataset.words);
  // Which test this page is about: the node does nothing to the device of another one.
  const { test } = trial.dataset;
  let chosen = 0;
  let shownFindings = "";

  async function post(path, values) {
    try {
      const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ ...values, test }) });
      refusal(answer.ok ? {} : await answer.json());
    } catch {
      stale();
    }
  }

  function refusal({ said = "", links = [] }) {
    const place = byId("refusal");
    const what = document.createElement("b");
    what.textContent = `! ${said}`;
    place.replaceChildren(what, ...(links.length ? [row(links)] : []));
    place.hidden = !said;
  }

  function row(links) {
    const made = document.createElement("p");
    made.className = "row";
    made.append(
      ...links.map(({ text, href }) => {
        const link = document.createElement("a");
        link.className = "button";
        link.href = href;
        link.textContent = text;
        return link;
      }),
    );
    return made;
  }

  function item(parent, index, make) {
    if (!parent.children[index]) parent.append(make());
    return parent.children[index];
  }

  function lights(id, levels, on, off, withButton, names = {}, unread = false) {
    const list = byId(id);
    if (!list) return;
    while (list.children.length > levels.length) list.lastChild.remove();
    levels.forEach((level, index) => {
      const light = item(list, index, () => {
        const made = document.createElement("li");
        made.append(document.createElement("span"));
        if (withButton) {
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = words.pulse;
          button.setAttribute("aria-label", `${index + 1}: ${words.pulse}`);
          button.onclick = () => ask(index + 1, button);
          made.append(button);
        }
        return made;
      });
      light.classList.toggle("lit", level);
      const name = index + 1 in names ? `${index + 1} · ${names[index + 1]} ·` : `${index + 1}`;
      light.firstChild.textContent = `${name} ${unread ? words.unread : level ? on : off}`;
    });
  }

  let asker = null;
  function ask(channel, button) {
    chosen = channel;
    asker = button;
    byId("which").textContent = String(channel);
    byId("pulsed").hidden = true;
    byId("sure").hidden = false;
    byId("no").focus();
  }

  function answered() {
    byId("sure").hidden = true;
    if (asker) asker.focus();
  }

  if (byId("yes")) {
    byId("yes").onclick = () => {
      post("/trial/pulse", { channel: String(chosen), sure: "yes" });
      answered();
    };
    byId("no").onclick = answered;
    byId("sure").onkeydown = (event) => {
      if (event.key === "Escape") answered();
    };
  }

  if (byId("show-text")) byId("show-text").onclick = () => post("/trial/show", {});

  for (const button of document.querySelectorAll("[data-moved]")) {
    button.onclick = () => post("/trial/moved", { moved: button.dataset.moved });
  }

  function findings(told) {
    const key = JSON.stringify(told);
    if (key === shownFindings) return; // a reader is not told the same again three times a second
    shownFindings = key;
    byId("findings").replaceChildren(
      ...told.map((each) => {
        const box = document.createElement("div");
        box.className = `told ${each.works ? "works" : "attention"}`;
        const what = document.createElement("b");
        what.textContent = `${each.works ? "✓" : "!"} ${each.what}`;
        box.append(what);
        if (each.do) {
          const help = document.createElement("p");
          help.textContent = each.do;
          box.append(help);
        }
        if (each.links.length) box.append(row(each.links));
        return box;
      }),
    );
  }

  function progress(state) {
    const bar = byId("progress");
    bar.hidden = !(state.doing === "opening" || state.doing === "searching");
    if (state.doing === "searching" && state.planned) {
      bar.max = state.planned;
      bar.value = state.tried;
    } else {
      bar.removeAttribute("value");
    }
  }

  function seen(codes) {
    const list = byId("seen");
    if (!list) return;
    const newest = [...codes].reverse();
    if (list.dataset.shown === newest.join("\n")) return;
    list.dataset.shown = newest.join("\n");
    list.replaceChildren(
      ...newest.map((code) => {
        const line = document.createElement("li");
        line.textContent = code;
        return line;
      }),
    );
  }

  function picture(state) {
    const image = byId("picture");
    if (!image || state.age_s === null || state.age_s === undefined) return;
    image.hidden = false;
    if (state.doing === "running") image.src = `/trial/picture?test=${test}&at=${Date.now()}`;
    const size = state.size ? ` · ${state.size[0]} × ${state.size[1]}` : "";
    byId("age").textContent = `${state.age_s.toFixed(1)} ${words.seconds_old}${size}`;
  }

  // Somebody began another test: what was seen of this device stays, and nothing is asked of the other one from here.
  function overtaken(state) {
    byId("doing").textContent = words.over;
    findings(state.findings);
    for (const part of trial.querySelectorAll("form, #sure, #moved, #show-text, #outputs button, #unclicked, #not-usable, #refusal, #progress")) {
      part.hidden = true;
    }
    byId("findings").scrollIntoView({ block: "center" });
  }

  function show(state) {
    if (state.overtaken) {
      overtaken(state);
      return;
    }
    byId("doing").textContent = words[state.doing] + (state.doing === "searching" ? ` ${state.tried}/${state.planned}` : "");
    progress(state);
    findings(state.findings || []);
    lights("inputs", state.inputs || [], words.closed, words.open, false, state.input_names);
    if (byId("inputs-head")) byId("inputs-head").hidden = !(state.inputs || []).length; // a board may have none
    lights("outputs", state.outputs || [], words.on, words.off, true, state.output_names, state.told_only);
    if (byId("untimed")) byId("untimed").hidden = state.timed !== false;
    if (byId("pulsed") && state.pulsed && (state.asks || !state.told_only)) {
      const told = (state.told_only ? words.pulse_told : words.pulse_done).replace("{n}", state.pulsed);
      byId("pulsed").textContent = `${state.told_only ? "!" : "✓"} ${told}`;
      byId("pulsed").className = `told ${state.told_only ? "attention" : "works"}`;
      byId("pulsed").hidden = false;
    } else if (byId("pulsed")) {
      byId("pulsed").hidden = true;
    }
    if (byId("moved")) byId("moved").hidden = !(state.asks && state.doing === "running");
    const over = state.doing === "over";
    const running = state.doing === "running";
    // A board that is silent or searched for, and a test that is over, have nothing live to show; what was seen stays.
    const empty = !(state.inputs || []).length && !(state.outputs || []).length && !(state.seen || []).length;
    for (const part of document.querySelectorAll("[data-live]")) {
      part.hidden = empty && (trial.dataset.kind === "relay" || !running) && (state.age_s === null || state.age_s === undefined);
      part.classList.toggle("over", over);
    }
    for (const button of document.querySelectorAll("#outputs button")) button.disabled = !running || !state.switchable;
    if (byId("sure") && !state.switchable) byId("sure").hidden = true;
    const done = trial.dataset.outputs === "yes" ? state.pulsed > 0 : state.followed;
    if (byId("show-it")) byId("show-it").hidden = !running;
    if (byId("unclicked")) byId("unclicked").hidden = !(running && state.usable) || done || trial.dataset.tried === "yes";
    byId("again").hidden = !over;
    if (byId("search")) byId("search").hidden = !state.search;
    byId("stop").hidden = over;
    if (byId("keep")) byId("keep").hidden = !state.usable;
    byId("not-usable").hidden = Boolean(state.usable);
    byId("better").hidden = !state.better;
    byId("better-address").textContent = state.better || "";
    if (state.pushes) pushes(state.pushes);
    if (byId("show-text")) byId("show-text").disabled = !running;
    if (byId("shown")) text("shown", state.shown || "");
    seen(state.seen || []);
    picture(state);
  }

  function stale() {
    byId("doing").textContent = `! ${words.stale}`;
  }

  async function poll() {
    let over = false;
    try {
      const answer = await fetch(`/trial/state?test=${test}`, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      show(state);
      over = state.doing === "over";
    } catch {
      stale();
    }
    if (!over) setTimeout(poll, POLL_MS);
  }
  poll();
}
