// Sends the outbox, in order, until the server has acknowledged it. Every operation carries its own key, so that sending
// it again changes nothing. iOS has no Background Sync: main.js calls `run` on `online`, `visibilitychange` and start.

import { askKit } from "./kit.js";
import { DONE, REFUSED, WAITING } from "./outbox.js";
import { blocked, Chain } from "./world.js";

const BATCH = 40;
const TIMEOUT_MS = 60_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;

/** The server cannot be asked now: `state` says why, `after` how long to wait at least. */
class Halt extends Error {
  constructor(state, after = 0) {
    super(state);
    this.state = state;
    this.after = after;
  }
}

async function ask(path, options = {}) {
  try {
    return await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error", cache: "no-store", ...options });
  } catch {
    throw new Halt("offline");
  }
}

async function bodyOf(response) {
  try {
    return await response.json();
  } catch {
    throw new Halt("trouble"); // not our server: a network's own sign-in page
  }
}

function refuse(response) {
  if (response.status === 401) throw new Halt("signed_out");
  if (response.status === 403) throw new Halt("forbidden");
  if (response.status === 429) throw new Halt("trouble", Number(response.headers.get("retry-after") ?? 0) * 1000);
  throw new Halt("trouble");
}

/** Sends for one open vault. `changed` is called whenever `status` or the outbox did. */
export class Sync {
  status = { state: "idle", next: null };
  #failures = 0;
  #timer = null;
  #closed = false;

  constructor({ outbox, kept, device, accountId, changed }) {
    Object.assign(this, { outbox, kept, device, accountId, changed });
  }

  /** Lets go: nothing is sent any more through this one. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Sends what waits, unless another page of this phone is at it. `fresh`: the list is asked for even so. */
  async run({ fresh = false } = {}) {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    await navigator.locks.request("drugcheck-sync", { ifAvailable: true }, async (lock) => {
      if (!lock) return this.#later(FIRST_WAIT_MS);
      try {
        await this.#send(fresh);
        this.#failures = 0;
        this.#say("idle");
      } catch (error) {
        if (!(error instanceof Halt)) this.#fail(new Halt("trouble"));
        else this.#fail(error);
      }
      return undefined;
    });
  }

  #say(state, next = null) {
    this.status = { state, next };
    if (!this.#closed) this.changed();
  }

  #fail(halt) {
    if (halt.state === "signed_out" || halt.state === "other_account") return this.#say(halt.state); // a person must act
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#failures++, LONGEST_WAIT_MS) * (0.8 + 0.4 * Math.random());
    const after = Math.max(wait, halt.after);
    this.#say(halt.state, Date.now() + after);
    return this.#later(after);
  }

  #later(after) {
    if (!this.#closed) this.#timer = setTimeout(() => this.run(), after);
  }

  async #send(fresh) {
    let sent = 0;
    for (;;) {
      const entries = await this.outbox.list();
      const held = blocked(entries);
      const waiting = entries.filter((entry) => entry.state === WAITING && !held.has(entry.n));
      if (!waiting.length) break;
      if (!sent) {
        this.#say("sending");
        await this.#checkAccount();
      }
      await this.#deliver(waiting.slice(0, BATCH));
      sent += 1;
      this.changed();
    }
    if (sent || fresh) await this.#refresh();
  }

  async #checkAccount() {
    const response = await ask("/api/v1/session");
    if (!response.ok) refuse(response);
    if ((await bodyOf(response)).account_id !== this.accountId) throw new Halt("other_account");
  }

  /** One batch. A batch that the server cannot read is sent one by one, so that one entry holds up no other. */
  async #deliver(batch) {
    const untried = batch.filter((entry) => !entry.tried);
    if (untried.length) await this.outbox.update(untried.map((entry) => Object.assign(entry, { tried: true })));
    const response = await ask("/api/v1/sync", {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ operations: batch.map(({ op, n }) => ({ ...op, device: this.device, device_sequence: n })) }),
    });
    if ([400, 413, 422].includes(response.status)) {
      if (batch.length > 1) {
        for (const entry of batch) await this.#deliver([entry]);
        return;
      }
      await this.outbox.update([{ ...batch[0], state: REFUSED, problem: await bodyOf(response) }]);
      return;
    }
    if (!response.ok) refuse(response);
    const { results } = await bodyOf(response);
    if (!Array.isArray(results) || results.length !== batch.length) throw new Halt("trouble");
    await this.#note(batch, results);
  }

  async #note(batch, results) {
    const chain = new Chain();
    let unsure = false;
    const told = [];
    batch.forEach((entry, i) => {
      const now = settled(entry, results[i]);
      const rests = chain.needs(entry.op); // refused only because what it rests on was: it waits for that
      if (now.state !== DONE) chain.breaks(entry.op);
      if (now.state === WAITING) unsure = true;
      else if (now.state === DONE || !rests) told.push(now);
    });
    await this.outbox.update(told);
    if (unsure) throw new Halt("trouble"); // the server could not just now
  }

  /** The list comes anew, and what it knows of what was sent need not be kept here any more. */
  async #refresh() {
    try {
      const told = await askKit();
      if (told.kit.account_id !== this.accountId) throw new Halt("other_account");
      await this.kept.set("kit", told);
      await this.outbox.tidy(told.toldAt);
    } catch (error) {
      if (error instanceof Halt) throw error;
      if (error.status) refuse({ status: error.status, headers: new Headers() });
      throw new Halt("offline");
    }
  }
}

/** An entry with what the server said of it. A conflict is the server's now: it holds both versions for a person. */
function settled(entry, result) {
  const { op } = entry;
  if (result.ok || result.conflict_id) {
    return { ...entry, state: DONE, ackedAt: Date.now(), conflict: result.conflict_id ?? null, problem: result.problem ?? null, code: result.code ?? entry.code };
  }
  if ((result.problem?.status ?? 500) >= 500) return entry;
  return { ...entry, op, state: REFUSED, problem: result.problem };
}
