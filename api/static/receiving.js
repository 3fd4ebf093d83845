// Scanning faster than the network: each scan leaves the field at once and waits its turn here until the server has
// kept it. Without this file the form works, one page a scan.
"use strict";

{
  const form = document.querySelector("form[data-receiving]");
  if (form) start(form);

  function start(form) {
    const input = form.elements.scan;
    const mode = form.elements.entry;
    const key = `receiving-${form.dataset.receiving}`;
    const waiting = form.querySelector("[data-sending]");
    const lost = form.querySelector("[data-lost]");
    let queue = JSON.parse(sessionStorage.getItem(key) || "[]"); // codes of samples alone, until they are sent
    let busy = false;

    function keep() {
      if (queue.length) sessionStorage.setItem(key, JSON.stringify(queue));
      else sessionStorage.removeItem(key);
      waiting.hidden = queue.length === 0;
      waiting.querySelector("[data-sending-count]").textContent = queue.length;
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation(); // the guard against a nervous thumb is for forms that leave the page
      const scan = input.value.trim();
      if (scan) queue.push({ scan, entry: mode.value, ...(crypto.randomUUID && { id: crypto.randomUUID() }) });
      input.value = "";
      mode.value = "typed";
      input.focus();
      keep();
      send();
    });
    form.addEventListener("scanned", () => form.requestSubmit());
    window.addEventListener("online", send);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());

    async function send() {
      if (busy) return;
      busy = true;
      while (queue.length) {
        const body = new URLSearchParams(queue[0]);
        let answer;
        try {
          answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
        } catch {
          lost.hidden = false;
          break;
        }
        if (answer.status >= 500 || answer.status === 429) {
          lost.hidden = false;
          break;
        }
        lost.hidden = true;
        queue.shift();
        keep();
        if (answer.redirected || answer.status === 401) return location.reload(); // signed out, or closed elsewhere
        show(await answer.text());
      }
      busy = false;
    }

    function show(html) {
      const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("receiving-state");
      const old = document.getElementById("receiving-state");
      if (!fresh || !old) return location.reload();
      const state = old.querySelector("form.card [name=seal_state]:checked");
      const condition = old.querySelector("form.card [name=condition]");
      old.replaceWith(document.adoptNode(fresh));
      if (state) fresh.querySelector(`form.card [name=seal_state][value="${state.value}"]`).checked = true;
      if (condition && condition.value) fresh.querySelector("form.card [name=condition]").value = condition.value;
    }

    keep();
    send();
  }
}
