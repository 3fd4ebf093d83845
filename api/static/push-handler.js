// Shows that a call-back is waiting, or the line of an alert, and opens it at a touch. Brought into the service worker by
// importScripts; it keeps nothing and looks at no request. What arrives of a call-back names a site, never a person, a
// substance or a finding; of an alert it is what its text message says.
"use strict";

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data ? event.data.json() : {};
  } catch {
    said = {};
  }
  const shown = self.registration.showNotification(String(said.title || "Drugcheck"), {
    body: String(said.body || ""),
    tag: String(said.tag || "drugcheck"),
    renotify: true,
    requireInteraction: true,
    icon: "/static/app-icons/icon-192.png",
    data: { url: String(said.url || "/tasks") },
  });
  event.waitUntil(shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url || "/tasks", self.location.origin);
  const url = target.origin === self.location.origin ? target.href : new URL("/tasks", self.location.origin).href;
  const open = async () => {
    const windows = await self.clients.matchAll({ type: "window" });
    const there = windows.find((one) => one.url === url);
    if (there) return there.focus();
    return self.clients.openWindow(url);
  };
  event.waitUntil(open());
});
