// The lock: preparing this phone, opening it, and closing it again by itself.

import { randomBody } from "./codes.js";
import { askKit, Kept } from "./kit.js";
import { countUnsent } from "./outbox.js";
import { channel, read, wipe, write } from "./store.js";
import { createVault, openVault, waitAfter, weakness, WrongPinError } from "./vault.js";
import { at, complain, h, once, say } from "./words.js";

const IDLE_MS = 300_000;
const HIDDEN_MS = 120_000;
const DRAWN = 12; // 60 bits: out of reach of whoever takes the phone and its disk

const prepareForm = at("prepare-form");
const unlockForm = at("unlock-form");
let opened = null; // called with the open vault

/** Shows what stands before the work: nothing prepared, or locked. */
export async function showGate() {
  const record = (await read("vault", (store) => store.getAll()))[0];
  at("prepare").hidden = Boolean(record);
  at("unlock").hidden = !record;
  if (!record) return;
  const n = await countUnsent();
  at("locked-count").textContent = n ? say("locked_unsent", { n }) : say("locked_none");
  unlockForm.elements.unlock_pin.focus();
}

export function hideGate() {
  at("prepare").hidden = at("unlock").hidden = true;
  prepareForm.reset();
  unlockForm.reset();
  at("drawn-pin").hidden = true;
  at("drawn-pin").replaceChildren();
}

async function prepare() {
  const { pin, pin_again: again } = prepareForm.elements;
  const weak = weakness(pin.value);
  if (weak) return complain(prepareForm, "pin", say(`pin_${weak}`));
  if (pin.value !== again.value) return complain(prepareForm, "pin_again", say("pin_differs"));
  let told;
  try {
    told = await askKit();
  } catch (error) {
    return refuse(error.status);
  }
  const vault = await navigator.locks.request("drugcheck-prepare", () => make(pin.value, told));
  if (!vault) return showGate(); // another page of this phone was quicker
  await navigator.storage?.persist?.();
  return opened(vault);
}

/** The new vault with its list, both stored or neither; null where there is one already. */
async function make(pin, told) {
  if ((await read("vault", (store) => store.count())) > 0) return null;
  const { record, vault } = await createVault(pin);
  const row = await new Kept(vault).row("kit", told);
  await write(["vault", "kept"], (vaults, kept) => {
    vaults.put(record);
    kept.put(row);
  });
  return vault;
}

function refuse(status) {
  const text = say(status === 401 ? "sign_in_first" : status === 403 ? "not_for_you" : "needs_network");
  complain(prepareForm, "", text);
  if (status === 401) prepareForm.append(h("a", { class: "button error", href: "/sign-in?next=/offline" }, say("sign_in")));
}

async function unlock() {
  const field = unlockForm.elements.unlock_pin;
  const record = (await read("vault", (store) => store.getAll()))[0];
  if (!record) return showGate();
  const wait = Math.ceil((record.notBefore - Date.now()) / 1000);
  if (wait > 0) return complain(unlockForm, "unlock_pin", say("pin_wait", { n: wait }));
  try {
    const vault = await openVault(record, field.value);
    if (record.failures) await write(["vault"], (store) => store.put({ ...record, failures: 0, notBefore: 0 }));
    return await opened(vault);
  } catch (error) {
    if (!(error instanceof WrongPinError)) throw error;
  }
  const failures = record.failures + 1;
  await write(["vault"], (store) => store.put({ ...record, failures, notBefore: Date.now() + waitAfter(failures) * 1000 }));
  field.value = "";
  return complain(unlockForm, "unlock_pin", say("pin_wrong"));
}

/** Erases what this phone keeps, after a word about what nobody else has. True when it was done. */
export async function erase() {
  const n = await countUnsent();
  if (!window.confirm(n ? say("erase_unsent", { n }) : say("erase_sure"))) return false;
  await wipe();
  channel.postMessage("erased");
  return true;
}

/** Calls `lock` when nobody has touched the page for a while, or it was out of sight. */
export function watch(lock) {
  let touched = Date.now();
  let hidden = null;
  const check = () => {
    if (Date.now() - touched > IDLE_MS || (hidden !== null && Date.now() - hidden > HIDDEN_MS)) lock();
  };
  for (const name of ["pointerdown", "keydown", "scanned"]) {
    document.addEventListener(name, () => {
      check(); // a page that slept must not be woken by the touch that it should have locked before
      touched = Date.now();
    }, { capture: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) check();
    hidden = document.hidden ? Date.now() : null;
  });
  window.addEventListener("pageshow", check);
  setInterval(check, 10_000);
  return () => (touched = Date.now());
}

export function setUp(whenOpened) {
  opened = whenOpened;
  for (const [form, work] of [[prepareForm, prepare], [unlockForm, unlock]]) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      once(form, work);
    });
  }
  at("draw-pin").addEventListener("click", () => {
    const drawn = randomBody(DRAWN).toLowerCase().match(/.{4}/g).join("-");
    prepareForm.elements.pin.value = prepareForm.elements.pin_again.value = drawn;
    at("drawn-pin").hidden = false;
    at("drawn-pin").replaceChildren(say("pin_drawn"), " ", h("strong", { class: "code" }, drawn));
  });
  at("erase-locked").addEventListener("click", async () => (await erase()) && showGate());
}
