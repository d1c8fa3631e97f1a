"use strict";
// The page that waits for an intercom's call: asks the node what came, and says so when the node does not answer.

const ring = byId("intercom");

if (ring) {
  const words = JSON.parse(ring.dataset.words);
  const meant = { lane: ring.dataset.lane, test: ring.dataset.test };

  function came(list) {
    byId("came").replaceChildren(
      ...list.map((each) => {
        const line = document.createElement("li");
        line.className = `told ${each.works ? "works" : each.quiet ? "" : "attention"}`;
        const what = document.createElement("b");
        what.textContent = each.works || each.quiet ? each.what : `! ${each.what}`;
        const more = document.createElement("p");
        more.className = "quiet";
        more.textContent = each.more;
        line.append(what, more);
        return line;
      }),
    );
  }

  function show(state) {
    text("doing", state.doing);
    text("why", state.why && `! ${state.why}`);
    if (state.came) came(state.came);
    byId("stop").hidden = state.over;
    byId("begin").hidden = !state.over;
    if (state.way && !byId("way")) {
      const link = document.createElement("a");
      link.id = "way";
      link.className = "button";
      [link.textContent, link.href] = state.way;
      byId("why").after(link);
    }
  }

  async function look() {
    let over = false;
    try {
      const answer = await fetch(`/intercom/state?${new URLSearchParams(meant)}`, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      show(state);
      over = state.over;
    } catch {
      text("doing", `! ${words.stale}`);
    }
    if (!over) setTimeout(look, POLL_MS);
  }
  look();
}
