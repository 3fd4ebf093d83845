// Lanes change places by dragging their grip, or with the arrow keys while it has the focus; a waiting sample is placed
// on the first empty lane. Without this file lanes are filled in by typing, in whatever order.
const form = document.querySelector("[data-layout]");
const list = form?.querySelector("[data-lanes]");

if (list) {
  const said = form.querySelector("[data-moved]");
  const rows = () => [...list.querySelectorAll("[data-lane]")];
  const fields = (row) => [...row.querySelectorAll("select, input")];
  const values = (row) => fields(row).map((field) => field.value);
  const fill = (row, what) => fields(row).forEach((field, i) => { field.value = what[i]; });

  for (const hidden of form.querySelectorAll("[data-scripted], [data-grip]")) hidden.hidden = false;

  // What lanes carry moves; the lanes themselves, their numbers and their names for a screen reader stay.
  const move = (from, to) => {
    const all = rows();
    if (from === to || to < 0 || to >= all.length) return from;
    const carried = all.map(values);
    carried.splice(to, 0, ...carried.splice(from, 1));
    all.forEach((row, i) => fill(row, carried[i]));
    said.textContent = said.dataset.text.replace("{from}", from + 1).replace("{to}", to + 1);
    return to;
  };

  for (const grip of list.querySelectorAll("[data-grip]")) {
    const row = grip.closest("[data-lane]");
    grip.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = move(rows().indexOf(row), rows().indexOf(row) + step);
      rows()[at].querySelector("[data-grip]").focus();
    });
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      grip.focus();
      grip.setPointerCapture(event.pointerId);
      let at = rows().indexOf(row);
      rows()[at].classList.add("held");
      const drag = (moving) => {
        const under = rows().findIndex((one) => moving.clientY < one.getBoundingClientRect().bottom);
        const to = under === -1 ? rows().length - 1 : under;
        rows()[at].classList.remove("held");
        at = move(at, to);
        rows()[at].classList.add("held");
      };
      const drop = () => {
        rows()[at].classList.remove("held");
        grip.removeEventListener("pointermove", drag);
      };
      grip.addEventListener("pointermove", drag);
      grip.addEventListener("lostpointercapture", drop, { once: true });
    });
  }

  for (const button of form.querySelectorAll("[data-place]")) {
    button.addEventListener("click", () => {
      const free = rows().find((row) => values(row).every((value) => value === ""));
      if (!free) return;
      fill(free, ["sample", button.dataset.place]);
      free.querySelector("input").focus();
    });
  }
}
