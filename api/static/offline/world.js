// What lies where, as far as this phone knows: what the server told last, and what was done here since.

/**
 * `items`: what lies at a site and in no parcel; `parcels`: not yet received. Entries that were refused count for
 * nothing, those acknowledged count until the server has told again.
 */
export function fold(kit, entries) {
  const world = { items: new Map(), parcels: new Map() };
  const told = new Set();
  for (const item of kit.items) {
    world.items.set(item.item_id, { ...item, ref: { item_id: item.item_id } });
    told.add(item.client_id);
  }
  for (const parcel of kit.parcels) {
    world.parcels.set(parcel.id, { ...parcel, scans: [], closed: false });
    for (const item of parcel.items) told.add(item.client_id);
  }
  for (const { op, state } of entries) if (op && state !== "refused") APPLY[op.kind]?.(world, op, told);
  return world;
}

function itemOf(world, { item_id: itemId, client_id: clientId }) {
  if (itemId) return world.items.get(itemId);
  return [...world.items.values()].find((item) => item.client_id === clientId);
}

const APPLY = {
  register(world, { sample }, told) {
    if (told.has(sample.client_id)) return;
    const { client_id: clientId, code, site_id: siteId } = sample;
    world.items.set(clientId, { ref: { client_id: clientId }, client_id: clientId, code, site_id: siteId, seal_number: null });
  },
  event(world, op) {
    const item = itemOf(world, op);
    if (item && op.event.action === "sealed") item.seal_number = op.event.seal_number;
  },
  pack(world, op) {
    const items = op.items.map((ref) => itemOf(world, ref)).filter(Boolean);
    for (const item of items) world.items.delete(item.item_id ?? item.client_id);
    if (world.parcels.has(op.id)) return;
    const { id, seal_number, from_site_id, to_site_id } = op;
    world.parcels.set(id, { id, seal_number, from_site_id, to_site_id, state: "packed", items, scans: [], closed: false });
  },
  hand_over(world, op) {
    const parcel = world.parcels.get(op.parcel_id);
    if (parcel) parcel.state = "in_transit";
  },
  receive(world, op) {
    const parcel = world.parcels.get(op.parcel_id);
    if (!parcel) return;
    parcel.scans.push(...op.scans);
    parcel.closed ||= op.close;
    parcel.seal_state = op.seal_state ?? parcel.seal_state;
  },
};

/** Of a parcel: how many of its manifest were scanned, what is missing, what does not belong. */
export function progress(parcel) {
  const scanned = new Set(parcel.scans.map((scan) => scan.code ?? scan.item_id));
  const on = parcel.items.map((item) => item.code);
  return {
    found: on.filter((code) => scanned.has(code)),
    missing: on.filter((code) => !scanned.has(code)),
    unexpected: [...scanned].filter((code) => !on.includes(code)),
  };
}

/** Follows what rests on what: once an operation could not be taken, what needs it cannot be taken either. */
export class Chain {
  #broken = new Set();

  /** Whether `op` rests on one that is broken. */
  needs(op) {
    const keys = [op.client_id, op.parcel_id, ...(op.items ?? []).map((ref) => ref.client_id)];
    return keys.some((key) => key && this.#broken.has(key));
  }

  /** `op` could not be taken. */
  breaks(op) {
    if (op.kind === "register") this.#broken.add(op.sample.client_id);
    if (op.kind === "pack") this.#broken.add(op.id);
  }
}

/** The numbers of entries that must wait because one that they rest on was refused. */
export function blocked(entries) {
  const chain = new Chain();
  const held = new Set();
  for (const { n, op, state } of entries) {
    if (!op || state === "done") continue;
    const stuck = chain.needs(op);
    if (stuck && state === "waiting") held.add(n);
    if (stuck || state === "refused") chain.breaks(op);
  }
  return held;
}
