// Turns notifications on for this browser: asks for them, subscribes at the browser's push service, and sends the form.
// Where the form has another use too (#push-offer), only its button of value "push" does that; the rest needs no script.
"use strict";

(() => {
  const form = document.getElementById("push-form");
  if (!form) return;

  const offer = document.getElementById("push-offer");
  const say = (why) => {
    for (const one of ["no", "denied", "failed"]) {
      const words = document.getElementById(`push-${one}`);
      if (words) words.hidden = one !== why;
    }
  };

  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say("no");
    return;
  }
  (offer ?? form).hidden = false;
  if (!offer && Notification.permission === "denied") say("denied");

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");

  const guess = () => {
    const brand = navigator.userAgentData?.brands?.at(-1)?.brand ?? "";
    const platform = navigator.userAgentData?.platform ?? navigator.platform ?? "";
    return `${brand} ${platform}`.trim().slice(0, 60);
  };

  const subscribe = async () => {
    const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    await navigator.serviceWorker.ready;
    const key = bytes(form.dataset.key);
    const known = await registration.pushManager.getSubscription();
    const other = known?.options.applicationServerKey && text(known.options.applicationServerKey) !== form.dataset.key;
    if (other) await known.unsubscribe();
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  };

  form.addEventListener("submit", async (event) => {
    if (offer && event.submitter?.value !== "push") return undefined;
    event.preventDefault();
    event.stopPropagation(); // it is sent below, once the browser has answered
    if ((await Notification.requestPermission()) !== "granted") return say("denied");
    try {
      const subscription = await subscribe();
      form.elements.endpoint.value = subscription.endpoint;
      form.elements.p256dh.value = text(subscription.getKey("p256dh"));
      form.elements.auth.value = text(subscription.getKey("auth"));
      if (form.elements.label) form.elements.label.value ||= guess();
      if (form.elements.channel) form.elements.channel.value = "push";
      form.submit();
    } catch {
      say("failed");
    }
    return undefined;
  });
})();
