// A scanned ticket stands behind the # of the address, which browsers keep to themselves: put it in the box and ask.
"use strict";
const ticket = decodeURIComponent(location.hash.slice(1));
const box = document.getElementById("ticket");
if (ticket && box && !box.value) {
  history.replaceState(null, "", location.pathname + location.search);
  box.value = ticket;
  box.form.submit();
}
