// Where a new band or lane goes: geometry alone, for who points and for who does not.
"use strict";
{
  const { Ground } = window.PlateGeometry;
  const lanesOf = (handles, p) => handles.filter((handle) => handle.kind === "lane" && handle.p === p);

  // The plate under a point of the picture; the first one where there is none.
  function plateAt(state, point) {
    const inside = state.plates.findIndex((plate) => new Ground(plate.corners).plate(point).every((n) => n >= 0 && n <= 1));
    return Math.max(inside, 0);
  }

  function nearestLane(handles, p, ground, point) {
    const away = (handle) => Math.abs(handle.path.u + handle.path.slope * (ground.plate(point)[1] - handle.path.v) - ground.plate(point)[0]);
    return lanesOf(handles, p).sort((one, other) => away(one) - away(other))[0];
  }

  // A finger is broader than a band: the profile's peak within 3 hRf is what was meant.
  function snapped({ lane, ground, path, run }, point) {
    const rf = ground.rf(point, run);
    const box = document.querySelector(`[data-profile-lane="${lane.from}"]`);
    if (rf === null || !box) return point;
    const [from, to] = [Number(box.dataset.from), Number(box.dataset.to)];
    const profile = box.querySelector("polyline.signal").getAttribute("points").trim().split(" ").map((pair) => pair.split(",").map(Number))
      .map(([x, y]) => [from + (x / 300) * (to - from), -y]).filter(([at]) => Math.abs(at - rf) < 0.03);
    const top = profile.reduce((best, one) => (one[1] > best[1] ? one : best), [rf, -Infinity]);
    const inner = top !== profile[0] && top !== profile.at(-1);
    return inner ? ground.point(path, run, top[0]) : point;
  }

  // As large as the plate's other bands.
  function sizeOn(plate, step) {
    const sizes = plate.spots.map((spot) => spot.size);
    return sizes.length ? sizes.sort((a, b) => a[0] - b[0])[Math.floor(sizes.length / 2)] : [step * 40, step * 30];
  }

  // Foot and head of a lane at `u` across the plate; it leans as the others do.
  function laneEnds(plate, handles, u) {
    const ground = new Ground(plate.corners);
    const foot = ground.picture([u, plate.origin ? ground.at(plate.origin, u) : 0.92]);
    const like = handles.find((handle) => handle.kind === "lane" && handle.plate === plate && handle.run);
    const head = like && ground.picture([u + like.path.slope * (like.run.high - like.run.low), ground.at(plate.front, u)]);
    return [foot, head || null];
  }

  function widestGap(handles, p) {
    const places = [0, ...lanesOf(handles, p).map((handle) => handle.path.u), 1];
    const gaps = places.slice(1).map((u, i) => [u - places[i], (u + places[i]) / 2]);
    return gaps.sort((one, other) => other[0] - one[0])[0][1];
  }

  // The lower and the upper part of a band that is divided.
  function halves({ ground, at, spot }) {
    const [u, v] = ground.plate(at);
    const tall = ground.plate([at[0], at[1] + spot.size[1] / 2]);
    const half = Math.max(Math.hypot(tall[0] - u, tall[1] - v) / 2, 0.004);
    return [ground.picture([u, v + half]), ground.picture([u, v - half])];
  }

  window.PlatePlacing = { plateAt, nearestLane, snapped, sizeOn, laneEnds, widestGap, halves };
}
