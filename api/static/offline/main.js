// The offline page: opens, shows one view at a time by its #name, and sends when it can.

import * as custody from "./custody.js";
import * as gate from "./gate.js";
import * as phone from "./phone.js";
import * as receive from "./receive.js";
import * as register from "./register.js";
import { onChange, refresh, session, start, stop } from "./session.js";
import { channel } from "./store.js";
import { announce, at, say } from "./words.js";

const SHOW = { phone: phone.showPhone, seal: custody.showSeal, parcels: custody.showParcels, receive: receive.showReceive };
const PLACES = ["phone", "new", "kept", "seal", "parcels", "receive"];
let place = "phone";
let stillHere = () => undefined;

/** What this browser lacks, if anything: the page works over https and on localhost, in private windows not always. */
function lacking() {
  if (!window.isSecureContext || !crypto.subtle) return "no_secure_context";
  if (!("indexedDB" in window) || !navigator.locks || !("serviceWorker" in navigator)) return "browser_too_old";
  return null;
}

function show() {
  if (!session.open) return;
  phone.showState();
  SHOW[place]?.();
}

function go() {
  const asked = location.hash.slice(1);
  const before = place;
  place = PLACES.includes(asked) ? asked : "phone";
  if (place === "kept" && !at("kept-code").textContent) place = "phone"; // a ticket is seen once
  if (before === "kept" && place !== "kept" && place !== "seal") register.forgetTicket();
  if (before === "receive") receive.leave();
  announce("");
  for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== place;
  for (const link of document.querySelectorAll("[data-to]")) {
    if (link.dataset.to === place) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  at("state").hidden = place !== "phone";
  at("nobody-told").classList.toggle("short", place !== "phone" && place !== "kept");
  show();
  if (place === "seal" && at("kept-seal").dataset.code) {
    custody.pickSeal(at("kept-seal").dataset.code);
    register.forgetTicket();
  }
  window.scrollTo(0, 0);
}

async function opened(vault) {
  gate.hideGate();
  stillHere();
  await start(vault);
  await register.restore();
  const safe = (await navigator.storage?.persisted?.()) ?? true;
  at("state-weak").hidden = safe;
  for (const id of ["work", "views", "lock"]) at(id).hidden = false;
  go();
}

/** The key goes, and everything that was readable with it. */
async function lock() {
  if (!session.open) return;
  await register.flush().catch(() => undefined); // erased by another page: there is nothing to keep it under
  stop();
  for (const part of [register, custody, receive, phone]) part.empty();
  register.forgetTicket();
  announce("");
  for (const id of ["work", "views", "lock"]) at(id).hidden = true;
  at("place").textContent = document.title.split(" · ")[0];
  at("who").textContent = "";
  await gate.showGate();
}

/** A new version waits while this page is at work; its worker says when. */
function watchVersions() {
  let taking = false;
  navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).then((registration) => {
    const offer = () => (at("newer").hidden = !(registration.waiting && navigator.serviceWorker.controller));
    offer();
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
    at("newer-take").addEventListener("click", async () => {
      taking = true;
      await register.flush();
      registration.waiting?.postMessage({ take: "now" });
    });
    navigator.serviceWorker.ready.then((ready) => ready.active.postMessage({ language: document.documentElement.lang }));
  }).catch(() => undefined);
  navigator.serviceWorker.addEventListener("controllerchange", () => taking && location.reload());
}

const sendNow = () => session.open && session.sync.run();

function listen() {
  window.addEventListener("hashchange", go);
  window.addEventListener("online", sendNow);
  document.addEventListener("visibilitychange", () => document.hidden || sendNow());
  document.addEventListener("vault-lost", () => location.reload());
  channel.addEventListener("message", async ({ data }) => {
    if (data !== "erased") return refresh().catch(() => undefined);
    await lock();
    return gate.showGate();
  });
  at("lock").addEventListener("click", lock);
  at("erase").addEventListener("click", async () => (await gate.erase()) && lock());
  setInterval(() => session.open && phone.showState(), 30_000); // ages grow
}

async function begin() {
  if (new URLSearchParams(location.search).has("unsent")) at("not-sent").hidden = false;
  history.replaceState(null, "", location.pathname + location.hash);
  const missing = lacking();
  if (missing) {
    at("stop").hidden = false;
    at("stop").textContent = say(missing);
    return;
  }
  for (const part of [register, custody, receive, phone]) part.setUp();
  gate.setUp(opened);
  stillHere = gate.watch(lock);
  onChange(show);
  listen();
  watchVersions();
  try {
    await gate.showGate();
  } catch {
    at("stop").hidden = false;
    at("stop").textContent = say("no_store");
  }
}

begin();
