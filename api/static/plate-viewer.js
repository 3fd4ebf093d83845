// Correcting a reading on its picture: every corner, line, lane and band is a handle for mouse, finger and keyboard.
// Without this file the same is done with the numbers beside the picture.
"use strict";
{
  const { Ground, pulled } = window.PlateGeometry;
  const { SVG, listed, moved, drawn, put, set } = window.PlateHandles;
  const { lines, follow, spoken } = window.PlateDrawing;
  const { plateAt, nearestLane, snapped, sizeOn, laneEnds, widestGap, halves } = window.PlatePlacing;
  const root = document.querySelector("[data-viewer]");
  const svg = document.querySelector("figure.plate svg");
  if (root && svg) start(JSON.parse(root.querySelector("[data-viewer-reading]").textContent));

  function start(reading) {
    const REACH = 30; // pixels of the screen: how near a finger must come
    const $ = (name) => root.querySelector(`[data-${name}]`);
    const texts = reading.texts;
    const say = (id, values = {}) => texts[id].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    const number = new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    const storage = `corrections-${reading.picture}`;
    const figure = svg.closest("figure");
    const edits = new window.PlateEdits(reading);
    const layer = document.createElementNS(SVG, "g");
    const active = () => figure.classList.contains("correcting");
    let handles = [];
    let chosen = null; // a handle's key
    let adding = null; // "spot" or "lane": what the next click on the plate puts there
    let asking = 0;
    let coarse = false;
    const zoom = new window.PlateZoom(svg, { keep: `plate-${reading.plate}`, onChange: () => active() && place() });

    const list = () => listed(edits.state, say);
    const inWords = (handle) => spoken(handle, { texts, say, number });

    // Drawing.

    const unit = () => svg.viewBox.baseVal.width / Math.max(svg.clientWidth, 1); // one pixel of the screen

    function draw() {
      const focused = layer.contains(document.activeElement);
      layer.replaceChildren();
      handles = list();
      lines(layer, edits);
      for (const handle of handles) handle.node = drawn(layer, handle, texts.handle);
      place();
      if (focused && chosen) nodeOf(chosen)?.focus({ preventScroll: true });
      tell();
    }

    function place() {
      const px = unit();
      for (const handle of handles) {
        const { node } = handle;
        put(handle, px, number);
        const value = handle.kind === "spot" ? 100 * (handle.rf ?? 0) : handle.value ?? 0;
        set(node, { "aria-label": handle.label, "aria-valuenow": value.toFixed(1), "aria-valuetext": inWords(handle) });
        node.classList.toggle("moved", Boolean(handle.dirty || (handle.name && handle.plate.dirty[handle.name]) || (handle.kind === "corner" && handle.plate.dirty.corners)));
        node.classList.toggle("chosen", handle.key === chosen);
      }
      for (const line of layer.querySelectorAll("[data-of]")) {
        const [p, name] = line.dataset.of.split(":");
        const plate = edits.state.plates[p];
        const points = name === "outline" ? plate.corners : plate[name];
        set(line, { points: (points || []).join(" "), "stroke-width": 1.5 * px });
        line.classList.toggle("moved", Boolean(plate.dirty[name === "outline" ? "corners" : name]));
      }
      follow(handles);
    }

    // Choosing and telling.

    const nodeOf = (key) => layer.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const current = () => handles.find((handle) => handle.key === chosen) || null;

    function choose(key) {
      chosen = key;
      for (const handle of handles) handle.node.classList.toggle("chosen", handle.key === key);
      tell();
    }

    function tell() {
      const handle = current();
      $("chosen").textContent = handle ? handle.label : texts.nothing_chosen;
      $("value").textContent = handle ? inWords(handle) : "";
      const above = handle?.kind === "spot" && next(handle);
      root.querySelector("[data-act=merge]").disabled = !above;
      root.querySelector("[data-act=split]").disabled = handle?.kind !== "spot";
      root.querySelector("[data-act=remove]").disabled = !["spot", "lane"].includes(handle?.kind);
      for (const button of root.querySelectorAll("[data-nudge]")) button.disabled = !handle;
      root.querySelector("[data-act=undo]").disabled = !edits.past.length;
      root.querySelector("[data-act=redo]").disabled = !edits.future.length;
      $("save").disabled = !edits.changed;
    }

    const next = (handle) => handles.find((one) => one.kind === "spot" && one.key === handle.key.replace(/\d+$/, (k) => Number(k) + 1));

    // Moving.

    function move(handle, dx, dy, what = `move ${handle.key}`) {
      edits.keep(what);
      const { plate, ground } = handle;
      const [x, y] = handle.at;
      if (handle.kind === "spot") Object.assign(handle.spot, { at: [x + dx, y + dy], dirty: true });
      else if (handle.kind === "corner") {
        plate.corners[handle.i] = [x + dx, y + dy];
        plate.dirty.corners = true;
      } else if (handle.kind === "lane") shift(handle, ground.plate([x + dx, y + dy])[0] - ground.plate([x, y])[0]);
      else {
        const [u, v] = ground.plate(handle.at);
        const rise = ground.plate([x + dx, y + dy])[1] - v; // a line moves towards the front or the origin alone
        if (handle.kind === "line") plate[handle.name] = plate[handle.name].map((point) => moved(ground, point, 0, rise));
        else plate[handle.name] = pulled(plate[handle.name], handle.held, handle.grip, ground.picture([u, v + rise]));
        plate.dirty[handle.name] = true;
      }
      changed();
    }

    function shift({ lane, plate, ground }, du) {
      const [u, v] = ground.plate(lane.foot);
      lane.foot = ground.picture([u + du, plate.origin ? ground.at(plate.origin, u + du) : v]);
      if (lane.head) {
        const [uh, vh] = ground.plate(lane.head);
        lane.head = ground.picture([uh + du, vh]);
      }
      lane.dirty = true;
    }

    function changed() {
      const nodes = new Map(handles.map((handle) => [handle.key, handle.node]));
      const fresh = list();
      if (fresh.length !== handles.length || fresh.some((handle) => !nodes.has(handle.key))) draw();
      else {
        const moving = current();
        handles = fresh.map((handle) => Object.assign(handle, { node: nodes.get(handle.key) }));
        if (moving?.spot) chosen = handles.find((handle) => handle.spot === moving.spot)?.key ?? chosen; // it may have passed another
        place();
        tell();
      }
      remember();
      clearTimeout(asking);
      asking = setTimeout(ask, 350);
    }

    // An arrow goes along the plate's own side that lies nearest to it: plates are rarely quite straight in a picture.
    function nudge(dx, dy, large = false) {
      const handle = current();
      if (!handle) return;
      const size = (large || coarse ? 10 : 1) * reading.step_px;
      const along = (du, dv) => {
        const to = moved(handle.ground, handle.at, du, dv);
        const [x, y] = [to[0] - handle.at[0], to[1] - handle.at[1]];
        const length = Math.hypot(x, y);
        return [x / length, y / length];
      };
      const lean = handle.path && handle.kind === "spot" ? handle.path.slope : 0;
      const ways = [along(1e-3, 0), along(-1e-3, 0), along(lean * 1e-3, 1e-3), along(-lean * 1e-3, -1e-3)];
      const [x, y] = ways.reduce((best, way) => (way[0] * dx + way[1] * dy > best[0] * dx + best[1] * dy ? way : best));
      move(handle, x * size, y * size);
    }

    // Adding, taking away, merging, dividing.

    function putThere(point) {
      const what = adding;
      adding = null;
      figure.classList.remove("pointing");
      for (const button of root.querySelectorAll("[data-add]")) button.setAttribute("aria-pressed", "false");
      const p = plateAt(edits.state, point);
      const ground = new Ground(edits.state.plates[p].corners);
      if (what === "lane") return addLane(p, ground.plate(point)[0]);
      const nearest = nearestLane(handles, p, ground, point);
      if (nearest) addSpot(nearest, snapped(nearest, point));
    }

    function addSpot({ p, lane }, at) {
      const id = lane.from ?? lane.name;
      const spot = edits.addSpot(p, id, at, sizeOn(edits.state.plates[p], reading.step_px));
      settle((handle) => handle.spot === spot);
    }

    function addLane(p, u) {
      const lane = edits.addLane(p, ...laneEnds(edits.state.plates[p], handles, u));
      settle((handle) => handle.lane === lane && handle.kind === "lane");
    }

    // By keyboard: a band half-way up the lane chosen, a lane in the widest gap; arrows do the rest.
    function addWithoutPointing(what) {
      const lanes = handles.filter((handle) => handle.kind === "lane");
      const at = current();
      if (what === "spot") {
        const lane = lanes.find((handle) => handle.lane === at?.lane) || lanes[0];
        if (lane?.run) addSpot(lane, lane.ground.point(lane.path, lane.run, 0.5));
        return;
      }
      addLane(at?.p ?? 0, widestGap(handles, at?.p ?? 0));
    }

    function settle(isIt) {
      handles = [];
      changed();
      const handle = handles.find(isIt);
      if (handle) { choose(handle.key); nodeOf(handle.key).focus({ preventScroll: true }); }
    }

    const acts = {
      undo: () => edits.undo() && refresh(),
      redo: () => edits.redo() && refresh(),
      remove() {
        const handle = current();
        if (handle?.kind === "spot") edits.removeSpot(handle.p, handle.spot);
        else if (handle?.kind === "lane") edits.removeLane(handle.p, handle.lane);
        else return;
        const place = handles.indexOf(handle);
        handles = [];
        changed();
        const near = handles[Math.min(place, handles.length - 1)];
        if (near) { choose(near.key); nodeOf(near.key).focus({ preventScroll: true }); }
      },
      merge() {
        const handle = current(), above = handle && next(handle);
        if (!above) return;
        const merged = edits.mergeSpots(handle.p, handle.spot, above.spot);
        settle((one) => one.spot === merged);
      },
      split() {
        const handle = current();
        if (handle?.kind !== "spot") return;
        const part = edits.splitSpot(handle.p, handle.spot, ...halves(handle));
        settle((one) => one.spot === part);
      },
      in: () => zoom.by(1.5),
      out: () => zoom.by(1 / 1.5),
      whole: () => zoom.reset(),
      stop: () => stop(),
    };

    function refresh() {
      handles = [];
      draw();
      if (!nodeOf(chosen || "")) choose(null);
      changed();
    }

    // What the server says of it, what is kept in this tab, and saving.

    function remember() {
      if (edits.changed) sessionStorage.setItem(storage, JSON.stringify({ reading: reading.id, first: edits.first, state: edits.state, reason: $("reason").value }));
      else sessionStorage.removeItem(storage);
    }

    async function ask() {
      if (!edits.changed) return status("");
      const asked = JSON.stringify(edits.json);
      const answer = await send("foresee", { edits: edits.json });
      if (asked !== JSON.stringify(edits.json)) return; // something moved on meanwhile
      if (!answer) return status("lost");
      if (answer.status !== 200) return status(null, (await answer.json()).detail);
      const { superseded, lanes } = await answer.json();
      if (superseded) return conflict();
      const far = compared(lanes);
      status(far ? "differs" : "agreed", null, { n: far });
    }

    // How many bands the server puts elsewhere than this page shows; its numbers are the ones that count.
    function compared(lanes) {
      let far = 0;
      for (const handle of handles) {
        if (handle.kind !== "spot" || handle.rf === null) continue;
        const lane = lanes.find((one) => one.plate === handle.p + 1 && one.index === handle.n);
        const same = lane?.rf.some((rf) => rf !== null && Math.abs(rf - handle.rf) < 0.0005);
        if (!same && Number.isInteger(handle.lane.from) && !handle.lane.dirty) far += 1;
      }
      return far;
    }

    async function send(what, body) {
      try {
        return await fetch(`/api/v1/plates/readings/${reading.id}/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      } catch {
        return null;
      }
    }

    function status(id, text = null, values = {}) {
      $("status").textContent = text || (id ? say(`status.${id}`, values) : "");
    }

    function conflict() {
      status("conflict");
      $("newer").hidden = false;
    }

    $("save-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      const reason = $("reason").value.trim();
      if (!reason) { status("reason"); return $("reason").focus(); }
      $("save").disabled = true;
      status("saving");
      const answer = await send("amend", { edits: edits.json, reason });
      if (answer?.status === 202) {
        sessionStorage.removeItem(storage);
        location.assign(`/plates/${reading.plate}?picture=${reading.picture}`);
        return;
      }
      $("save").disabled = false;
      if (!answer) status("lost");
      else if (answer.status === 409) conflict();
      else status(null, (await answer.json()).detail);
    });

    // Hands: mouse, finger, keyboard.

    const here = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      return [at.x, at.y];
    };

    function under(event) {
      const point = here(event), reach = REACH * unit();
      const away = (handle) => Math.hypot(handle.at[0] - point[0], handle.at[1] - point[1]) - (handle.key === chosen ? reach / 3 : 0);
      const [nearest] = [...handles].sort((one, other) => away(one) - away(other));
      return nearest && away(nearest) < reach ? nearest : null;
    }

    let drag = null;
    svg.addEventListener("touchstart", (event) => {
      if (active() && event.touches.length === 1 && (adding || under(event.touches[0]))) event.preventDefault();
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      if (!active() || event.button || !event.isPrimary) return;
      if (adding) {
        event.preventDefault(); // else the tap goes on to focus whatever handle lies beneath
        return putThere(here(event));
      }
      const handle = under(event);
      if (!handle) return;
      event.preventDefault();
      choose(handle.key);
      handle.node.focus({ preventScroll: true });
      drag = { from: here(event), id: event.pointerId, what: `drag ${Date.now()}`, far: false, start: [event.clientX, event.clientY] };
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!drag || event.pointerId !== drag.id) return;
      drag.far ||= Math.hypot(event.clientX - drag.start[0], event.clientY - drag.start[1]) > 3; // choosing is no moving
      const handle = drag.far && current();
      if (!handle) return;
      const to = here(event);
      move(handle, to[0] - drag.from[0], to[1] - drag.from[1], drag.what);
      drag.from = to;
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { drag = null; });

    layer.addEventListener("focusin", (event) => {
      const node = event.target.closest("[data-key]");
      if (node) choose(node.dataset.key);
    });
    layer.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
      if (direction) nudge(...direction, event.shiftKey);
      else if (event.key === "Delete" || event.key === "Backspace") acts.remove();
      else if (event.key === "Escape") $("chosen").focus();
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (!active() || !(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea")) return;
      const key = event.key.toLowerCase();
      const act = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
      if (!act) return;
      event.preventDefault();
      acts[act]();
    });
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const { act, nudge: way, add } = button.dataset;
      if (act) acts[act]?.();
      else if (way) nudge(...way.split(",").map(Number));
      else if (add && event.detail === 0) addWithoutPointing(add);
      else if (add) {
        adding = adding === add ? null : add;
        figure.classList.toggle("pointing", Boolean(adding));
        for (const other of root.querySelectorAll("[data-add]")) other.setAttribute("aria-pressed", String(other.dataset.add === adding));
      } else if (button.matches("[data-coarse]")) {
        coarse = !coarse;
        button.setAttribute("aria-pressed", String(coarse));
      }
    });
    $("reason").addEventListener("input", remember);

    // Beginning and ending.

    // By keyboard one begins at the first handle, from which Tab goes on in reading order.
    function begin({ keyboard = false } = {}) {
      figure.classList.add("correcting");
      svg.setAttribute("role", "group");
      svg.setAttribute("aria-label", texts.plate);
      svg.append(layer);
      $("panel").hidden = false;
      $("begin").hidden = true;
      draw();
      if (keyboard) handles[0]?.node.focus({ preventScroll: true });
      else $("chosen").focus({ preventScroll: true });
      if (matchMedia("(max-width: 60rem)").matches) figure.scrollIntoView({ block: "start" });
    }

    function stop() {
      figure.classList.remove("correcting", "pointing");
      layer.remove();
      $("panel").hidden = true;
      $("begin").hidden = false;
      $("begin").focus();
    }

    layer.setAttribute("class", "handles");
    $("begin").hidden = false;
    $("begin").addEventListener("click", (event) => begin({ keyboard: event.detail === 0 }));
    new ResizeObserver(() => active() && place()).observe(svg);

    const kept = JSON.parse(sessionStorage.getItem(storage) || "null");
    if (kept) {
      const lost = kept.reading === reading.id ? edits.restore(kept) : edits.carry(kept);
      $("reason").value = kept.reason || "";
      begin();
      status(kept.reading === reading.id ? "restored" : lost ? "carried_part" : "carried", null, { n: lost });
    }
  }
}
