/* Enrolling a face from a phone: three pictures, each sealed here to the gate's own key before it leaves (PRIV-07). */
(function () {
  "use strict";
  var SIDE_MAX = 1280, QUALITY = 0.9, ASK_MS = 1000, SLOW_MS = 20000;
  // Grey levels in the middle of the oval that no gate takes: its own limits (edge/verify/face/quality.py) are stricter,
  // and on the face itself. Everything else about a photo only the gate can say, who alone may see it.
  var DARK = 30, BRIGHT = 235, FLAT = 4;
  var root = document.querySelector("[data-enrol]");
  if (!root) return;
  var video = root.querySelector("video"), canvas = root.querySelector("canvas");
  var ink = canvas.getContext("2d", { willReadFrequently: true });
  var said = root.querySelector("[data-enrol-said]"), take = root.querySelector("[data-enrol-take]");
  var file = root.querySelector("[data-enrol-file]"), send = root.querySelector("[data-enrol-send]");
  var shots = root.querySelector("[data-enrol-shots]"), stage = root.querySelector("[data-enrol-stage]");
  var wrong = root.querySelector("[data-enrol-wrong]");
  // What was wrong with the photos sent before this page was opened: told until others are sent.
  var before = root.querySelector("[data-enrol-before]");
  var figure = root.querySelector("[data-enrol-figure]"), retry = root.querySelector("[data-enrol-retry]");
  var turn = root.querySelector("[data-enrol-turn]"), facing = root.dataset.facing || "user";
  // The watch group sends one picture from a file to another address, by the same recipe; its page is no one else's to
  // go on with, and so is not asked about (data-done), only loaded anew in the end (data-then).
  var url = root.dataset.enrol, asking = root.dataset.asks || "", PHOTOS = Number(root.dataset.photos || 3);
  // One place for each photo that is asked for: what is taken again goes where it was, and the others stay.
  var taken = Array(PHOTOS).fill(null), camera = null, busy = false, noCamera = false, over = false;
  // What the gate did not take is shown on, with why, until another one is in its place. It is not sent again.
  var refused = Array(PHOTOS).fill(null);
  // What is wrong, apart from what to do next: {text, place}; place null: of no one photo. Gone once that is taken anew.
  var faults = [], CAMERA = "camera";
  // Answers that say nothing against the photos, which stay as they are and may be sent once more.
  var SPOTLESS = ["late", "no_consent", "maker_changed"];
  function missing() { return taken.indexOf(null); }

  function words(name) { return root.dataset[name] || ""; }
  // What central says is meant to be read; what a browser says of a broken line is in no language of ours.
  function Told(text, status, why) { this.message = text; this.over = status === 404 || status === 410; this.why = why; }
  function pose() {
    var place = missing(), own = faults.find(function (one) { return one.place === place && words("pose" + place + "_" + one.code); });
    if (noCamera && !own && words("files")) return words("files");
    return words("pose" + place + (own ? "_" + own.code : ""));
  }
  // The head as it is asked for; to a side as whoever looks into a mirror sees it, and the other camera is none.
  function drawing() {
    var place = missing();
    if (noCamera) return "three";
    if (place < 1) return "straight";
    if (faults.some(function (one) { return one.place === place && one.code === "same_side"; })) return "either";
    return (place === 1) === (facing === "user") ? "left" : "right";
  }
  // Of a photo that is to show a turned head, nobody says "look straight ahead".
  function problem(code, place) {
    var turned = place > 0 && root.querySelector('[data-problem="' + code + '_turned"]');
    var found = turned || root.querySelector('[data-problem="' + code + '"]');
    return found && found.textContent;
  }
  function ofPhotos(numbers) {
    if (numbers.length === 1) return words("of").replace("{n}", numbers[0]);
    return words("of_several").replace("{n}", numbers.slice(0, -1).join(words("and")) + words("and_last") + numbers[numbers.length - 1]);
  }
  function photo(number) { return words("photo").replace("{n}", number); }
  function say(text, tone) { said.textContent = text; said.dataset.tone = tone || "information"; if (figure) figure.toggleAttribute("hidden", true); }
  function sayPose() {
    say(pose());
    if (!figure) return;
    figure.toggleAttribute("hidden", false);
    figure.dataset.enrolFigure = drawing();
    figure.setAttribute("viewBox", { three: "0 0 304 112", either: "0 0 200 112" }[drawing()] || "0 0 96 112");
  }
  function unhex(text) { return Uint8Array.from(text.match(/../g), function (two) { return parseInt(two, 16); }); }
  function base64(bytes) {
    var text = "";
    for (var at = 0; at < bytes.length; at += 8192) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
    return btoa(text);
  }

  // The recipe stands in models/wire/faces.py; a test opens with the node's code what this has sealed.
  async function seal(blob, key, enrolment, number, holder) {
    var subtle = crypto.subtle, curve = { name: "ECDH", namedCurve: "P-256" }, node = unhex(key.point);
    var own = await subtle.generateKey(curve, false, ["deriveBits"]);
    var point = new Uint8Array(await subtle.exportKey("raw", own.publicKey));
    var theirs = await subtle.importKey("raw", node, curve, false, []);
    var shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
    var salt = new Uint8Array(point.length + node.length), text = new TextEncoder();
    salt.set(point); salt.set(node, point.length);
    var material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    var derived = await subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: salt, info: text.encode("menting-photo-1") },
      material, { name: "AES-GCM", length: 256 }, false, ["encrypt"]
    );
    var nonce = crypto.getRandomValues(new Uint8Array(12));
    // Whose face it is goes in as well, so that nobody on the way gives it to another; the watch group names nobody.
    var bound = text.encode([root.dataset.purpose || "menting-photo-2", enrolment].concat(holder || [], number, key.key_id).join(" "));
    var plain = await blob.arrayBuffer();
    var sealed = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: bound }, derived, plain));
    return { v: 1, key_id: key.key_id, ephemeral: base64(point), nonce: base64(nonce), sealed: base64(sealed) };
  }

  function draw(source, width, height) {
    var scale = Math.min(1, SIDE_MAX / Math.max(width, height));
    canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale);
    ink.drawImage(source, 0, 0, canvas.width, canvas.height);
    return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", QUALITY); });
  }

  function wrongWith(left, top, wide, high) {
    var width = canvas.width, height = canvas.height;
    var part = ink.getImageData(width * left, height * top, Math.max(1, width * wide), Math.max(1, height * high)).data;
    var count = part.length / 4, sum = 0, squares = 0;
    for (var at = 0; at < part.length; at += 4) {
      var grey = 0.299 * part[at] + 0.587 * part[at + 1] + 0.114 * part[at + 2];
      sum += grey; squares += grey * grey;
    }
    var mean = sum / count;
    if (mean < DARK) return "too_dark";
    if (mean > BRIGHT) return "too_bright";
    return Math.sqrt(Math.max(0, squares / count - mean * mean)) < FLAT ? "no_face" : null;
  }
  function wrongInTheOval() { return wrongWith(0.35, 0.3, 0.3, 0.4); }
  // In a photo from a file the face may be anywhere: it is refused only for what is so in each of its nine parts.
  function wrongAllOver() {
    var third = 1 / 3, first = wrongWith(0, 0, third, third);
    for (var part = 1; first && part < 9; part += 1) {
      if (wrongWith((part % 3) * third, Math.floor(part / 3) * third, third, third) !== first) return null;
    }
    return first;
  }

  // One sentence for all the photos it is true of: three times the same reads like three things.
  function tell() {
    var said = new Map();
    faults.forEach(function (one) {
      if (one.place === CAMERA && missing() < 0) return;  // nothing is to be taken any more
      if (one.place === null || one.place === CAMERA) said.set(one.text, []);
      else if (taken[one.place] === null) said.set(one.text, (said.get(one.text) || []).concat(one.place + 1));
    });
    wrong.hidden = !said.size;
    wrong.querySelector("ul").replaceChildren.apply(wrong.querySelector("ul"), Array.from(said, function (pair) {
      var line = document.createElement("li");
      line.textContent = pair[1].length && PHOTOS > 1 ? ofPhotos(pair[1]).replace("{why}", pair[0]) : pair[0];
      return line;
    }));
  }
  function fault(text, place, code) { faults.push({ text: text, place: place, code: code }); }
  function mended(place) { faults = faults.filter(function (one) { return one.place !== place; }); }
  function put(place, blob) { taken[place] = blob; refused[place] = null; }
  // While photos are on their way, or one is read, none is taken, put or dropped: an answer names them by their place.
  function lock(on) {
    busy = on;
    send.disabled = file.disabled = on;
    take.disabled = on || !camera;
    [retry, turn].concat(Array.from(shots.querySelectorAll("button"))).forEach(function (one) { if (one) one.disabled = on; });
  }
  function address(blob) { return blob.address || (blob.address = URL.createObjectURL(blob)); }  // of this page alone
  // Beside each photo, once one of them was not taken: why, or that it is in order.
  function why(place) {
    if (taken[place]) return words("good");
    var own = faults.filter(function (one) { return one.place === place; }).map(function (one) { return one.text; });
    return own.join(" ") || words("once_more");
  }

  function show() {
    var told = taken.some(function (blob, place) { return !blob && refused[place]; });
    shots.classList.toggle("enrol__shots--told", told);
    shots.replaceChildren.apply(shots, taken.flatMap(function (one, place) {
      var blob = one || refused[place];
      if (!blob) return [];
      var item = document.createElement("li"), picture = document.createElement("img"), again = document.createElement("button");
      var name = document.createElement("span");
      name.textContent = photo(place + 1);
      item.dataset.place = place + 1;  // where it stays, also while the one before it is missing
      picture.src = address(blob);
      picture.alt = "";  // its name stands above it
      picture.classList.toggle("enrol__mirrored", !!blob.mirrored);
      again.type = "button"; again.className = "btn btn-sm"; again.textContent = words("again");
      again.setAttribute("aria-label", words("again") + " · " + photo(place + 1));
      again.disabled = busy;
      again.onclick = function () { put(place, null); mended(place); mended(null); show(); };
      item.append(name, picture);
      if (told) {
        var reason = document.createElement("p");
        reason.textContent = why(place);
        item.append(reason);
        item.dataset.refused = one ? "no" : "yes";
      }
      if (one) item.append(again);
      return [item];
    }));
    var full = missing() < 0;
    take.hidden = full || !camera; send.hidden = !full;
    if (stage) stage.hidden = full || !camera;
    if (turn) turn.hidden = full || !camera || !turn.dataset.several;
    if (camera && !full && video.paused) video.play().catch(function () {});  // stopped while it was not shown
    if (retry) retry.hidden = full || !noCamera || !sealing();
    file.closest("label").classList.toggle("btn-primary", noCamera && !full);  // one step at a time is the next one
    tell();
    if (busy) return;
    if (full) say(words("ready")); else if (!sealing() && words("insecure")) say(""); else sayPose();
  }

  // Why there is no camera, in the browser's own names. Without a secure address there is neither one nor a seal.
  var WHY = { NotAllowedError: "denied", SecurityError: "denied", NotReadableError: "inuse", AbortError: "inuse" };
  function sealing() { return window.isSecureContext && !!window.crypto && !!crypto.subtle; }

  async function open() {
    try {
      if (!sealing()) throw new Error("insecure");
      if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) throw new Error("no camera in this browser");
      camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1280 } }, audio: false });
      video.srcObject = camera;
      video.classList.toggle("enrol__mirrored", facing === "user");
      if (stage) stage.hidden = missing() < 0;  // before it plays: some browsers show a video black that began unseen
      await video.play();
      take.disabled = busy;
      var cameras = (await navigator.mediaDevices.enumerateDevices()).filter(function (one) { return one.kind === "videoinput"; });
      if (turn && cameras.length > 1) turn.dataset.several = "yes";
      mended(CAMERA);
      noCamera = false;
    } catch (error) {
      close();
      mended(CAMERA);
      noCamera = true;
      fault(words(sealing() ? WHY[error.name] || "nocamera" : "insecure"), CAMERA);
      file.closest("label").hidden = !sealing();  // nor would a file leave this page
    }
    show();
  }
  function close() { if (camera) camera.getTracks().forEach(function (track) { track.stop(); }); camera = null; }

  async function ask(method, path, body) {
    var answer = await fetch(url + path, { method: method, headers: body ? { "content-type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined });
    var told = await answer.json();
    if (!answer.ok) throw new Told(told.detail || told.title, answer.status, told.why);
    return told;
  }

  // Another tab, or the desk, has gone on since this page was opened: there is nothing to be done on it any more.
  function stale(state) { return root.dataset.done && (state.agrees === false || (state.may_send === false && state.state !== "waiting")); }
  function leave() { say(words("stale")); location.replace(root.dataset.done); }
  async function isStale() {
    try { return stale(await ask("GET", asking)); } catch (error) { return !!root.dataset.done && !!error.over; }
  }
  async function lookAgain() {
    if (busy || document.hidden || !root.dataset.done) return;
    if (await isStale() && !busy) leave();
  }

  // Sealed to the key that the site has now. Another one that comes meanwhile, with the hour or with another enrolling
  // device, has taken nothing: the photos are here still, and are sealed once more, to that one.
  async function sent(state) {
    if (!state.key) throw new Told(words("nonode"));
    var photos = [];
    for (var place = 0; place < taken.length; place += 1) photos.push(await seal(taken[place], state.key, state.enrolment_id, place + 1, state.cardholder_id));
    return ask("POST", "/photos", root.dataset.guided ? { photos: photos, guided: true } : { photos: photos });
  }

  async function deliver(again) {
    lock(true);
    mended(null);
    tell();
    say(words("sealing"));
    try {
      var state = await ask("GET", asking);
      if (state.state === "waiting") {  // the photos of another tab: these here are still ours to send, or not needed
        state = await answered(state);
        if (stale(state)) { leave(); return; }
        lock(false);
        show();
        return;
      }
      if (stale(state)) { leave(); return; }
      state = await sent(state);
      if (before) before.hidden = true;
      state = await answered(state);
      lock(false);
      told(state);
    } catch (error) {
      if (error.why === "other_key" && !again) return deliver(true);
      if (error instanceof Told && await isStale()) { leave(); return; }
      lock(false);
      say(error instanceof Told ? error.message : words("failed"), "refused");
    }
  }

  // The photos are with central: a line that breaks now loses nothing, and is waited for.
  async function answered(state) {
    var since = Date.now();
    while (state.state === "waiting") {
      say(words(state.maker_away && words("away") ? "away" : Date.now() - since > SLOW_MS && words("slow") ? "slow" : "waiting"));
      await new Promise(function (done) { setTimeout(done, ASK_MS); });
      try { state = await ask("GET", asking); } catch (error) { if (error instanceof Told) throw error; }
    }
    return state;
  }

  // Photos were sent before this page was opened, or opened again.
  async function awaitAnswer() {
    take.hidden = send.hidden = file.closest("label").hidden = true;
    if (stage) stage.hidden = true;
    lock(true);
    try { var state = await answered({ state: "waiting", maker_away: root.dataset.makerAway === "yes" }); } catch (error) {
      if (root.dataset.done && error.over) { leave(); return; }
      say(error.message || words("failed"), "refused");
      return;
    }
    lock(false);
    file.closest("label").hidden = false;
    told(state);
    if (!over && !camera && missing() >= 0 && !root.dataset.filesOnly) await open();
  }

  // Much like somebody else's face: only people can look at that, and no other photo would mend it.
  function toTheOffice() {
    over = true;
    close();
    taken.fill(null); refused.fill(null); shots.replaceChildren();
    [take, send, stage, turn, retry, file.closest("label")].forEach(function (one) { if (one) one.hidden = true; });
    tell();
    say("");
    root.scrollIntoView({ block: "start" });
  }

  function told(state) {
    if (state.state === "enrolled" || state.state === "at_the_gates") {
      close();
      taken.fill(null); refused.fill(null); shots.replaceChildren();
      location.replace(root.dataset.done || root.dataset.then);  // where each gate says that it has it
      return;
    }
    if (stale(state)) { leave(); return; }
    faults = [];
    state.problems.forEach(function (one) { fault(problem(one.problem, one.photo - 1) || words("refused"), one.photo ? one.photo - 1 : null, one.problem); });
    if (!faults.length) fault(words(state.state) || words("refused"), null);
    if (state.state === "duplicate") { toTheOffice(); return; }
    var spotless = [state.state].concat(state.problems.map(function (one) { return one.problem; })).some(function (one) { return SPOTLESS.indexOf(one) >= 0; });
    var bad = state.problems.map(function (one) { return one.photo; });
    var whole = !spotless && (bad.indexOf(null) >= 0 || !bad.length);
    taken.forEach(function (blob, place) {
      if (!whole && bad.indexOf(place + 1) < 0) return;
      taken[place] = null; refused[place] = blob;
    });
    show();
    root.scrollIntoView({ block: "start" });  // what is wrong, what to do and the button are above what was pressed
  }

  take.onclick = async function () {
    if (busy || !video.videoWidth || missing() < 0) return;
    lock(true);  // one press, one photo
    var shot = await draw(video, video.videoWidth, video.videoHeight), found = wrongInTheOval();
    lock(false);
    var place = missing();
    mended(null); mended(place);
    if (found) fault(problem(found, place), place, found);
    else if (place >= 0) { shot.mirrored = facing === "user"; put(place, shot); }
    show();
  };
  file.onchange = async function () {
    if (busy) return;
    lock(true);
    mended(null);  // each file that is not taken is told with its name; the others are taken
    for (var one of Array.from(file.files)) {
      if (missing() < 0) { fault(words("spare").replace("{name}", one.name), null); continue; }
      try {
        var picture = await createImageBitmap(one), made = await draw(picture, picture.width, picture.height), found = wrongAllOver();
        if (found) fault(words("file_wrong").replace("{name}", one.name).replace("{why}", problem(found, missing())), null);
        else put(missing(), made);
      } catch (error) { fault(words("unreadable").replace("{name}", one.name), null); }
    }
    file.value = "";
    lock(false);
    show();
  };
  send.onclick = function () { deliver(false); };
  if (retry) retry.onclick = open;
  if (turn) turn.onclick = async function () {
    facing = facing === "user" ? "environment" : "user";
    close();
    await open();
  };
  addEventListener("pagehide", close);
  document.addEventListener("visibilitychange", lookAgain);
  addEventListener("pageshow", function (event) { if (event.persisted) lookAgain(); });
  window.mentingSeal = seal; // for the test that opens it with the node's own code
  show();
  take.disabled = true;
  if (root.dataset.state === "waiting") { awaitAnswer(); return; }
  if (file.files.length) file.onchange();  // chosen before this script was there
  if (!root.dataset.filesOnly) open();
})();
