// What this phone has recorded and the server may not know yet, in order. An entry is shown as kept once it is on the disk.
//
// In the clear stand only the order, a random id and the state: waiting, refused, done. What was done to which sample is
// encrypted. Once the server has acknowledged an entry and its list has come again, all but a short trace is erased.

import { channel, read, write } from "./store.js";

export const WAITING = "waiting";
export const REFUSED = "refused";
export const DONE = "done";
const TRACE_HOURS = 12;

/** How many entries have not been acknowledged; needs no PIN. */
export async function countUnsent() {
  const entries = await read("outbox", (store) => store.getAll());
  return entries.filter((entry) => entry.state !== DONE).length;
}

/** Erases everything, in one stroke with looking whether anything is unsent; false when something is. */
export async function wipeIfSent() {
  let erased = false;
  await write(["vault", "outbox", "kept"], (vault, store, kept) => {
    store.getAll().onsuccess = ({ target }) => {
      erased = target.result.every((entry) => entry.state === DONE);
      if (erased) for (const one of [vault, store, kept]) one.clear();
    };
  });
  if (erased) channel.postMessage("erased");
  return erased;
}

/** The outbox of an open vault. */
export class Outbox {
  #vault;

  constructor(vault) {
    this.#vault = vault;
  }

  /**
   * Keeps `notes` ({op, …}) in their order; resolves when all of them are on the disk, or none is. With `draft` the form
   * that they came from is forgotten in the same stroke: nothing can be registered twice from it.
   */
  async add(notes, { draft = false } = {}) {
    await navigator.locks.request("drugcheck-outbox", async () => {
      const rows = [];
      for (const note of notes) {
        const id = crypto.randomUUID();
        rows.push({ id, state: WAITING, ...(await this.#vault.seal(`outbox/${id}`, { ...note, at: Date.now() })) });
      }
      await write(["vault", "outbox", "kept"], (vault, store, kept) => {
        vault.getKey(this.#vault.id).onsuccess = ({ target }) => {
          if (target.result === undefined) return vault.transaction.abort(); // erased by another page: nobody could read it
          for (const row of rows) store.add(row);
          if (draft) kept.delete("draft");
          return undefined;
        };
      });
    });
    channel.postMessage("changed");
  }

  /** All entries, oldest first, decrypted. */
  async list() {
    const rows = await read("outbox", (store) => store.getAll());
    return Promise.all(
      rows.map(async ({ n, id, state, iv, data }) => ({
        n, id, state, ...(await this.#vault.unseal(`outbox/${id}`, { iv, data })),
      })),
    );
  }

  /** Writes changed entries back, in one transaction; entries that are gone meanwhile stay gone. */
  async update(entries) {
    const rows = await Promise.all(
      entries.map(async ({ n, id, state, ...note }) => ({ n, id, state, ...(await this.#vault.seal(`outbox/${id}`, note)) })),
    );
    await write(["outbox"], (store) => {
      for (const row of rows) store.getKey(row.n).onsuccess = ({ target }) => target.result !== undefined && store.put(row);
    });
    channel.postMessage("changed");
  }

  /** Erases entries. */
  async remove(numbers) {
    await write(["outbox"], (store) => numbers.forEach((n) => store.delete(n)));
    channel.postMessage("changed");
  }

  /**
   * What the server has acknowledged and told again since is erased but for a trace (code, what, when), and the trace
   * after some hours. `toldAt`: when the list at hand was asked for.
   */
  async tidy(toldAt) {
    const done = (await this.list()).filter((entry) => entry.state === DONE);
    const old = done.filter((entry) => Date.now() - entry.ackedAt > TRACE_HOURS * 3_600_000 && !entry.conflict);
    if (old.length) await this.remove(old.map((entry) => entry.n));
    const told = done.filter((entry) => entry.op && entry.ackedAt < toldAt && !old.includes(entry));
    if (told.length) await this.update(told.map(({ op, ...trace }) => trace));
  }
}
