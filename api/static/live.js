// Keeps the call-back banner of an open page true: nobody has to reload to learn that somebody must be called.
// Asks once a second while the page is looked at, and says so when it cannot: an old screen must not look like a calm one.
"use strict";
(() => {
  const LOOKED_AT_MS = 1000;
  const HIDDEN_MS = 10000;
  const LOST_AFTER_MS = 8000;
  const banner = document.getElementById("urgent-banner");
  const lost = document.getElementById("live-lost");
  if (!banner || !lost) return;
  let seen = banner.dataset.seen;
  let answeredAt = Date.now();
  let timer = 0;

  function wait(ms) {
    clearTimeout(timer);
    timer = setTimeout(ask, ms);
  }
  async function ask() {
    try {
      const answer = await fetch(`/tasks/banner?seen=${encodeURIComponent(seen)}`, {
        cache: "no-store", redirect: "error", signal: AbortSignal.timeout(5000),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      if (answer.status === 200) take(await answer.text());
      answeredAt = Date.now();
      lost.hidden = true;
    } catch {
      lost.hidden = Date.now() - answeredAt < LOST_AFTER_MS;
    }
    wait(document.hidden ? HIDDEN_MS : LOOKED_AT_MS);
  }
  function take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const before = Number(document.getElementById("urgent-banner").dataset.count);
    for (const part of fresh.body.querySelectorAll("[data-live]")) {
      const there = document.getElementById(part.id);
      if (there && !there.contains(document.activeElement)) there.replaceWith(document.importNode(part, true));
    }
    const now = document.getElementById("urgent-banner");
    seen = now.dataset.seen;
    if (Number(now.dataset.count) > before) navigator.vibrate?.([200, 100, 200]);
  }
  document.addEventListener("visibilitychange", () => document.hidden || wait(0));
  window.addEventListener("online", () => wait(0));
  wait(LOOKED_AT_MS);
})();
