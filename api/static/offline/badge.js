// On every page of somebody signed in: how much of this phone's own record has not been sent, and the service worker.

import { countUnsent, wipeIfSent } from "./outbox.js";
import { channel, storeExists } from "./store.js";

const badge = document.getElementById("unsent");

async function show() {
  if (!badge || !("indexedDB" in window)) return;
  const count = (await storeExists()) ? await countUnsent() : 0;
  badge.hidden = count === 0;
  badge.querySelector("[data-count]").textContent = String(count);
}

// Nothing stays behind on a shared phone; but what nobody else has yet is not thrown away: it stays, encrypted.
async function tidyAndLeave(event) {
  event.preventDefault();
  const form = event.target;
  try {
    if (await storeExists()) await wipeIfSent();
  } finally {
    form.submit();
  }
}

if ("serviceWorker" in navigator) {
  navigator.serviceWorker
    .register("/sw.js", { scope: "/", updateViaCache: "none" })
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => registration.active.postMessage({ language: document.documentElement.lang }))
    .catch(() => undefined); // pages work without it
}
show().catch(() => undefined);
channel.addEventListener("message", () => show().catch(() => undefined));
document.addEventListener("visibilitychange", () => document.hidden || show().catch(() => undefined));
document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", tidyAndLeave);
