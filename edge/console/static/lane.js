"use strict";
// One lane's screen. The node says what to show; this draws it, says it aloud when asked to, and tells when the line is cut.

const path = location.pathname.replace(/\/$/, "");
const MARKS = { ready: "●", welcome: "✓", more: "＋", sorry: "✕", fire: "⇥", locked: "✕", fault: "!" };
const TURNS = { left: "←", right: "→" }; // the picture is a mirror: whose left it is needs no thought
const element = (id) => document.getElementById(id);
const RULES_OLD_MIN = 60;
let spoken = "";
let wantsSound = false;
try {
  wantsSound = localStorage.getItem("sound") === "on";
} catch {
  wantsSound = false; // a browser that keeps nothing forgets it at the next start
}

function lines(id, line) {
  const [zh, en] = element(id).querySelectorAll("span");
  // What does not fit into one line goes on in the next between two phrases, and not within a word.
  const phrases = line ? line.phrases || [] : [];
  zh.classList.toggle("phrases", phrases.length > 1);
  zh.replaceChildren(...(phrases.length > 1 ? phrases.flatMap((one) => [one, document.createElement("wbr")]) : [line ? line.zh : ""]));
  en.textContent = line ? line.en : "";
}

function show(screen) {
  document.body.dataset.tone = screen.tone;
  if (screen.guard) element("mark").replaceChildren(element("guard").content.cloneNode(true));
  else element("mark").textContent = TURNS[screen.turn] || MARKS[screen.tone] || "●";
  lines("what", screen.what);
  lines("do", screen.do);
  lines("also", screen.also);
  element("also").toggleAttribute("hidden", !screen.also);
  element("oval").toggleAttribute("hidden", !screen.oval);
  foot(screen.foot);
  say(screen);
}

function foot(at) {
  element("clock").textContent = at.clock;
  element("link").textContent = at.online
    ? "● 在线 Online"
    : `○ 离线，照常通行 Offline, passes keep working${at.waiting ? ` · 待传 To send ${at.waiting}` : ""}`;
  if (at.rules_min === null) {
    element("rules").textContent = "尚无规则 No rules yet";
  } else {
    const age = at.rules_min < 120 ? `${at.rules_min} 分钟 min` : `${Math.floor(at.rules_min / 60)} 小时 h`;
    // Unchanged rules only grow older: their age is worth a line once it could matter.
    const old = at.rules_expired || at.rules_min >= RULES_OLD_MIN;
    element("rules").textContent = old ? `${at.rules_expired ? "规则已过期 Rules expired" : "规则 Rules"} ${age}` : "";
  }
}

function say(screen) {
  // Whoever cannot read the screen has to hear what to do as well, where something is to be done.
  const todo = screen.do && (screen.tone === "more" || screen.tone === "sorry");
  const lines = (todo ? [screen.what, screen.do, screen.also] : [screen.what]).filter(Boolean);
  const key = `${screen.tone} ${lines.map((line) => line.zh).join(" ")}`;
  if (key === spoken) return;
  spoken = key;
  if (!wantsSound || screen.tone === "ready" || !("speechSynthesis" in window)) return;
  speechSynthesis.cancel();
  for (const [language, name] of [["zh-CN", "zh"], ["en-GB", "en"]]) {
    for (const line of lines) {
      const words = new SpeechSynthesisUtterance(line[name]);
      words.lang = language;
      speechSynthesis.speak(words);
    }
  }
}

function camera() {
  const picture = element("camera");
  picture.onload = () => picture.removeAttribute("hidden");
  picture.onerror = () => {
    picture.setAttribute("hidden", "");
    setTimeout(() => (picture.src = `${path}/camera?${Date.now()}`), 3000);
  };
  picture.src = `${path}/camera`;
}

function sound() {
  const button = element("sound");
  button.setAttribute("aria-pressed", String(wantsSound));
  button.onclick = () => {
    wantsSound = !wantsSound;
    button.setAttribute("aria-pressed", String(wantsSound));
    try {
      localStorage.setItem("sound", wantsSound ? "on" : "off");
    } catch {
      return;
    }
  };
}

const source = new EventSource(`${path}/says`);
// The node says something every two seconds. A frozen one keeps the line open and says nothing: what it said last is
// then nobody's word any more.
const SILENT_MS = 8000;
let heard = performance.now();
let last = null;
let silent = false;
source.addEventListener("screen", (event) => {
  heard = performance.now();
  silent = false;
  last = JSON.parse(event.data);
  show(last);
});
source.addEventListener("alive", () => {
  heard = performance.now();
  if (silent && last) show(last); // it went on, and nothing has changed since
  silent = false;
});
setInterval(() => {
  if (!silent && performance.now() - heard > SILENT_MS) {
    silent = true;
    cut();
  }
}, 1000);
source.onerror = cut;

function cut() {
  document.body.dataset.tone = "fault";
  element("mark").textContent = "…";
  // The page comes from the process that reads the passes: without it nobody can promise that the door opens.
  lines("what", { zh: silent ? "门口设备没有回应" : "和门口设备的连接断了", phrases: silent ? ["门口设备", "没有回应"] : ["和门口设备", "的连接断了"], en: silent ? "The gate's device does not answer" : "No contact with the gate's device" });
  lines("do", { zh: "请刷一次试试；门不开，请联系保安", phrases: ["请刷一次试试；", "门不开，", "请联系保安"], en: "Try once; if the door stays shut, call the guard" });
  element("also").toggleAttribute("hidden", true);
  element("oval").toggleAttribute("hidden", true);
  for (const id of ["link", "clock", "rules"]) element(id).textContent = "";
  spoken = "";
}
sound();
camera();
