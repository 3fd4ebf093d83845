// What the viewer draws and says of handles: the lines and where things were before, the marks beside, a handle in words.
"use strict";
{
  const { shape } = window.PlateHandles;

  // Lines and outlines of every plate, to be placed later, and as ghosts whatever was moved or taken away.
  function lines(layer, edits) {
    const ghosts = shape(layer, "g", { class: "ghosts", "aria-hidden": "true" });
    edits.state.plates.forEach((plate, p) => {
      const first = edits.first.plates[p];
      for (const name of ["origin", "front"]) {
        if (plate.dirty[name] && first[name]) shape(ghosts, "polyline", { points: first[name].join(" "), class: "ghost" });
      }
      const kept = new Set(plate.spots.filter((spot) => !spot.dirty && spot.from.length === 1).map((spot) => `${spot.lane}:${spot.from}`));
      for (const spot of first.spots) {
        if (kept.has(`${spot.lane}:${spot.from}`)) continue;
        shape(ghosts, "ellipse", { cx: spot.at[0], cy: spot.at[1], rx: spot.size[0] / 2, ry: spot.size[1] / 2, class: "ghost" });
      }
    });
    for (const name of ["origin", "front", "outline"]) {
      edits.state.plates.forEach((plate, p) => shape(layer, name === "outline" ? "polygon" : "polyline", { class: `held ${name}`, "data-of": `${p}:${name}` }));
    }
  }

  // The profiles beside the picture show where each band is now; their scale is that of the reading.
  function follow(handles) {
    for (const box of document.querySelectorAll("[data-profile-lane]")) {
      const marks = box.querySelector("[data-marks]");
      const [from, to] = [Number(box.dataset.from), Number(box.dataset.to)];
      const found = handles.filter((one) => one.kind === "spot" && String(one.lane.from) === box.dataset.profileLane && one.p === Number(box.dataset.plate) && one.rf !== null);
      const d = found.map((one) => `M${(300 * (one.rf - from) / (to - from)).toFixed(1)} -2v84`).join("");
      if (marks && marks.getAttribute("d") !== d) marks.setAttribute("d", d);
    }
  }

  // A handle's value as it is read out and shown.
  function spoken(handle, { texts, say, number }) {
    const byPerson = (yes) => (yes ? `, ${texts.by_person}` : "");
    if (handle.kind === "spot") return (handle.rf === null ? texts.no_rf : say("hrf", { value: number.format(100 * handle.rf) })) + byPerson(handle.dirty || handle.manual);
    if (handle.kind === "corner") return say("place", { x: Math.round(handle.at[0]), y: Math.round(handle.at[1]) });
    return say(handle.kind === "lane" ? "across" : "height", { value: number.format(handle.value) }) + byPerson(handle.dirty);
  }

  window.PlateDrawing = { lines, follow, spoken };
}
