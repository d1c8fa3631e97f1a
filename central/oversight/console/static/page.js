/* What every page needs of the browser: ages that count on, menus that close, dialogs that open, forms sent once. */
(function () {
  "use strict";
  var words = JSON.parse(document.querySelector('meta[name="menting-words"]').content);

  /* As Words.duration does it at the server: seconds below a minute, days and hours from a day on. */
  function duration(seconds) {
    var whole = Math.max(0, Math.floor(seconds)), minutes = Math.floor(whole / 60);
    if (whole < 60) return whole + " " + words.s;
    var parts = [[Math.floor(minutes / 1440), words.d], [Math.floor(minutes / 60) % 24, words.h], [minutes % 60, words.m]];
    return (minutes >= 1440 ? parts.slice(0, 2) : parts).filter(function (part) { return part[0]; })
      .map(function (part) { return part[0] + " " + part[1]; }).join(" ");
  }
  /* The server's clock, not this desk's: the difference is measured once for each page. */
  var ahead = Date.now() - Date.parse(document.querySelector('meta[name="menting-now"]').content);
  function now() { return Date.now() - ahead; }
  function tick() {
    document.querySelectorAll("time[data-age]").forEach(function (element) {
      var text = words[element.dataset.age].replace("{age}", duration((now() - Date.parse(element.dateTime)) / 1000));
      if (element.textContent !== text) element.textContent = text;
    });
    document.querySelectorAll("time[data-left]").forEach(function (element) {
      element.textContent = words[element.dataset.left].replace("{left}", duration((Date.parse(element.dateTime) - now()) / 1000));
    });
    document.querySelectorAll("progress[data-until]").forEach(function (bar) {
      bar.value = Math.max(0, (Date.parse(bar.dataset.until) - now()) / 1000);
    });
    document.dispatchEvent(new CustomEvent("menting:tick", { detail: now() }));
  }
  /* A selector for the same control in a card drawn anew: by its data- mark where it has one, else by its tag. */
  function like(element) {
    var mark = Array.from(element.attributes).find(function (one) { return one.name.indexOf("data-") === 0; });
    return mark ? "[" + mark.name + "]" : element.tagName;
  }
  /* What stands at the gates shows before the title too: the tab may be one of many. */
  var title = document.title;
  function mark() {
    var told = document.getElementById("alarms-told");
    document.title = (told && told.dataset.mark ? told.dataset.mark + " " : "") + title;
  }
  window.menting = { duration: duration, now: now, words: words, tick: tick, like: like, lineBack: lineBack, mark: mark };
  mark();
  setInterval(tick, 1000);
  tick();

  /*
   * A line above the page pushes all of it down. While a finger or a button is down nothing may: what was pressed would
   * be let go beside it, and the press be lost without a word. A phone's click comes a while after its finger has gone.
   */
  var PRESS_MAX_MS = 3000, CLICK_MS = 400, pressed = 0, letGo = null;
  document.addEventListener("pointerdown", function () { clearTimeout(letGo); pressed = Date.now(); }, true);
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () { clearTimeout(letGo); letGo = setTimeout(function () { pressed = 0; }, CLICK_MS); }, true);
  });
  async function released() {
    while (pressed && Date.now() - pressed < PRESS_MAX_MS) await new Promise(function (done) { setTimeout(done, 50); });
  }

  /*
   * A link to a part of a page: that part stands below the bar and the lines at the gates, which come after the page and
   * may take several lines of a phone; and what the link is for is open (data-opened-by). Who has begun to read stays.
   */
  var jumped = null;
  function cover() {
    var bars = [document.querySelector(".top"), document.getElementById("alarms-told")];
    var high = bars.reduce(function (sum, bar) { return sum + (bar && getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0); }, 0);
    document.documentElement.style.setProperty("--m-covered", high + "px");
    if (jumped && jumped.isConnected) jumped.scrollIntoView({ block: "start", behavior: "instant" });
  }
  function jump() {
    var name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch (error) { /* no part of the page is called so */ }
    jumped = name ? document.getElementById(name) : null;
    if (!jumped) return;
    document.querySelectorAll("details[data-opened-by]").forEach(function (fold) { if (fold.dataset.openedBy === name) fold.open = true; });
    for (var up = jumped; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
  }
  ["wheel", "touchmove", "pointerdown", "keydown"].forEach(function (name) {
    addEventListener(name, function () { jumped = null; }, { capture: true, passive: true });
  });
  addEventListener("hashchange", function () { jump(); cover(); });
  addEventListener("resize", cover);
  jump();
  cover();

  /* Asked for behind the page's back: it says so, for a session must end with its person; nothing typed is disturbed. */
  var TOLD_MS = 15000, MISSES = 2, missed = 0, drawn = null;
  async function askTold() {
    var told = document.getElementById("alarms-told"), cut = document.querySelector("[data-alarms-cut]"), signedIn = true;
    try {
      var answer = await fetch(told.dataset.ask, {
        headers: { accept: "text/event-stream, text/html" }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(NO_ANSWER_MS)
      });
      signedIn = answer.type !== "opaqueredirect";
      if (!answer.ok) throw new Error("the alarms answered " + answer.status);
      var text = await answer.text();
      await released();
      drawTold(told, text);
      missed = 0;
    } catch (error) {
      missed += 1;
    }
    cut.hidden = signedIn && missed < MISSES;  // no line is not to be read as no alarm
    cut.textContent = cut.hidden ? "" : signedIn ? cut.dataset.alarmsCut : cut.dataset.ended;
    if (signedIn) setTimeout(askTold, TOLD_MS);
  }
  function drawTold(told, text) {
    if (text === drawn) return;  // the same again is not read aloud again
    var shelf = document.createElement("template");
    shelf.innerHTML = drawn = text;
    shelf.content.firstElementChild.dataset.ask = told.dataset.ask;
    told.replaceWith(shelf.content.firstElementChild);
    mark();
    cover();
  }

  /* The phone's own share sheet, where it has one. */
  if (document.querySelector("[data-print-now]")) window.print();
  document.querySelectorAll("[data-share]").forEach(function (button) { button.hidden = !navigator.share; });

  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
    var trigger = event.target.closest("[data-print]");
    if (trigger) window.print();
    var copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent.trim())
      .then(function () { copy.textContent = copy.dataset.copied; });
    var share = event.target.closest("[data-share]");
    if (share) navigator.share({ title: share.dataset.title, url: document.getElementById(share.dataset.share).textContent.trim() })
      .catch(function () { /* somebody changed their mind */ });
    var field = event.target.closest("[data-fill]");
    if (field) {
      var target = document.getElementById(field.dataset.fill);
      target.value = field.textContent.trim();
      target.dispatchEvent(new Event("input", { bubbles: true }));
      target.focus();
    }
  });
  document.addEventListener("focusin", function (event) {  // who goes on with the keyboard leaves no menu open behind
    document.querySelectorAll("details.menu[open]").forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  document.addEventListener("change", function (event) {
    if (event.target.dataset.go) location.assign(event.target.dataset.go + encodeURIComponent(event.target.value));
  });

  /* A browser shows day and month in its own order; below, the same in the page's words. The value is the site's clock. */
  function sayDate(output) {
    var input = document.getElementById(output.htmlFor.value);
    var at = input && input.value ? new Date(input.value + (input.type === "date" ? "T00:00Z" : "Z")) : null;
    if (!at || isNaN(at)) { output.textContent = ""; return; }
    var form = { year: "numeric", month: "long", day: "numeric", weekday: "short", timeZone: "UTC" };
    if (input.type !== "date") Object.assign(form, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    output.textContent = new Intl.DateTimeFormat(document.documentElement.lang, form).format(at);
  }
  document.querySelectorAll("output.said-date").forEach(sayDate);
  document.addEventListener("input", function (event) {
    var output = event.target.id && document.querySelector('output.said-date[for="' + event.target.id + '"]');
    if (output) sayDate(output);
  });

  /* The page comes anew in the other language or theme, and what was typed and not sent is not in it. */
  function halfWritten() {
    return Array.from(document.querySelectorAll("form[method=post]:not(.choice) :is(input, textarea, select)")).some(function (field) {
      if (field.type === "hidden" || field.disabled) return false;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      if (field.tagName === "SELECT") return Array.from(field.options).some(function (one) { return one.defaultSelected && !one.selected; });
      return field.value !== field.defaultValue;
    });
  }

  /* A plain form is sent once, however often its button is pressed. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method === "dialog" || form.closest("[hx-post]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.matches(".choice") && halfWritten() && !confirm(words["choice.loses"])) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(function () { delete form.dataset.sent; }, 8000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  /* A refusal is told where the reader is: in the open dialog, else on top of the page. The next success clears it. */
  function here() {
    var open = document.querySelector("dialog[open]"), place = open && open.querySelector("[data-problem-here]");
    if (open && !place) {  // the page lies behind the dialog: what is told there nobody sees
      place = document.createElement("div");
      place.dataset.problemHere = "";
      place.setAttribute("role", "alert");
      (open.querySelector(".dialog__body") || open).prepend(place);
    }
    return place || document.getElementById("problem");
  }
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target && event.detail.target.id === "problem") event.detail.target = here();
  });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    if (!event.detail.successful) return;
    if (event.detail.requestConfig.verb !== "get") document.getElementById("problem").replaceChildren();
    lineBack();
  });

  /*
   * No link: told to whoever asked for something, at once where the desk knows it already, else when the browser gives
   * up. What a page asks by itself, again and again, says nothing here: its own place shows how old it is.
   */
  var NO_ANSWER_MS = 10000;
  function asked(config) {
    var by = config.triggeringEvent;
    return config.verb !== "get" || (by && /^(click|submit|key)/.test(by.type));
  }
  function tellLine(config) {
    if (!asked(config)) return;
    var told = document.createElement("div");
    told.className = "told told--attention";
    told.dataset.lineProblem = config.verb === "get" ? "asked" : "sent";
    told.textContent = words[config.verb === "get" ? "line.no_link" : "line.down"];
    here().replaceChildren(told);
  }
  /* What was only asked for is asked for again without a word; what was to be done was not done, and stays said. */
  function lineBack() {
    document.querySelectorAll("[data-line-problem]").forEach(function (told) {
      if (told.dataset.lineProblem === "asked") told.remove();
      else told.textContent = words["line.back"];
    });
  }
  document.body.addEventListener("htmx:beforeSend", function (event) {
    var config = event.detail.requestConfig;
    if (config.verb !== "get") return;
    event.detail.xhr.timeout = NO_ANSWER_MS;
    if (document.documentElement.dataset.line === "cut") tellLine(config);
  });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.body.addEventListener(name, function (event) { tellLine(event.detail.requestConfig); });
  });

  if (document.querySelector("#alarms-told[data-ask]")) askTold();

  /*
   * What was put into the page becomes htmx's own a moment after it can be seen and pressed. A hand that is quicker would
   * press a button that does nothing yet, or send a plain form away and the whole page with it: it is made htmx's own now.
   */
  ["click", "submit"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var own = event.target.closest("[hx-get], [hx-post]");
      if (own) htmx.process(own);
    }, true);
  });

  /*
   * A fragment put into the dialog opens it; closed, it is emptied, so that nothing in it goes on asking. Another put in
   * its place has the hand on its first field as well, and finds there what was typed for the one before.
   */
  var dialog = document.getElementById("dialog"), opener = null, home = null, typed = new Map();
  function takeOver() {
    typed.forEach(function (value, id) {
      var field = document.getElementById(id);
      if (!field || field.value || !dialog.contains(field)) return;
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  document.body.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target === dialog && dialog.innerHTML.trim()) {
      if (!dialog.open) {
        opener = document.activeElement;
        home = opener && opener.closest("[id]") ? opener.closest("[id]").id : null;
        dialog.showModal();
      }
      takeOver();
      var desk = matchMedia("(pointer: fine)").matches && dialog.querySelector("[data-focus-at-desk]");  // no keyboard over a phone's picture
      var first = desk || dialog.querySelector("[autofocus]") || dialog.querySelector("button, input, select");
      if (first) first.focus();
    }
  });
  if (dialog) dialog.addEventListener("input", function (event) {
    if (event.target.matches("input.form-control[id], textarea[id]")) typed.set(event.target.id, event.target.value);
  });
  if (dialog) dialog.addEventListener("close", function () {
    dialog.replaceChildren();
    typed.clear();
    var card = home && document.getElementById(home);  // the card may have been redrawn meanwhile
    var back = opener && opener.isConnected ? opener : card && (card.querySelector(menting.like(opener)) || card);
    if (back) back.focus();
  });
})();
