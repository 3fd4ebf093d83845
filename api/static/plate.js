// Pointing instead of typing: choose a line, click its left and its right end on the picture. Without this file, the
// same numbers can be typed.
"use strict";
const form = document.querySelector("[data-correct]");
const drawing = document.querySelector(".plate svg");
if (form && drawing) {
  const SVG = "http://www.w3.org/2000/svg";
  let field = null;
  let points = [];

  const here = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    return [Math.round(at.x * 10) / 10, Math.round(at.y * 10) / 10];
  };
  const mark = ([x, y]) => {
    const size = drawing.viewBox.baseVal.width / 60;
    for (const [colour, width] of [["#0b0f14", 0.45], ["#ffe14d", 0.18]]) {
      const cross = document.createElementNS(SVG, "path");
      cross.setAttribute("d", `M${x - size} ${y}h${2 * size}M${x} ${y - size}v${2 * size}`);
      cross.setAttribute("stroke", colour);
      cross.setAttribute("stroke-width", size * width);
      drawing.append(cross);
    }
  };

  for (const button of form.querySelectorAll("[data-points]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      field = form.elements[button.dataset.points];
      points = [];
      for (const other of form.querySelectorAll("[data-points]")) other.setAttribute("aria-pressed", String(other === button));
      drawing.closest(".plate").classList.add("pointing");
      drawing.scrollIntoView({ block: "center" });
    });
  }
  drawing.addEventListener("click", (event) => {
    if (!field) return;
    points.push(here(event));
    mark(points.at(-1));
    if (points.length < 2) return;
    field.value = points.sort((a, b) => a[0] - b[0]).flat().join(" ");
    field = null;
    drawing.closest(".plate").classList.remove("pointing");
    for (const button of form.querySelectorAll("[data-points]")) button.setAttribute("aria-pressed", "false");
    form.closest("details").open = true;
  });
}
