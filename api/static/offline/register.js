// A new sample: the form of the counter, kept here. What is being typed is kept too, encrypted, until it is registered.

import encodeQR from "./vendor/qr-0.7.0.js";
import { CodeError, drawCode, drawTicket, grouped, parse } from "./codes.js";
import { named, search } from "./search.js";
import { keep, moment, session } from "./session.js";
import { at, calm, complain, h, say, settings } from "./words.js";

const TEXTS = ["sold_as_raw", "form", "reason", "effects", "route", "texture", "tablet_shape", "tablet_logo", "area", "adverse_event"];
const NUMBERS = ["mass_mg", "tablet_length_mm", "tablet_mass_mg"];
const CONSENTS = ["consent_analyse", "consent_notify", "consent_open_data", "consent_keep_photo"];
const TABLET = ["tablet_shape", "tablet_logo", "tablet_length_mm", "tablet_mass_mg"];
const WITH_MARKS = ["tablet", "capsule"];
const DRAFT_MS = 400;
const SVG = "http://www.w3.org/2000/svg";
const PICKED = 4;

/** Something typed that cannot be taken: which field, and what to do. */
class FieldError extends Error {
  constructor(field, text) {
    super(text);
    this.field = field;
  }
}

const form = at("new-form");
const hits = at("sold-as-hits");
let drafting = null;

/** A number as people type it, with a decimal comma; null when nothing was typed. */
export function decimal(text) {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  if (!plain) return null;
  return /^\d*\.?\d+$|^\d+\.$/.test(plain) ? Number(plain) : Number.NaN;
}

/** The label's code in its stored form; a fresh one when nothing was typed. */
function codeOf(text) {
  if (!text.trim()) return drawCode();
  try {
    const code = parse(text);
    const used = session.entries.some(({ op, state }) => op?.sample?.code === code && state !== "refused");
    const known = [...session.world.items.values()].some((item) => item.code === code);
    if (used || known) throw new FieldError("code", say("code_used"));
    return code;
  } catch (error) {
    if (error instanceof CodeError) throw new FieldError("code", say(`code_${error.reason}`, error.params));
    throw error;
  }
}

function measures(data) {
  const found = {};
  for (const name of NUMBERS) {
    const value = decimal(data.get(name) ?? "");
    if (value === null) continue;
    if (Number.isNaN(value)) throw new FieldError(name, say("not_a_number"));
    const { low, high, unit } = settings.limits[name];
    if (value < low || value > high) throw new FieldError(name, say("out_of_range", { low, high, unit }));
    found[name] = value;
  }
  return found;
}

function sampleOf(data) {
  if (!data.has("consent_analyse")) throw new FieldError("consent_analyse", say("consent_missing"));
  const sample = { client_id: crypto.randomUUID(), site_id: session.site.id, ...measures(data) };
  for (const name of TEXTS) if (data.get(name)?.trim()) sample[name] = data.get(name).trim();
  for (const name of CONSENTS) sample[name] = data.has(name);
  if (data.get("colours")) sample.colours = [data.get("colours")];
  if (TABLET.some((name) => name in sample) && !WITH_MARKS.includes(sample.form)) throw new FieldError("form", say("tablet_marks"));
  if (!sample.area && !session.site.area) throw new FieldError("area", say("area_missing"));
  const substance = data.get("sold_as_substance_id") || named(session.names, sample.sold_as_raw ?? "");
  if (substance) sample.sold_as_substance_id = substance;
  sample.code = codeOf(data.get("code") ?? "");
  const now = moment();
  return Object.assign(sample, {
    collected_at: now, collected_on: dayOf(now), form_version: session.kit.form_version,
    consent_text_version: session.kit.consent_text_version, consent_language: document.documentElement.lang,
  });
}

/** The day where the phone is. Behind UTC it may be the day before; the server takes no day after its own. */
function dayOf(now) {
  const there = new Date(now);
  const local = new Date(there.getTime() - there.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  const utc = there.toISOString().slice(0, 10);
  return local < utc ? local : utc;
}

async function submitted(event) {
  event.preventDefault();
  calm(form);
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  try {
    const sample = sampleOf(new FormData(form));
    const ticket = await drawTicket();
    sample.ticket_hash = ticket.hash;
    noDraft();
    await keep([{ op: { kind: "register", sample }, code: sample.code, what: "register" }], { draft: true });
    empty();
    showTicket(sample, ticket);
  } catch (error) {
    if (error instanceof FieldError) complain(form, error.field, error.message);
    else complain(form, "", say("not_kept"));
  } finally {
    button.disabled = false;
  }
}

function showTicket({ code }, ticket) {
  at("kept-code").textContent = grouped(code);
  at("kept-ticket").textContent = ticket.text;
  at("kept-qr").replaceChildren(drawQr(`${settings.ticket_address}#${ticket.text}`, say("qr_title")));
  at("kept-seal").dataset.code = code;
  location.hash = "#kept";
}

/** A QR code as SVG, black on white in any light. */
function drawQr(text, title) {
  const modules = encodeQR(text, "raw", { ecc: "medium", border: 4 });
  const path = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${modules.length} ${modules.length}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  for (const [name, attributes] of [["rect", { width: "100%", height: "100%", fill: "#fff" }], ["path", { d: path, fill: "#000" }]]) {
    const part = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    svg.append(part);
  }
  return svg;
}

function offer() {
  const input = form.elements.sold_as_raw;
  form.elements.sold_as_substance_id.value = "";
  const pick = (hit) => {
    form.elements.sold_as_substance_id.value = hit.id;
    for (const button of hits.children) button.setAttribute("aria-pressed", String(button.dataset.id === hit.id));
    draft();
  };
  hits.replaceChildren(
    ...search(session.names, input.value, PICKED).map((hit) =>
      h("button", { type: "button", class: "hit", "data-id": hit.id, "aria-pressed": "false", onclick: () => pick(hit) },
        hit.text === hit.name ? hit.name : `${hit.name} (${hit.text})`)),
  );
}

function draft() {
  clearTimeout(drafting);
  drafting = setTimeout(flush, DRAFT_MS);
}

/** Keeps what is being typed and has not been kept yet. */
export async function flush() {
  if (drafting === null || !session.open) return;
  clearTimeout(drafting);
  drafting = null;
  await session.kept.set("draft", [...new FormData(form)]).catch(() => undefined); // there is no room: it still stands in the form
}

function noDraft() {
  clearTimeout(drafting);
  drafting = null;
}

/** Puts back what was being typed when the page was closed or locked. */
export async function restore() {
  const values = await session.kept.get("draft");
  for (const [name, value] of values ?? []) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList) field.value = value;
    else if (field?.type === "checkbox") field.checked = true;
    else if (field) field.value = value;
  }
}

/** Empties the form. */
export function empty() {
  noDraft();
  form.reset();
  calm(form);
  form.elements.sold_as_substance_id.value = "";
  hits.replaceChildren();
}

/** Forgets the ticket that was shown. */
export function forgetTicket() {
  for (const id of ["kept-code", "kept-ticket", "kept-qr"]) at(id).replaceChildren();
  delete at("kept-seal").dataset.code;
}

/** A new ticket for a registration that has never been sent; the one handed out before opens nothing then. */
export async function renewTicket(entry) {
  const ticket = await drawTicket();
  const sample = { ...entry.op.sample, ticket_hash: ticket.hash };
  await session.outbox.update([{ ...entry, op: { ...entry.op, sample } }]);
  showTicket(sample, ticket);
}

export function setUp() {
  form.addEventListener("submit", submitted);
  form.addEventListener("input", (event) => {
    if (event.target.name === "sold_as_raw") offer();
    draft();
  });
  at("kept-print").addEventListener("click", () => window.print());
}
