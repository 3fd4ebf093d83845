// Taking a parcel in, bag by bag. Each scan is an entry of its own: what was scanned stays scanned.

import { CodeError, grouped, parse } from "./codes.js";
import { keep, moment, session } from "./session.js";
import { announce, at, complain, h, once, say } from "./words.js";
import { progress } from "./world.js";

const form = at("receive-form");
const closing = at("close-form");
let chosen = null; // the key of the parcel being opened

const mine = () => {
  const sites = new Set(session.kit.sites.filter((site) => site.may_handle).map((site) => site.id));
  return [...session.world.parcels.values()].filter((one) => sites.has(one.to_site_id) && !one.closed);
};

export function showReceive() {
  const parcels = mine();
  const parcel = parcels.find((one) => one.id === chosen);
  at("receive-choose").hidden = Boolean(parcel);
  at("receive-open").hidden = !parcel;
  at("receive-none").hidden = parcels.length > 0;
  at("receive-parcels").replaceChildren(h("ul", { class: "list" }, parcels.map(line)));
  at("receive-parcels").hidden = parcels.length === 0;
  if (parcel) showParcel(parcel);
}

function line(parcel) {
  const { found } = progress(parcel);
  const open = (event) => {
    event.preventDefault();
    chosen = parcel.id;
    showReceive();
    form.elements.receive_code.focus();
  };
  return h("li", {}, h("a", { href: "#receive", onclick: open },
    h("span", { class: "main" }, h("span", { class: "code" }, parcel.seal_number)),
    h("span", { class: "sub" }, say("received_of", { n: found.length, all: parcel.items.length }))));
}

function showParcel(parcel) {
  const { found, missing, unexpected } = progress(parcel);
  at("receive-title").textContent = say("parcel_title", { seal: parcel.seal_number });
  at("receive-said").textContent = say("received_of", { n: found.length, all: parcel.items.length });
  const part = (id, codes) => codes.length
    ? [h("h2", {}, `${say(id)} (${codes.length})`), h("ul", { class: "plain-list" }, codes.map((code) => h("li", { class: "code" }, grouped(code))))]
    : [];
  at("receive-lists").replaceChildren(...part("still_missing", missing), ...part("not_on_manifest", unexpected), ...part("taken_in", found));
}

const base = () => ({ kind: "receive", id: crypto.randomUUID(), parcel_id: chosen, occurred_at: moment() });

async function scan() {
  const field = form.elements.receive_code;
  let code;
  try {
    code = parse(field.value);
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    complain(form, "receive_code", say(field.value.startsWith("PARCEL:") ? "wrong_parcel" : `code_${error.reason}`, error.params));
    return;
  }
  const parcel = session.world.parcels.get(chosen);
  if (parcel.scans.some((one) => one.code === code)) {
    complain(form, "receive_code", say("scanned_already", { code: grouped(code) }));
    field.select();
    return;
  }
  const one = { code, seal_state: form.elements.receive_seal.value, entry: form.elements.receive_code_mode.value, at: moment() };
  const condition = form.elements.receive_condition.value.trim();
  if (condition) one.condition = condition;
  await keep([{ op: { ...base(), scans: [one], close: false }, code, what: "received" }]);
  form.reset();
  field.focus();
}

async function close() {
  const parcel = session.world.parcels.get(chosen);
  const op = { ...base(), scans: [], seal_state: closing.elements.close_seal.value, close: true };
  await keep([{ op, seal: parcel.seal_number, count: parcel.items.length, what: "closed" }]);
  chosen = null;
  closing.reset();
  announce(say("done_closed", { seal: parcel.seal_number }));
  showReceive();
}

/** Empties the forms and lists. */
export function empty() {
  chosen = null;
  form.reset();
  closing.reset();
  for (const id of ["receive-parcels", "receive-lists", "receive-title", "receive-said"]) at(id).replaceChildren();
}

/** Back to the list of parcels. */
export function leave() {
  chosen = null;
}

export function setUp() {
  for (const [one, work] of [[form, scan], [closing, close]]) {
    one.addEventListener("submit", (event) => {
      event.preventDefault();
      once(one, work);
    });
  }
  form.elements.receive_code.addEventListener("scanned", () => form.requestSubmit());
}
