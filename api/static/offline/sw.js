// The service worker: keeps the shell of the offline page on the phone, and opens it where the network fails. It never
// keeps a page of the server, which holds samples, and never touches what goes to /api/. `SHELL` is set in front of this
// file by api/pages/offline.py: {version, pages: {language: address}, files: [address], parts: [address]}.
/* global SHELL */
"use strict";

importScripts(...SHELL.parts); // what else a service worker does: it tells of call-backs

const CACHE = `drugcheck-shell-${SHELL.version}`;
const MEMORY = "drugcheck-language";
const OFFLINE = "/offline";
const fixed = new Set(SHELL.files);

async function shellIsOpen() {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.some((client) => new URL(client.url).pathname === OFFLINE);
}

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    // Asked for as nobody: what is kept is the same for everyone who holds this phone.
    await cache.addAll([...Object.values(SHELL.pages), ...SHELL.files].map((url) => new Request(url, { credentials: "omit", cache: "reload" })));
    if (!(await shellIsOpen())) await self.skipWaiting(); // a shell at work takes its new version when its worker says so
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("drugcheck-shell-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

async function languageOf(url) {
  const memory = await caches.open(MEMORY);
  const asked = url.searchParams.get("lang");
  if (asked in SHELL.pages) {
    await memory.put("/language", new Response(asked));
    return asked;
  }
  const known = await (await memory.match("/language"))?.text();
  const own = self.navigator.language.slice(0, 2);
  return [known, own, "fr"].find((language) => language in SHELL.pages);
}

async function shell(request, url) {
  const cache = await caches.open(CACHE);
  return (await cache.match(SHELL.pages[await languageOf(url)], { ignoreVary: true })) ?? fetch(request);
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    // A form that was being sent cannot be sent again from here: the page says so, and the browser still has what was typed.
    return Response.redirect(request.method === "GET" ? OFFLINE : `${OFFLINE}?unsent=1`, 302);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(url.pathname === OFFLINE && request.method === "GET" ? shell(request, url) : page(request));
  } else if (fixed.has(url.pathname + url.search)) {
    event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(request)) ?? fetch(request)));
  }
});

self.addEventListener("message", (event) => {
  if (event.data?.take === "now") self.skipWaiting();
  if (event.data?.language in SHELL.pages) {
    event.waitUntil(caches.open(MEMORY).then((memory) => memory.put("/language", new Response(event.data.language))));
  }
});
