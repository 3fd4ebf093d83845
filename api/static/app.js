// What no page needs and some are nicer with. Everything works without this file.
"use strict";

// After an upload or a vote, htmx swaps in pages of errors too: they say what to do.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) event.detail.shouldSwap = true;
});

// Print buttons: only shown where a script can press them.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What is wider than the screen begins at its end: the newest run of a chart stands on the right.
for (const one of document.querySelectorAll(".chart-scroll")) one.scrollLeft = one.scrollWidth;

// A form that was sent is not sent again by a nervous thumb.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});
