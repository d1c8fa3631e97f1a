/* Enrolling a face from a phone: three pictures, each sealed here to the gate's own key before it leaves (PRIV-07). */
(function () {
  "use strict";
  var SIDE_MAX = 1280, QUALITY = 0.9, ASK_MS = 1000;
  var root = document.querySelector("[data-enrol]");
  if (!root) return;
  var video = root.querySelector("video"), canvas = root.querySelector("canvas");
  var said = root.querySelector("[data-enrol-said]"), take = root.querySelector("[data-enrol-take]");
  var file = root.querySelector("[data-enrol-file]"), send = root.querySelector("[data-enrol-send]");
  var shots = root.querySelector("[data-enrol-shots]");
  // The watch group sends one picture from a file to another address, by the same recipe.
  var url = root.dataset.enrol, asking = root.dataset.asks || "", PHOTOS = Number(root.dataset.photos || 3);
  // One place for each photo that is asked for: what is taken again goes where it was, and the others stay.
  var taken = Array(PHOTOS).fill(null), camera = null;
  function missing() { return taken.indexOf(null); }

  function words(name) { return root.dataset[name] || ""; }
  function photo(number) { return words("photo").replace("{n}", number); }
  function say(text, tone) { said.textContent = text; said.dataset.tone = tone || "information"; }
  function unhex(text) { return Uint8Array.from(text.match(/../g), function (two) { return parseInt(two, 16); }); }
  function base64(bytes) {
    var text = "";
    for (var at = 0; at < bytes.length; at += 8192) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
    return btoa(text);
  }

  // The recipe stands in models/wire/faces.py; a test opens with the node's code what this has sealed.
  async function seal(blob, key, enrolment, number) {
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
    var bound = text.encode((root.dataset.purpose || "menting-photo-1") + " " + enrolment + " " + number + " " + key.key_id);
    var plain = await blob.arrayBuffer();
    var sealed = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: bound }, derived, plain));
    return { v: 1, key_id: key.key_id, ephemeral: base64(point), nonce: base64(nonce), sealed: base64(sealed) };
  }

  function draw(source, width, height) {
    var scale = Math.min(1, SIDE_MAX / Math.max(width, height));
    canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", QUALITY); });
  }

  function show() {
    shots.replaceChildren.apply(shots, taken.flatMap(function (blob, place) {
      if (!blob) return [];
      var item = document.createElement("li"), picture = document.createElement("img"), again = document.createElement("button");
      picture.src = URL.createObjectURL(blob);
      picture.alt = photo(place + 1);
      again.type = "button"; again.className = "btn btn-sm"; again.textContent = words("again");
      again.onclick = function () { taken[place] = null; show(); };
      item.append(picture, again);
      return [item];
    }));
    var full = missing() < 0;
    take.hidden = full || !!root.dataset.filesOnly; send.hidden = !full;
    say(full ? words("ready") : words("pose" + missing()));
  }

  async function open() {
    if (!navigator.mediaDevices || !window.crypto || !crypto.subtle) { say(words("nocamera"), "attention"); take.hidden = true; return; }
    try {
      camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 } }, audio: false });
      video.srcObject = camera;
      await video.play();
      take.disabled = false;
    } catch (error) {
      say(words(error.name === "NotAllowedError" ? "denied" : "nocamera"), "attention");
      take.hidden = true;
    }
  }
  function close() { if (camera) camera.getTracks().forEach(function (track) { track.stop(); }); camera = null; }

  async function ask(method, path, body) {
    var answer = await fetch(url + path, { method: method, headers: body ? { "content-type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined });
    var told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || told.title);
    return told;
  }

  async function deliver() {
    send.disabled = true;
    say(words("sealing"));
    try {
      var state = await ask("GET", asking);
      if (!state.key) throw new Error(words("nonode"));
      var photos = [];
      for (var place = 0; place < taken.length; place += 1) photos.push(await seal(taken[place], state.key, state.enrolment_id, place + 1));
      state = await ask("POST", "/photos", root.dataset.guided ? { photos: photos, guided: true } : { photos: photos });
      say(words("waiting"));
      while (state.state === "waiting") {
        await new Promise(function (done) { setTimeout(done, ASK_MS); });
        state = await ask("GET", asking);
      }
      told(state);
    } catch (error) {
      say(error.message || words("failed"), "refused");
    }
    send.disabled = false;
  }

  function told(state) {
    if (state.state === "enrolled" || state.state === "at_the_gates") {
      close();
      taken.fill(null); shots.replaceChildren();
      root.querySelector("[data-enrol-stage]").hidden = true;
      take.hidden = send.hidden = file.closest("label").hidden = true;
      say(words(state.state), "granted");
      return;
    }
    var wrong = state.problems.map(function (one) {
      var text = root.querySelector('[data-problem="' + one.problem + '"]');
      return (one.photo ? photo(one.photo) + " " : "") + (text ? text.textContent : words("refused"));
    });
    var bad = state.problems.map(function (one) { return one.photo; });
    var whole = bad.indexOf(null) >= 0 || !bad.length;
    taken = taken.map(function (blob, place) { return whole || bad.indexOf(place + 1) >= 0 ? null : blob; });
    show();
    say((wrong.join(" ") || words(state.state) || words("refused")) + " " + words("pose" + missing()), "attention");
  }

  take.onclick = async function () {
    if (!video.videoWidth) return;
    var shot = await draw(video, video.videoWidth, video.videoHeight);
    if (missing() >= 0) taken[missing()] = shot;
    show();
  };
  file.onchange = async function () {
    for (var one of Array.from(file.files)) {
      if (missing() < 0) break;
      try {
        var picture = await createImageBitmap(one);
        taken[missing()] = await draw(picture, picture.width, picture.height);
      } catch (error) { say(words("unreadable"), "attention"); file.value = ""; return; }
    }
    file.value = "";
    show();
  };
  send.onclick = deliver;
  addEventListener("pagehide", close);
  window.mentingSeal = seal; // for the test that opens it with the node's own code
  show();
  take.disabled = true;
  if (file.files.length) file.onchange();  // chosen before this script was there
  if (!root.dataset.filesOnly) open();
})();
