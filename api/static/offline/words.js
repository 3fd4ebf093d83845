// The texts of this page, in the language it was drawn in, and small ways to build it.

const texts = JSON.parse(document.getElementById("offline-texts").textContent);
export const settings = JSON.parse(document.getElementById("offline-settings").textContent);
const language = document.documentElement.lang;
const plural = new Intl.PluralRules(language);
const number = new Intl.NumberFormat(language);

/** The text `id` with its parameters; of a plural, the form for `n`. */
export function say(id, params = {}) {
  const found = texts[id] ?? id;
  const text = Array.isArray(found) ? found[plural.select(params.n) === "one" ? 0 : 1] : found;
  return text.replace(/%%|%\((\w+)\)[sd]/g, (whole, name) => (name ? write(params[name]) : "%"));
}

const write = (value) => (typeof value === "number" ? number.format(value) : String(value));

/** How long ago: minutes up to two hours, then hours, then days. */
export function ago(moment) {
  const minutes = Math.max(0, Math.round((Date.now() - moment) / 60_000));
  if (minutes < 1) return say("just_now");
  const unit = minutes < 120 ? ["minute", minutes] : minutes < 2880 ? ["hour", Math.round(minutes / 60)] : ["day", Math.round(minutes / 1440)];
  return new Intl.NumberFormat(language, { style: "unit", unit: unit[0], unitDisplay: "short" }).format(unit[1]);
}

/** Time of day. */
export const clockTime = (moment) => new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(moment);

/** An element with attributes (true: bare; null, false: left out), listeners (`on…`) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const at = (id) => document.getElementById(id);

/** Fills a `<select>` with [value, text] pairs, keeping the choice where it is still offered. */
export function options(select, pairs) {
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => h("option", { value }, text)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

/** Says beside the field `name` of `form` what to do, and goes there; the field's own words come back on `clear`. */
export function complain(form, name, text) {
  const field = form.elements.namedItem(name);
  const control = field instanceof RadioNodeList ? field[0] : field;
  const place = control?.closest(".field") ?? form;
  const id = `${name}-error`;
  place.querySelector(`#${CSS.escape(id)}`)?.remove();
  place.append(h("span", { class: "error", id, role: "alert" }, text));
  if (!control) return;
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", id);
  control.closest("details")?.setAttribute("open", "");
  control.focus();
}

/** Takes back every complaint in `form`. */
export function calm(form) {
  form.querySelectorAll(".error").forEach((error) => error.remove());
  form.querySelectorAll("[aria-invalid]").forEach((control) => {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  });
}

/** Runs `work` once for a pressed button, and says so when it could not be kept. */
export async function once(form, work) {
  calm(form);
  const button = form.querySelector("button:not([type])");
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } catch {
    complain(form, "", say("not_kept"));
  } finally {
    button.disabled = false;
  }
}

/** Says what was done, above what is shown; the next word takes its place. */
export function announce(text) {
  const place = at("done");
  place.hidden = !text;
  place.textContent = text;
  if (text) place.scrollIntoView({ block: "nearest" });
}
