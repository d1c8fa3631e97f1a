/*
 * The desk's live line. An event names an id; the page asks for that card and puts it where it belongs.
 *
 * The line itself is live.js. An id whose card could not be fetched stays in `wanted` until it was.
 */
(function () {
  "use strict";
  var desk = document.querySelector("[data-desk]"), truth = document.querySelector("[data-truth]"), line = menting.line;
  var BATCH_MS = 80, BATCH = 40, KEEP = 200, LANES_MS = 15000, CONTACT_MS = 12500, AGAIN_MS = 3000, MANY = 400;
  var wanted = new Map(), fetching = false, active = false, timer = null, asked = 0;
  line.last = desk.dataset.after;

  /* A session ends when its person is idle. What the page asks by itself is no sign of one, and is marked as such. */
  var HTML = "text/html", BY_ITSELF = "text/event-stream, text/html";
  ["keydown", "pointerdown", "wheel"].forEach(function (sign) {
    document.addEventListener(sign, function () { active = true; }, { passive: true });
  });

  line.take = function (name, id) {
    if (name === "alarm") wantLanes();  // a fire or a fault shows on its lane in the same moment
    if (id) wanted.set(name + ":" + id, (wanted.get(name + ":" + id) || 0) + 1);
  };
  line.after = function () { if (wanted.size) soon(); };

  /* ── the cards. An event that was announced and could not be fetched makes the page old, whatever the stream says. */
  function soon() { if (!timer && !fetching) timer = setTimeout(fetchCards, BATCH_MS); }
  async function fetchCards() {
    timer = null;
    if (!wanted.size || line.ended) return;
    if (wanted.size > MANY) { location.reload(); return; }
    fetching = true;
    var batch = Array.from(wanted).slice(0, BATCH), query = new URLSearchParams({ show: desk.dataset.show });
    batch.forEach(function (entry) { query.append("card", entry[0]); });
    try {
      var answer = await fetch("/desk/cards?" + query, { headers: { "hx-request": "true", accept: active ? HTML : BY_ITSELF }, cache: "no-store" });
      active = false;
      if (answer.status === 401 || answer.headers.get("hx-redirect")) { line.ended = true; line.tell("ended"); return; }
      if (!answer.ok) throw new Error("the cards answered " + answer.status);
      var shelf = document.createElement("template");
      shelf.innerHTML = await answer.text();
      batch.forEach(function (entry) { if (wanted.get(entry[0]) === entry[1]) wanted.delete(entry[0]); });
      if (line.missed) { line.missed = 0; line.tell("live"); line.stamp(); }
      menting.lineBack();
      keepingPlace(function () {
        Array.from(shelf.content.children).forEach(place);
        sortAlarms();
        trim();
      });
      count();
      menting.mark();
      menting.tick();
    } catch (error) {
      line.retry = Math.max(line.retry, 1);
      line.missed += 1;
      if (line.missed > 1) line.tell("cut");
      await new Promise(function (resolve) { setTimeout(resolve, 1500); });
    } finally {
      fetching = false;
    }
    if (wanted.size) soon();
  }
  function place(card) {
    if (card.dataset.gone) { var gone = document.getElementById(card.dataset.gone); if (gone) gone.remove(); return; }
    var old = document.getElementById(card.id);
    if (old && old.isEqualNode(card)) return;  // what is told again unchanged is not read aloud again
    if (old) {
      var fold = old.querySelector("[data-fold]"), focused = old.contains(document.activeElement) ? document.activeElement : null;
      var again = focused && focused !== old ? menting.like(focused) : null;
      var same = card.querySelector("[data-fold]");
      if (fold && fold.open && same) same.open = true;
      old.replaceWith(card);
      if (focused) ((again && card.querySelector(again)) || card).focus({ preventScroll: true });
    } else if (card.dataset.visit || card.dataset.told) {
      put(document.getElementById("stream"), card, function (other) { return other.dataset.at < card.dataset.at; });
      card.classList.add("is-new");
    } else if (card.dataset.alarm) {
      put(document.getElementById("alarms"), card, function (other) { return other.dataset.at > card.dataset.at; });
    } else if (card.dataset.lane) {
      document.getElementById("lanes").append(card);
    }
    htmx.process(card);
  }
  /* An alarm that somebody took note of, or that is over, moves to where it now belongs: what is most urgent is on top. */
  function sortAlarms() {
    var list = document.getElementById("alarms"), focused = list.contains(document.activeElement) ? document.activeElement : null;
    var cards = Array.from(list.querySelectorAll(":scope > article"));
    var sorted = cards.slice().sort(function (one, other) { return one.dataset.at < other.dataset.at ? -1 : one.dataset.at > other.dataset.at ? 1 : 0; });
    if (sorted.every(function (card, index) { return card === cards[index]; })) return;
    sorted.forEach(function (card) { list.append(card); });
    if (focused) focused.focus({ preventScroll: true });
  }
  /* A second press of a double click would take note of the alarm that has just moved up under the pointer. */
  document.getElementById("alarms").addEventListener("click", function (event) {
    if (event.detail > 1 && event.target.closest("[data-acknowledge]")) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  /*
   * Who takes note with the key or the button goes on at the next alarm that waits; where none does, at the card, if it
   * lasts, or at the list. The card may go with the answer or with the live line before it, whichever comes first.
   */
  var leaving = null;
  document.getElementById("alarms").addEventListener("submit", function (event) {
    var card = event.target.closest("article"), cards = Array.from(card.parentElement.children), focused = document.activeElement;
    if (!card.contains(focused) && focused !== document.body) return;  // who reads elsewhere stays there
    leaving = { card: card.id, next: cards.slice(cards.indexOf(card) + 1).concat(cards).map(function (one) { return one.id; }) };
  });
  function goOn() {
    if (!leaving) return;
    var old = document.getElementById(leaving.card), still = old && old.querySelector("[data-acknowledge]");
    if (document.activeElement !== document.body && !(old && old.contains(document.activeElement))) { leaving = null; return; }
    var next = leaving.next.map(function (id) { return document.getElementById(id); })
      .find(function (card) { return card && card.id !== leaving.card && card.querySelector("[data-acknowledge]"); });
    (still || next || old || document.querySelector("[data-part=needs]")).focus({ preventScroll: !!still });
    leaving = null;
  }
  document.body.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.pathInfo && /\/acknowledge$/.test(event.detail.pathInfo.requestPath)) { setTimeout(goOn); glance(); }
  });
  /* Nor does the key: while one is being noted, and until whoever pressed can have seen which card stands first now. */
  var GLANCE_MS = 800, glancing = null;
  function glance() {
    clearTimeout(glancing);
    var list = document.getElementById("alarms");
    list.dataset.glance = "";
    glancing = setTimeout(function () { delete list.dataset.glance; }, GLANCE_MS);
  }
  function takeNote() {
    if (document.querySelector("[data-acknowledge]:disabled, #alarms[data-glance]")) return;
    var button = document.querySelector("[data-acknowledge]");
    if (!button) return;
    glance();  // the live line may take the card away before the answer does
    button.click();
  }
  function put(list, card, before) {
    var empty = list.querySelector(":scope > .nothing");
    if (empty) empty.remove();
    var place = Array.from(list.querySelectorAll(":scope > article")).find(before);
    list.insertBefore(card, place || list.querySelector(":scope > .older"));
  }
  /*
   * New cards come in above: a reader who has scrolled down keeps the line they were reading. Measured once for all
   * cards of an answer, since every look at a height makes the browser lay the page out.
   */
  function keepingPlace(change) {
    var scroller = document.querySelector("[data-part=stream]"), page = document.scrollingElement;
    var above = scroller.scrollTop, below = page.scrollTop, tall = above > 60 || below > 160 ? heights() : null;
    function heights() { return [scroller.scrollHeight, page.scrollHeight]; }
    change();
    if (!tall) return;
    var now = heights();
    if (above > 60) scroller.scrollTop = above + now[0] - tall[0];
    if (below > 160) window.scrollTo({ top: below + now[1] - tall[1], behavior: "instant" });
  }
  function trim() {
    Array.from(document.querySelectorAll("#stream > article")).slice(KEEP).forEach(function (card) { card.remove(); });
  }
  /* A picture whose time is over while the page stands is not asked for any more, and one that is gone leaves its word. */
  function instead(picture, word) {
    var said = document.createElement("span");
    said.textContent = word;
    (picture.closest("a") || picture).replaceWith(said);
  }
  function overdue() {
    document.querySelectorAll("#stream img[data-until]").forEach(function (picture) {
      if (Date.parse(picture.dataset.until) <= menting.now()) instead(picture, picture.dataset.expired);
    });
  }
  document.addEventListener("menting:tick", overdue);
  document.getElementById("stream").addEventListener("error", function (event) {
    if (event.target.dataset.missing) instead(event.target, event.target.dataset.missing);
  }, true);
  document.querySelectorAll("#stream img[data-missing]").forEach(function (picture) {
    if (picture.complete && !picture.naturalWidth) picture.src = picture.src;  // missing before anybody listened
  });
  /* Who is the last that came at their lane may still stand there: on their card is the button that opens, where a person
     may be to do it. Who was referred to one is named beside the alarms as well, with the way to the card: the events
     alone would scroll away. */
  var WAITS_MS = 600000;
  function waiting() {
    var list = document.getElementById("waiting"), lanes = new Map(), found = [];
    document.querySelectorAll("#stream > article[data-at-lane]").forEach(function (card) {
      var newest = !lanes.has(card.dataset.atLane), button = card.querySelector("[data-open-here]");
      var stands = newest && card.dataset.passed === undefined && menting.now() - Date.parse(card.dataset.at) < WAITS_MS;
      if (button) button.hidden = !stands;
      over(card, stands, lanes.get(card.dataset.atLane));
      lanes.set(card.dataset.atLane, card);
      if (stands && card.classList.contains("visit--refer")) found.unshift(card);
    });
    var told = found.map(function (card) { return card.id; }).join(" ");
    if (list.dataset.told === told) return;
    list.dataset.told = told;
    list.replaceChildren.apply(list, found.map(function (card) {
      var way = document.createElement("button"), words = document.createElement("span"), age = document.createElement("time");
      way.type = "button"; way.className = "waits"; way.dataset.waits = card.id;
      var lane = card.querySelector(".lane-name").cloneNode(true);
      lane.querySelectorAll(".only-read").forEach(function (spoken) { spoken.remove(); });
      words.textContent = list.dataset.words.replace("{lane}", lane.textContent.trim());
      age.className = "age"; age.dataset.age = "age.ago"; age.dateTime = card.dataset.at;
      way.append(words, age);
      way.onclick = function () {
        document.querySelector("[data-tab-button=stream]").click();
        card = document.getElementById(way.dataset.waits);
        if (card) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest" }); }
      };
      return way;
    }));
    count();
    menting.tick();
  }
  /* What to do for somebody goes with the button that does it: then the card says what came of it. `next`: the card
     after it at the same lane. */
  function over(card, stands, next) {
    var told = card.querySelector("[data-over]"), advice = card.querySelector(".said__now");
    if (!told || !advice) return;
    var words = !next ? told.dataset.left : next.classList.contains("visit--grant") ? told.dataset.granted : told.dataset.later;
    var line = stands ? "" : words.replace("{at}", next ? next.querySelector(".visit__at time").textContent.trim() : "");
    if (told.textContent !== line) told.textContent = line;
    told.hidden = !line; advice.hidden = !!line;
  }
  document.addEventListener("menting:tick", waiting);
  function count() {
    var alarms = document.querySelectorAll("#alarms > article, #asked > article, #denied > article, #calls > article, #waiting > button").length;
    document.querySelectorAll("[data-alarm-count]").forEach(function (badge) { badge.textContent = alarms; badge.hidden = !alarms; });
    document.getElementById("calm").hidden = alarms > 0;
  }
  document.body.addEventListener("htmx:afterSwap", count);

  /* A node that falls silent sends no event: whether it is online is asked again. */
  function askLanes() {
    if (truth.dataset.truth !== "live") return;
    asked = Date.now();
    wantLanes();
    soon();
  }
  /* A card that was last heard of too long ago may be an old card, or there may be no contact: central knows which. */
  document.addEventListener("menting:tick", function (event) {
    var late = Array.from(document.querySelectorAll("#lanes > article[data-heard]")).some(function (lane) { return event.detail - Date.parse(lane.dataset.heard) > CONTACT_MS; });
    if (late && Date.now() - asked > AGAIN_MS) askLanes();
  });
  function wantLanes() {
    document.querySelectorAll("#lanes > article").forEach(function (lane) {
      wanted.set("lane:" + lane.dataset.lane, (wanted.get("lane:" + lane.dataset.lane) || 0) + 1);
    });
  }
  setInterval(askLanes, LANES_MS);
  document.addEventListener("menting:lanes", askLanes);

  /* ── tabs on a phone, keys at the desk */
  document.querySelectorAll("[data-tab-button]").forEach(function (button) {
    button.addEventListener("click", function () {
      desk.dataset.tab = button.dataset.tabButton;
      document.querySelectorAll("[data-tab-button]").forEach(function (other) { other.setAttribute("aria-pressed", String(other === button)); });
      window.scrollTo({ top: 0 });
    });
  });
  document.addEventListener("click", function (event) {
    var shortcut = event.target.closest("[data-show-tab]");
    if (shortcut) document.querySelector("[data-tab-button=" + shortcut.dataset.showTab + "]").click();
  });
  var keys = document.getElementById("keys");
  document.querySelectorAll("[data-show-keys]").forEach(function (button) { button.addEventListener("click", function () { keys.showModal(); }); });
  function here() { return document.activeElement ? document.activeElement.closest("#stream > article") : null; }
  function move(step) {
    var cards = Array.from(document.querySelectorAll("#stream > article")), at = cards.indexOf(here());
    var next = cards[at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + step))];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
  }
  function open() {
    var card = document.activeElement && document.activeElement.closest("article[data-at-lane]");
    var lanes = document.querySelectorAll("#lanes > article"), wantedLane = card && card.dataset.atLane;
    var focused = document.activeElement && document.activeElement.closest("#lanes > article");
    if (!card) {  // nobody is chosen: who waits longest
      var waits = document.querySelector("#waiting > :focus") || document.querySelector("#waiting > [data-waits]"), longest = waits && document.getElementById(waits.dataset.waits);
      wantedLane = longest && longest.dataset.atLane;
    }
    var lane = focused || (wantedLane && document.getElementById("lane-" + wantedLane)) || lanes[0];
    var button = lane && lane.querySelector("[data-open-lane]");
    if (button) { button.focus(); button.click(); }
  }
  function endFire() {
    var button = document.querySelector("#lanes > article:focus-within [data-end-fire]") || document.querySelector("#lanes [data-end-fire]");
    if (button) { button.focus(); button.click(); }
  }
  function hold() {  // at the lane in hand, or at the lane of the access in hand; else at the first that is held
    var card = document.activeElement && document.activeElement.closest("article[data-at-lane]");
    var lane = document.querySelector("#lanes > article:focus-within") || (card && document.getElementById("lane-" + card.dataset.atLane));
    var held = document.querySelector("#lanes > article:has([data-held])");
    lane = lane || held || document.querySelector("#lanes > article:has([data-hold-lane])");
    var button = lane && lane.querySelector("[data-hold-lane]");
    if (button) { button.focus(); button.click(); }
  }
  /* Another filter is another page: who reads card by card goes on at the same card, or at the next one after it. */
  var PLACE = "menting.place";
  function keepPlace() {
    var card = here();
    try { if (card) sessionStorage.setItem(PLACE, card.dataset.at); } catch (error) { /* without storage one begins on top */ }
  }
  function takePlace() {
    var at = null;
    try { at = sessionStorage.getItem(PLACE); sessionStorage.removeItem(PLACE); } catch (error) { /* as above */ }
    var card = at && Array.from(document.querySelectorAll("#stream > article")).find(function (one) { return one.dataset.at <= at; });
    if (card) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest" }); }
  }
  function lookUp() {
    var way = document.querySelector("a[href='/people']");
    if (way) location.assign(way.href);
  }
  var deeds = {
    "/": lookUp,
    f: endFire, h: hold,
    j: function () { move(1); }, k: function () { move(-1); }, o: open,
    a: takeNote,
    "?": function () { keys.showModal(); },
    Enter: function () { var card = here(), fold = card && card.querySelector("[data-fold]"); if (fold) fold.open = !fold.open; }
  };
  /* A key that opens a dialog is often followed at once by what goes into it: until it stands, no letter is a deed. */
  var opening = 0, OPENING_MS = 10000;
  document.body.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.target && event.detail.target.id === "dialog") opening = Date.now();
  });
  ["htmx:afterSwap", "htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.body.addEventListener(name, function (event) {
      if (event.detail.target && event.detail.target.id === "dialog") opening = 0;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (Date.now() - opening < OPENING_MS) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    var filters = document.querySelectorAll(".filter a"), chosen = "1234".indexOf(event.key);
    if (chosen >= 0 && filters[chosen]) { keepPlace(); filters[chosen].click(); return; }
    if (event.repeat && !/^[jk]$/i.test(event.key)) return;  // a key held down takes note of one alarm, not of all
    var deed = deeds[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (deed) { event.preventDefault(); deed(); }
  });

  /* From the page of one access to the lane where it was, whose card has the button. */
  function toLane() {
    var lane = /^#lane-/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!lane) return;
    history.replaceState(null, "", location.pathname + location.search);  // a page loaded anew leaves the reader where they are
    document.querySelector("[data-tab-button=lanes]").click();
    (lane.querySelector("[data-open-lane]") || lane).focus();
  }

  line.stamp();
  takePlace();
  toLane();
  waiting();
  line.listen();
})();
