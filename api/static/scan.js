// Scanning with the camera. A page that includes parts/scanner.html offers it by a button:
//
//   <button type="button" hidden data-scan="INPUT_ID">Scan</button>
//
// The button appears, opens the dialog, and writes what was read into the input, marks a hidden INPUT_ID_mode as
// "scanned", and fires `input`, `change` and a bubbling `scanned` event (detail: text, kind). On the button may stand
//   data-scan-kind="sample"   what is wanted: sample (left out), parcel, ticket or any; another kind is refused with a word
//   data-scan-keep            the dialog stays open for the next label; each text counts once every two seconds
// Everything works without this file: codes can be typed, and hand scanners type and press Enter.
"use strict";
(() => {
  const dialog = document.getElementById("scanner");
  if (!dialog || typeof dialog.showModal !== "function") return;
  const video = dialog.querySelector("video");
  const said = dialog.querySelector("[data-scanner-said]");
  const picture = dialog.querySelector("input[type=file]");
  const torch = dialog.querySelector("[data-scanner-torch]");
  const EVERY_MS = 120;
  const AGAIN_MS = 2000;
  const LONGEST_PX = 1280;
  let asked = null; // the button that was pressed
  let stream = null;
  let last = { text: "", at: 0 };

  // What a QR holds. A sample label holds its code, a parcel "PARCEL:" and its seal, a ticket an address with #.
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  function isCode(text) {
    const bare = text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    if (!/^[0-9A-HJKMNP-TV-Z]{9}$/.test(bare)) return false;
    let total = 0; // the check of lab/samples/codes.py
    for (const character of bare.slice(0, -1)) {
      total = (total ^ ALPHABET.indexOf(character)) << 1;
      if (total & 0b100000) total ^= 0b100101;
    }
    return ALPHABET[total] === bare.at(-1);
  }
  function kindOf(text) {
    if (text.startsWith("PARCEL:")) return "parcel";
    if (isCode(text)) return "sample";
    if (/^https?:\/\/[^#]+#[0-9A-Za-z-]+$/.test(text)) return "ticket";
    return "other";
  }

  // --- Decoding: the browser's own where it can, else the worker, loaded at the first need.
  let decoder = null;
  async function makeDecoder() {
    if ("BarcodeDetector" in window && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
    }
    const worker = new Worker(dialog.dataset.worker);
    const waiting = new Map();
    let count = 0;
    worker.addEventListener("message", ({ data }) => {
      waiting.get(data.id)?.(data.text);
      waiting.delete(data.id);
    });
    worker.addEventListener("error", () => {
      decoder = null; // try again at the next opening
      for (const answer of waiting.values()) answer(null);
      waiting.clear();
      say("broken");
    });
    return (canvas) =>
      new Promise((resolve) => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        waiting.set(++count, resolve);
        worker.postMessage({ id: count, pixels }, [pixels.data.buffer]);
      });
  }
  const canvas = document.createElement("canvas");
  async function decode(source, width, height) {
    if (!width || !height) return null;
    const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0, canvas.width, canvas.height);
    decoder ??= makeDecoder();
    return (await decoder)(canvas);
  }

  // --- The dialog.
  function say(name, text = "") {
    said.textContent = (dialog.dataset[name] ?? "").replace("{text}", text);
    said.dataset.state = name;
  }
  async function open(button) {
    asked = button;
    last = { text: "", at: 0 };
    say("aim");
    dialog.showModal();
    try {
      const wanted = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
      const got = await navigator.mediaDevices.getUserMedia(wanted);
      if (!dialog.open) return got.getTracks().forEach((track) => track.stop());
      stream = got;
    } catch {
      video.hidden = true;
      say("blind");
      return undefined;
    }
    video.hidden = false;
    video.srcObject = stream;
    await video.play();
    torch.hidden = !stream.getVideoTracks()[0]?.getCapabilities?.().torch;
    return look(stream);
  }
  async function look(mine) {
    while (dialog.open && stream === mine) {
      const text = await decode(video, video.videoWidth, video.videoHeight).catch(() => null);
      if (text && dialog.open) take(text);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
  function take(read) {
    const text = read.trim();
    const wanted = asked.dataset.scanKind || "sample";
    const kind = kindOf(text);
    if (wanted !== "any" && kind !== wanted) {
      say(`wrong${kind[0].toUpperCase()}${kind.slice(1)}`);
      return;
    }
    if (text === last.text && Date.now() - last.at < AGAIN_MS) {
      last.at = Date.now(); // the label still lies before the camera
      return;
    }
    last = { text, at: Date.now() };
    say("read", text);
    navigator.vibrate?.(60);
    const button = asked;
    if (button.dataset.scanKeep === undefined) dialog.close();
    give(button, text, kind);
  }
  function give(button, text, kind) {
    const input = document.getElementById(button.dataset.scan);
    if (!input) return;
    const mode = document.getElementById(`${input.id}_mode`);
    input.value = text;
    if (mode) mode.value = "scanned";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    if (mode) mode.value = "scanned"; // a listener that takes any input for typing must not have the last word
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new CustomEvent("scanned", { bubbles: true, detail: { text, kind } }));
  }

  dialog.addEventListener("close", () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    torch.hidden = true;
    torch.setAttribute("aria-pressed", "false");
    asked?.focus();
  });
  dialog.querySelector("[data-scanner-close]").addEventListener("click", () => dialog.close());
  document.addEventListener("visibilitychange", () => document.hidden && dialog.open && dialog.close());
  torch.addEventListener("click", () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    torch.setAttribute("aria-pressed", String(on));
    stream?.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on }] }).catch(() => (torch.hidden = true));
  });
  // A photograph does where the camera may not be used live (no https, permission refused).
  picture.addEventListener("change", async () => {
    const [file] = picture.files;
    picture.value = "";
    if (!file) return;
    say("looking");
    const bitmap = await createImageBitmap(file).catch(() => null);
    const text = bitmap && (await decode(bitmap, bitmap.width, bitmap.height).catch(() => null));
    if (!dialog.open) return;
    if (text) take(text);
    else say("nothing");
  });

  // --- The buttons, also those that come later; typing over a scanned code makes it a typed one.
  const show = (root) => root.querySelectorAll?.("button[data-scan][hidden]").forEach((button) => (button.hidden = false));
  show(document);
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => {
    show(node);
    if (node.matches?.("button[data-scan][hidden]")) node.hidden = false;
  }))).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-scan]");
    if (button) open(button);
  });
  document.addEventListener("input", (event) => {
    const mode = event.isTrusted && event.target.id && document.getElementById(`${event.target.id}_mode`);
    if (mode && mode.type === "hidden") mode.value = "typed";
  });
})();
