// The open vault and what was read from it; gone from memory when the lock falls.

import { Kept, present } from "./kit.js";
import { DONE, Outbox } from "./outbox.js";
import { index } from "./search.js";
import { Sync } from "./sync.js";
import { fold } from "./world.js";

const SERIOUS = ["serious", "overdose"];

export const session = { open: false };
const listeners = new Set();

/** Calls `listener` whenever what the views show may have changed. */
export const onChange = (listener) => listeners.add(listener);
const tell = () => listeners.forEach((listener) => listener());

/** Begins to work with `vault`. */
export async function start(vault) {
  const kept = new Kept(vault);
  const outbox = new Outbox(vault);
  const told = await kept.get("kit");
  const choices = (await kept.get("choices")) ?? {};
  await outbox.tidy(told.toldAt);
  const sync = new Sync({ outbox, kept, device: vault.id, accountId: told.kit.account_id, changed: () => refresh().catch(lost) });
  Object.assign(session, { open: true, vault, kept, outbox, sync, choices, toldAt: null });
  await refresh();
  sync.run({ fresh: true });
}

// A vault erased by another page of this phone, or a database that the browser took away: nothing here is true any more.
function lost() {
  stop();
  document.dispatchEvent(new Event("vault-lost"));
}

/** Lets go of everything that was readable. */
export function stop() {
  session.sync?.close();
  for (const name of Object.keys(session)) delete session[name];
  session.open = false;
}

/** Reads again what is on the disk. */
export async function refresh() {
  const { kept, outbox } = session;
  if (!session.open) return;
  const [told, entries] = [await kept.get("kit"), await outbox.list()];
  if (!session.open) return; // locked meanwhile
  if (told.toldAt !== session.toldAt) Object.assign(session, told, { names: index(told.kit.substances) });
  Object.assign(session, { entries, world: fold(told.kit, entries), site: siteOf(told.kit) });
  tell();
}

function siteOf(kit) {
  return kit.sites.find((site) => site.id === session.choices.site) ?? kit.sites[0] ?? null;
}

/** Remembers where this phone works. */
export async function choose(name, value) {
  session.choices[name] = value;
  await session.kept.set("choices", session.choices);
  await refresh();
}

/** Keeps operations; resolves once they are on the disk. Sending goes on behind. */
export async function keep(notes, options) {
  const { outbox, sync } = session;
  await outbox.add(notes, options);
  await refresh();
  sync.run();
}

/** An operation's time, as the server counts it. */
export const moment = () => present(session.skew ?? 0);

/** Entries that the server has not acknowledged. */
export const unsent = () => session.entries.filter((entry) => entry.state !== DONE);

/** Whether a serious adverse event stands in what nobody has been told of. */
export const nobodyTold = () => unsent().some(({ op }) => op.kind === "register" && SERIOUS.includes(op.sample.adverse_event));
