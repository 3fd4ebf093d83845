// The handles of a plate: which there are, in reading order, and how each is drawn.
"use strict";
{
  const SVG = "http://www.w3.org/2000/svg";
  const { Ground, grips } = window.PlateGeometry;

  // Where nothing else is held, and still on the plate, since pictures may end there: lanes are held below the origin,
  // whole lines near the left edge.
  const below = (ground, foot) => {
    const [u, v] = ground.plate(foot);
    return ground.picture([u, Math.min(v + 0.045, 0.985)]);
  };
  const beside = (ground, line) => ground.picture([0.045, ground.at(line, 0.045)]);

  function moved(ground, point, du, dv) {
    const [u, v] = ground.plate(point);
    return ground.picture([u + du, v + dv]);
  }

  // Corners above, front, each lane with its bands from the origin upwards, origin, corners below.
  function listed(state, say) {
    return state.plates.flatMap((plate, p) => {
      const ground = new Ground(plate.corners);
      const lanes = plate.lanes.map((lane) => {
        const path = ground.path(lane.foot, lane.head);
        return { lane, path, run: ground.run(path, plate.origin, plate.front) };
      }).sort((one, other) => one.path.u - other.path.u);
      const corner = (i) => ({ key: `${p}:corner:${i}`, kind: "corner", p, plate, ground, i, at: plate.corners[i], label: say(`corner.${i}`) });
      const line = (name) => {
        if (!plate[name]) return [];
        const held = grips(plate[name]);
        const middle = plate[name][Math.floor(plate[name].length / 2)];
        const level = (at) => (1 - ground.plate(at)[1]) * 100;
        return [
          { key: `${p}:${name}`, kind: "line", p, plate, ground, name, at: beside(ground, plate[name]), label: say(name), value: level(middle) },
          ...held.map((i, grip) => ({ key: `${p}:${name}:${grip}`, kind: "grip", p, plate, ground, name, held, grip, at: plate[name][i],
            label: say(`${name}.point`, { n: grip + 1 }), value: level(plate[name][i]) })),
        ];
      };
      const rows = lanes.flatMap(({ lane, path, run }, n) => {
        const id = lane.from ?? lane.name;
        const spots = plate.spots.filter((spot) => spot.lane === id).map((spot) => ({ spot, rf: ground.rf(spot.at, run), v: ground.plate(spot.at)[1] }))
          .sort((one, other) => other.v - one.v);
        return [
          { key: `${p}:lane:${id}`, kind: "lane", p, plate, ground, lane, path, run, at: below(ground, lane.foot), n: n + 1, label: say("lane", { lane: n + 1 }), value: path.u * 100, dirty: lane.dirty },
          ...spots.map(({ spot, rf }, k) => {
            const letter = String.fromCharCode(97 + (k % 26));
            return { key: `${p}:spot:${id}:${k}`, kind: "spot", p, plate, ground, lane, path, run, spot, rf, at: spot.at, letter, n: n + 1,
              label: say("band", { lane: n + 1, letter }), dirty: spot.dirty, manual: spot.manual };
          }),
        ];
      });
      return [corner(0), corner(1), ...line("front"), ...rows, ...line("origin"), corner(3), corner(2)];
    });
  }

  function shape(parent, tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  function drawn(layer, handle, description) {
    const node = shape(layer, "g", {
      class: `handle ${handle.kind}`, tabindex: "0", role: "slider", "data-key": handle.key,
      "aria-valuemin": "0", "aria-valuemax": "100", "aria-roledescription": description,
    });
    if (handle.kind === "spot") {
      shape(node, "path", { class: "under" });
      shape(node, "path", { class: "over" });
      shape(node, "text", { class: "under" });
      shape(node, "text", { class: "over" });
    } else if (handle.kind === "lane") {
      shape(node, "line", { class: "way" });
      shape(node, "circle", { class: "knob" });
      shape(node, "text", { class: "number" });
    } else {
      shape(node, handle.kind === "line" ? "rect" : "circle", { class: "knob" });
    }
    return node;
  }

  const set = (node, values) => { for (const name in values) node.setAttribute(name, values[name]); };

  // A ring for what the machine found, a diamond for what a person put.
  function outline({ spot, at: [x, y] }, px) {
    const rx = Math.max(spot.size[0] * 0.62, 7 * px), ry = Math.max(spot.size[1] * 0.75, 5 * px);
    if (!spot.dirty && !spot.manual) return `M${x - rx} ${y}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0Z`;
    return `M${x} ${y - ry * 1.25}L${x + rx * 1.25} ${y}L${x} ${y + ry * 1.25}L${x - rx * 1.25} ${y}Z`;
  }

  // A handle where it belongs; `px` is one pixel of the screen.
  function put(handle, px, number) {
    const { node, at: [x, y] } = handle;
    const [first, second, third, fourth] = node.children;
    const text = handle.kind === "spot" ? (handle.rf === null ? "" : number.format(100 * handle.rf)) : "";
    if (handle.kind === "spot") {
      const d = outline(handle, px);
      set(first, { d, "stroke-width": 4 * px });
      set(second, { d, "stroke-width": 1.6 * px });
      const side = x + Math.max(handle.spot.size[0] * 0.62, 7 * px) * 1.3 + 2 * px;
      for (const label of [third, fourth]) {
        set(label, { x: side, y: y + 4 * px, "font-size": 11 * px, "stroke-width": 3 * px });
        if (label.textContent !== text) label.textContent = text;
      }
    } else if (handle.kind === "lane") {
      const head = handle.run ? handle.ground.point(handle.path, handle.run, 1) : handle.at;
      set(first, { x1: handle.lane.foot[0], y1: handle.lane.foot[1], x2: head[0], y2: head[1], "stroke-width": px });
      set(second, { cx: x, cy: y, r: 9 * px, "stroke-width": 1.5 * px });
      set(third, { x, y: y + 4 * px, "font-size": 11 * px });
      if (third.textContent !== String(handle.n)) third.textContent = handle.n;
    } else if (handle.kind === "line") {
      set(first, { x: x - 14 * px, y: y - 6 * px, width: 28 * px, height: 12 * px, rx: 6 * px, "stroke-width": 1.5 * px });
    } else {
      set(first, { cx: x, cy: y, r: 6 * px, "stroke-width": 1.5 * px });
    }
  }

  window.PlateHandles = { SVG, listed, moved, shape, drawn, put, set };
}
