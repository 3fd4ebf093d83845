// Sealing, packing and handing over.

import { CodeError, grouped, parse } from "./codes.js";
import { decimal } from "./register.js";
import { keep, moment, session } from "./session.js";
import { announce, at, calm, complain, h, once, options, say } from "./words.js";

const MAX_MG = 1e9;
const SEAL = /^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$/; // lab/custody/body.py

const sealForm = at("seal-form");
const packForm = at("pack-form");
const handForm = at("hand-form");

const here = () => [...session.world.items.values()].filter((item) => item.site_id === session.site?.id);
const siteName = (id) => session.kit.destinations.find((site) => site.id === id)?.name ?? "";

/** What a seal's number may be, or null after saying beside the field what is wrong. */
function sealNumber(form, name) {
  const text = form.elements.namedItem(name).value.trim();
  if (SEAL.test(text)) return text;
  complain(form, name, say("seal_invalid"));
  return null;
}

// --- Sealing

export function showSeal() {
  const open = here().filter((item) => !item.seal_number);
  at("unsealed").replaceChildren(
    h("p", { class: "soft small" }, say(open.length ? "unsealed" : "unsealed_none", { n: open.length })),
    h("div", { class: "chips" }, open.map((item) =>
      h("button", { type: "button", class: "hit code", onclick: () => pickSeal(item.code) }, grouped(item.code)))),
  );
}

/** Puts `code` into the form and the finger on the seal's number. */
export function pickSeal(code) {
  sealForm.elements.seal_code.value = grouped(code);
  sealForm.elements.seal_number.focus();
}

function itemToSeal() {
  const name = "seal_code";
  try {
    const code = parse(sealForm.elements.seal_code.value);
    const item = here().find((one) => one.code === code && !one.seal_number) ?? here().find((one) => one.code === code);
    if (!item) complain(sealForm, name, say("code_not_here"));
    else if (item.seal_number) complain(sealForm, name, say("sealed_already", { seal: item.seal_number }));
    else return item;
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    complain(sealForm, name, say(`code_${error.reason}`, error.params));
  }
  return null;
}

async function seal() {
  const item = itemToSeal();
  const number = item && sealNumber(sealForm, "seal_number");
  if (!number) return;
  const mass = decimal(sealForm.elements.seal_mass_mg.value);
  if (mass !== null && !(mass <= MAX_MG)) {
    complain(sealForm, "seal_mass_mg", say("not_a_number"));
    return;
  }
  const event = { id: crypto.randomUUID(), action: "sealed", seal_number: number, occurred_at: moment(), entry: sealForm.elements.seal_code_mode.value };
  if (mass !== null) event.mass_mg = mass;
  await keep([{ op: { kind: "event", ...item.ref, event }, code: item.code, what: "sealed" }]);
  sealForm.reset();
  announce(say("done_sealed", { code: grouped(item.code) }));
  sealForm.elements.seal_code.focus();
}

// --- Packing

export function showParcels() {
  const sealed = here().filter((item) => item.seal_number);
  at("pack-none").hidden = sealed.length > 0;
  at("pack-fields").hidden = sealed.length === 0;
  keepTicks(packForm, "pack_item", () => at("pack-list").replaceChildren(...sealed.map((item) =>
    check("checkbox", "pack_item", item.item_id ?? item.client_id, true, [
      h("span", { class: "code" }, grouped(item.code)), " ", h("span", { class: "soft small" }, say("seal_of", { seal: item.seal_number })),
    ]))));
  options(packForm.elements.pack_to, session.kit.destinations.filter((site) => site.id !== session.site?.id)
    .sort((a, b) => (b.type === "laboratory") - (a.type === "laboratory")).map((site) => [site.id, site.name]));
  const bases = session.kit.legal_bases[session.site?.id] ?? [];
  at("bases").replaceChildren(...bases.map((value) => h("option", { value })));
  if (!packForm.elements.pack_basis.value && bases.length) packForm.elements.pack_basis.value = bases[0];
  showHandOver();
}

const check = (type, name, value, checked, words) =>
  h("label", { class: "check line" }, h("input", { type, name, value, checked }), h("span", {}, words));

/** Draws anew without losing what was unticked. */
function keepTicks(form, name, draw) {
  const off = new Set([...form.querySelectorAll(`[name=${name}]`)].filter((box) => !box.checked).map((box) => box.value));
  draw();
  for (const box of form.querySelectorAll(`[name=${name}]`)) if (off.has(box.value)) box.checked = false;
}

async function pack() {
  const chosen = new Set(new FormData(packForm).getAll("pack_item"));
  const items = here().filter((item) => item.seal_number && chosen.has(item.item_id ?? item.client_id));
  if (!items.length) return complain(packForm, "pack_item", say("pack_nothing"));
  const number = sealNumber(packForm, "pack_seal");
  if (!number) return undefined;
  const basis = packForm.elements.pack_basis.value.trim();
  if (!basis) return complain(packForm, "pack_basis", say("basis_missing"));
  const op = {
    kind: "pack", id: crypto.randomUUID(), occurred_at: moment(), seal_number: number, from_site_id: session.site.id,
    to_site_id: packForm.elements.pack_to.value, legal_basis: basis, items: items.map((item) => item.ref),
  };
  await keep([{ op, seal: number, count: items.length, what: "packed" }]);
  packForm.reset();
  announce(say("done_packed", { seal: number, n: items.length }));
  showParcels();
  return undefined;
}

// --- Handing over

function showHandOver() {
  const mine = [...session.world.parcels.values()].filter((one) => one.from_site_id === session.site?.id && one.state === "packed");
  at("hand-none").hidden = mine.length > 0;
  at("hand-fields").hidden = mine.length === 0;
  at("hand-parcels").replaceChildren(...mine.map((one, i) =>
    check("radio", "hand_parcel", one.id, i === 0, [
      h("span", { class: "code" }, one.seal_number), ` · ${say("samples", { n: one.items.length })} → ${siteName(one.to_site_id)}`,
    ])));
  options(handForm.elements.hand_to, [...session.kit.carriers.map((one) => [one.id, one.name]), ["courier", say("courier")]]);
}

async function handOver() {
  const data = new FormData(handForm);
  const parcel = session.world.parcels.get(data.get("hand_parcel"));
  if (!parcel) return complain(handForm, "hand_parcel", say("choose_parcel"));
  if (!data.has("hand_agreed")) return complain(handForm, "hand_agreed", say("both_must"));
  const op = { kind: "hand_over", id: crypto.randomUUID(), parcel_id: parcel.id, to_name_role: data.get("hand_to"), occurred_at: moment() };
  await keep([{ op, seal: parcel.seal_number, count: parcel.items.length, what: "handed_over" }]);
  handForm.reset();
  announce(say("done_handed_over", { seal: parcel.seal_number }));
  return undefined;
}

export function empty() {
  for (const form of [sealForm, packForm, handForm]) {
    form.reset();
    calm(form);
  }
  for (const id of ["unsealed", "pack-list", "bases", "hand-parcels"]) at(id).replaceChildren();
  for (const name of ["pack_to"]) packForm.elements.namedItem(name).replaceChildren();
  handForm.elements.hand_to.replaceChildren();
}

export function setUp() {
  for (const [form, work] of [[sealForm, seal], [packForm, pack], [handForm, handOver]]) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      once(form, work);
    });
  }
  sealForm.elements.seal_code.addEventListener("scanned", () => sealForm.elements.seal_number.focus());
}
