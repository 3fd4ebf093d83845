// Checks a ticket in the browser before anything is sent: a typo is told at once, and is never taken for "not ready".
// A scanned ticket stands behind the # of the address, which browsers keep to themselves: put it in the box and ask.
import { parse } from "./offline/codes.js";

const TICKET_BODY = 26;
const form = document.getElementById("lookup");
const box = document.getElementById("ticket");
const typo = document.getElementById("ticket-typo");

/** What is wrong with the ticket in the box: character, length or typo; nothing when it may be sent. */
function fault() {
  try {
    parse(box.value, TICKET_BODY);
    return null;
  } catch (error) {
    return error.reason;
  }
}

function show(reason) {
  typo.hidden = reason === null;
  typo.textContent = reason === null ? "" : form.dataset[reason];
  box.setAttribute("aria-invalid", String(reason !== null));
  box.setAttribute("aria-describedby", "ticket-hint ticket-typo");
}

form.addEventListener("submit", (event) => {
  const reason = fault();
  show(reason);
  if (reason === null) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  box.focus();
});
box.addEventListener("input", () => {
  if (!typo.hidden) show(fault());
});

const scanned = decodeURIComponent(location.hash.slice(1));
if (scanned && !box.value) {
  history.replaceState(null, "", location.pathname + location.search);
  box.value = scanned;
  form.requestSubmit();
}
