// What a person has changed on a reading: one state, its history, and the same as JSON (tlc_analysis/edits.py).
"use strict";
{
  const copy = (value) => JSON.parse(JSON.stringify(value));

  const near = (one, other, reach) => Math.hypot(one[0] - other[0], one[1] - other[1]) <= reach;

  class Edits {
    constructor(reading) {
      this.first = {
        plates: reading.plates.map((plate) => ({
          corners: plate.corners, origin: plate.origin, front: plate.front, dirty: {},
          lanes: plate.lanes.map((lane) => ({ from: lane.index, foot: lane.origin || lane.foot, head: lane.front, dirty: false })),
          spots: plate.lanes.flatMap((lane) => lane.spots.map((spot, i) => (
            { lane: lane.index, from: [i], at: spot.centre, size: spot.size, manual: spot.manual, dirty: false }))),
        })),
      };
      this.state = copy(this.first);
      this.past = [];
      this.future = [];
    }

    // Keeps what was before a change; moves of one handle that follow each other are undone together.
    keep(what) {
      const now = Date.now();
      if (what && this.last && this.last.what === what && now - this.last.time < 1200) {
        this.last.time = now;
        return;
      }
      this.last = { what, time: now };
      this.past.push(copy(this.state));
      this.future = [];
    }

    undo() { return this.#swap(this.past, this.future); }
    redo() { return this.#swap(this.future, this.past); }

    #swap(from, to) {
      if (!from.length) return false;
      to.push(copy(this.state));
      this.state = from.pop();
      this.last = null;
      return true;
    }

    // Adding, taking away, merging and dividing; places are the caller's.
    addSpot(plate, lane, at, size) {
      this.keep();
      const spot = { lane, from: [], at, size, manual: true, dirty: true };
      this.state.plates[plate].spots.push(spot);
      return spot;
    }

    removeSpot(plate, spot) {
      this.keep();
      const spots = this.state.plates[plate].spots;
      spots.splice(spots.indexOf(spot), 1);
    }

    mergeSpots(plate, one, other) {
      this.keep();
      const at = [(one.at[0] + other.at[0]) / 2, (one.at[1] + other.at[1]) / 2];
      const merged = { ...one, from: [...one.from, ...other.from], at, dirty: true };
      const spots = this.state.plates[plate].spots;
      spots.splice(spots.indexOf(other), 1);
      spots.splice(spots.indexOf(one), 1, merged);
      return merged;
    }

    splitSpot(plate, spot, one, other) {
      this.keep();
      const spots = this.state.plates[plate].spots;
      const parts = [one, other].map((at) => ({ ...spot, at, size: [spot.size[0], spot.size[1] / 2], dirty: true }));
      spots.splice(spots.indexOf(spot), 1, ...parts);
      return parts[0];
    }

    addLane(plate, foot, head) {
      this.keep();
      const lane = { from: null, foot, head, dirty: true, name: `new${Date.now()}` };
      this.state.plates[plate].lanes.push(lane);
      return lane;
    }

    removeLane(plate, lane) {
      this.keep();
      const drawn = this.state.plates[plate];
      drawn.lanes.splice(drawn.lanes.indexOf(lane), 1);
      drawn.spots = drawn.spots.filter((spot) => spot.lane !== (lane.from ?? lane.name));
    }

    // What was kept in this tab when the page went: of this very reading, or of one that another person corrected
    // meanwhile. Returns how many changes found nothing to hold on to in the newer one.
    restore(kept) {
      this.state = kept.state;
      return 0;
    }

    carry(kept) {
      const old = new Edits({ plates: [] });
      Object.assign(old, { first: kept.first, state: kept.state });
      let lost = 0;
      for (const told of old.json.plates) {
        const plate = this.state.plates[told.plate - 1], before = kept.first.plates[told.plate - 1];
        if (!plate) { lost += 1; continue; }
        for (const [name, key] of [["corners", "corners_px"], ["origin", "origin_px"], ["front", "front_px"]]) {
          if (told[key]) { plate[name] = told[key]; plate.dirty[name] = true; }
        }
        for (const edit of told.lanes) lost += this.#carryLane(plate, before, edit);
        for (const edit of told.spots) lost += this.#carrySpots(plate, before, edit);
      }
      return lost;
    }

    #carryLane(plate, before, edit) {
      const was = before.lanes.find((lane) => lane.from === edit.lane);
      const now = was && plate.lanes.find((lane) => near(lane.foot, was.foot, 3));
      if (was && !now) return 1;
      if (!was) plate.lanes.push({ from: null, foot: edit.at_px, head: null, dirty: true, name: `new${plate.lanes.length}` });
      else if (edit.at_px) Object.assign(now, { foot: edit.at_px, dirty: true });
      else {
        plate.lanes.splice(plate.lanes.indexOf(now), 1);
        plate.spots = plate.spots.filter((spot) => spot.lane !== now.from);
      }
      return 0;
    }

    #carrySpots(plate, before, edit) {
      const was = before.spots.filter((spot) => spot.lane === edit.lane && edit.replaces.includes(spot.from[0]));
      const now = was.map((spot) => plate.spots.find((one) => near(one.at, spot.at, 1)));
      if (now.includes(undefined) || new Set(now.map((spot) => spot.lane)).size > 1) return 1;
      const like = now[0] || plate.spots[0];
      plate.spots = plate.spots.filter((spot) => !now.includes(spot));
      for (const at of edit.becomes) {
        const lane = now[0]?.lane ?? edit.lane ?? plate.lanes[0]?.from;
        plate.spots.push({ lane, from: now.flatMap((spot) => spot.from), at, size: like?.size || [20, 14], manual: true, dirty: true });
      }
      return 0;
    }

    get json() {
      return { plates: this.state.plates.map((plate, i) => this.#plate(plate, this.first.plates[i], i + 1)).filter(Boolean) };
    }

    get changed() { return this.json.plates.length > 0; }

    #plate(plate, first, number) {
      const told = { plate: number };
      for (const [name, key] of [["corners", "corners_px"], ["origin", "origin_px"], ["front", "front_px"]]) {
        if (plate.dirty[name]) told[key] = plate[name];
      }
      const there = new Set(plate.lanes.map((lane) => lane.from));
      const gone = first.lanes.filter((lane) => !there.has(lane.from));
      told.lanes = [
        ...gone.map((lane) => ({ lane: lane.from, at_px: null })),
        ...plate.lanes.filter((lane) => lane.dirty).map((lane) => ({ lane: lane.from, at_px: lane.foot })),
      ];
      told.spots = this.#spots(plate, first, new Set(gone.map((lane) => lane.from)));
      const empty = !told.corners_px && !told.origin_px && !told.front_px && !told.lanes.length && !told.spots.length;
      return empty ? null : told;
    }

    #spots(plate, first, lanesGone) {
      const groups = new Map();
      const told = [];
      for (const spot of plate.spots) {
        if (!spot.from.length) {
          told.push({ lane: Number.isInteger(spot.lane) ? spot.lane : null, replaces: [], becomes: [spot.at] });
          continue;
        }
        const key = `${spot.lane}:${spot.from.join()}`;
        groups.set(key, [...(groups.get(key) || []), spot]);
      }
      const covered = new Set();
      for (const group of groups.values()) {
        const [{ lane, from }] = group;
        for (const position of from) covered.add(`${lane}:${position}`);
        if (group.length > 1 || from.length > 1 || group[0].dirty) {
          told.push({ lane, replaces: from, becomes: group.map((spot) => spot.at) });
        }
      }
      for (const spot of first.spots) {
        if (!lanesGone.has(spot.lane) && !covered.has(`${spot.lane}:${spot.from[0]}`)) {
          told.push({ lane: spot.lane, replaces: spot.from, becomes: [] });
        }
      }
      return told;
    }
  }

  window.PlateEdits = Edits;
}
