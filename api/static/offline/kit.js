// What the server told this phone so that it can work without it: sites, names of products, what lies where. Encrypted.

import { read, write } from "./store.js";

const NAMES = { kit: "kit", draft: "draft", choices: "choices" };
const SKEW_WORTH_MS = 60_000;

/** Asks the server; returns {kit, toldAt, skew} or throws {status}. */
export async function askKit() {
  const toldAt = Date.now();
  const response = await fetch("/api/v1/sync/kit", { signal: AbortSignal.timeout(30_000), redirect: "error", cache: "no-store" });
  if (!response.ok) throw Object.assign(new Error("kit"), { status: response.status });
  const kit = await response.json();
  if (!Array.isArray(kit.sites)) throw Object.assign(new Error("kit"), { status: 0 }); // a hotel's sign-in page, say
  return { kit, toldAt, skew: Date.now() - Date.parse(kit.made_at) };
}

/** A record kept encrypted by name. */
export class Kept {
  #vault;

  constructor(vault) {
    this.#vault = vault;
  }

  async get(name) {
    const row = await read("kept", (store) => store.get(NAMES[name]));
    return row ? this.#vault.unseal(`kept/${name}`, row) : null;
  }

  /** The row to store for `value`. */
  async row(name, value) {
    return { name: NAMES[name], ...(await this.#vault.seal(`kept/${name}`, value)) };
  }

  async set(name, value) {
    const row = await this.row(name, value);
    await write(["kept"], (store) => store.put(row));
  }

  async remove(name) {
    await write(["kept"], (store) => store.delete(NAMES[name]));
  }
}

/** The present as the server counts it: a phone whose clock is known to be wrong would date custody wrongly. */
export function present(skew) {
  return new Date(Date.now() - (Math.abs(skew) > SKEW_WORTH_MS ? skew : 0)).toISOString();
}
