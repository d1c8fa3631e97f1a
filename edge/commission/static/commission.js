"use strict";
// The page of one device on trial: asks the node what happens, draws it, and says so when the node does not answer.

const byId = (id) => document.getElementById(id);
const trial = byId("trial");
const POLL_MS = 300;

const came = performance.getEntriesByType("navigation")[0]?.type;
for (const input of document.querySelectorAll("[data-send]")) {
  const send = () => {
    input.closest("label").setAttribute("aria-busy", "true");
    input.form.requestSubmit();
  };
  input.addEventListener("change", send);
  // A picture chosen before this script ran has told nobody; one that the browser put back on a reload was sent.
  if (came === "navigate" && input.files.length) send();
}

if (trial) {
  const words = JSON.parse(trial.dataset.words);
  let chosen = 0;
  let shownFindings = "";

  const post = (path, values) => fetch(path, { method: "POST", body: new URLSearchParams(values) });

  function item(parent, index, make) {
    if (!parent.children[index]) parent.append(make());
    return parent.children[index];
  }

  function lights(id, levels, on, off, withButton) {
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
      light.firstChild.textContent = `${index + 1} ${level ? on : off}`;
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
      post("/trial/pulse", { channel: String(chosen), sure: "yes" }).catch(stale);
      answered();
    };
    byId("no").onclick = answered;
    byId("sure").onkeydown = (event) => {
      if (event.key === "Escape") answered();
    };
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
    if (state.doing === "running") image.src = `/trial/picture?${Date.now()}`;
    const size = state.size ? ` · ${state.size[0]} × ${state.size[1]}` : "";
    byId("age").textContent = `${state.age_s.toFixed(1)} ${words.seconds_old}${size}`;
  }

  function show(state) {
    byId("doing").textContent = words[state.doing] + (state.doing === "searching" ? ` ${state.tried}/${state.planned}` : "");
    progress(state);
    findings(state.findings || []);
    lights("inputs", state.inputs || [], words.closed, words.open, false);
    lights("outputs", state.outputs || [], words.on, words.off, true);
    if (byId("untimed")) byId("untimed").hidden = state.timed !== false;
    if (byId("pulsed") && state.pulsed) {
      byId("pulsed").textContent = `✓ ${words.pulse_done.replace("{n}", state.pulsed)}`;
      byId("pulsed").hidden = false;
    }
    byId("better").hidden = !state.better;
    byId("better-address").textContent = state.better || "";
    seen(state.seen || []);
    picture(state);
  }

  function stale() {
    byId("doing").textContent = `! ${words.stale}`;
  }

  async function poll() {
    let over = false;
    try {
      const answer = await fetch("/trial/state", { redirect: "error" });
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
