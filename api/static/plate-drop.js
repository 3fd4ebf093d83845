// Pictures dropped onto the form, or several chosen at once, each into a row of its own with its own light.
// Without this file every row has its own file field, and nothing is lost but the dropping.
"use strict";
for (const form of document.querySelectorAll("form[data-drop]")) {
  const rows = [...form.querySelectorAll("[data-picture-row]")];
  const inputs = rows.map((row) => row.querySelector("input[type=file]"));
  const more = form.querySelector("[data-more-pictures]");
  const zone = form.querySelector("[data-drop-zone]");
  const status = form.querySelector("[data-drop-status]");
  const filled = (input) => input.files.length > 0;

  // Rows with a picture, those that were refused, and one more to choose.
  function arrange() {
    const last = inputs.findLastIndex((input) => filled(input) || input.getAttribute("aria-invalid"));
    rows.forEach((row, i) => { row.hidden = i > last + 1; });
    if (last > 0) more.open = true;
  }

  function put(input, file) {
    const held = new DataTransfer();
    held.items.add(file);
    input.files = held.files;
  }

  // Into the empty rows, from ``first`` on.
  function spread(files, first = 0) {
    const free = inputs.slice(first).filter((input) => !filled(input));
    files.slice(0, free.length).forEach((file, i) => put(free[i], file));
    status.textContent = files.length > free.length ? status.dataset.tooMany : "";
    status.hidden = !status.textContent;
    arrange();
  }

  const brings = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const over = (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  };
  form.addEventListener("dragenter", over);
  form.addEventListener("dragover", over);
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("dropping"); });
  form.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    form.classList.remove("dropping");
    spread([...event.dataTransfer.files]);
  });
  inputs.forEach((input, i) => {
    input.multiple = true;
    input.addEventListener("change", () => {
      const chosen = [...input.files];
      if (chosen.length > 1) {
        put(input, chosen[0]);
        spread(chosen.slice(1), i + 1);
      } else arrange();
    });
  });
  zone.hidden = false;
  arrange();
}
