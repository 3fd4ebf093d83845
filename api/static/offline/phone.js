// What lies on this phone: what only it knows, what the server has acknowledged, what a person must look at.

import { grouped } from "./codes.js";
import { DONE, REFUSED } from "./outbox.js";
import { renewTicket } from "./register.js";
import { choose, nobodyTold, session, unsent } from "./session.js";
import { blocked } from "./world.js";
import { ago, at, clockTime, h, options, say } from "./words.js";

const OLD_MS = 3_600_000;

/** One line above everything: what is unsent, how old, and whether it is on its way. */
export function showState() {
  const open = unsent();
  const { state, next } = session.sync.status;
  at("place").textContent = session.site?.name ?? say("no_site");
  at("who").textContent = [open.length ? say("badge", { n: open.length }) : "", session.kit.account_name].filter(Boolean).join(" · ");
  at("state-said").textContent = open.length
    ? `${say("unsent", { n: open.length })} · ${say("oldest", { age: ago(open[0].at) })}`
    : say("nothing_unsent");
  const parts = [say(`state_${open.length || state !== "offline" ? state : "idle_offline"}`)];
  if (next && open.length) parts.push(say("next_try", { time: clockTime(next) }));
  parts.push(say("list_from", { age: ago(session.toldAt) }));
  at("state-more").textContent = parts.join(" ");
  at("state").classList.toggle("late-state", open.length > 0 && Date.now() - open[0].at > OLD_MS);
  at("send").disabled = state === "sending";
  at("sign-in").hidden = state !== "signed_out" && state !== "other_account";
  at("nobody-told").hidden = !nobodyTold();
}

export function showPhone() {
  const open = unsent();
  const held = blocked(session.entries);
  const troubled = session.entries.filter((entry) => entry.state === REFUSED || entry.conflict);
  at("problems").replaceChildren(...troubled.map(problem));
  const waiting = open.filter((entry) => entry.state !== REFUSED);
  at("held").replaceChildren(...block("kept_here", "kept_here_none", waiting, (entry) => line(entry, held.has(entry.n) ? "held_back" : null)));
  const known = session.entries.filter((entry) => entry.state === DONE).reverse();
  at("known").replaceChildren(...block("acknowledged", "acknowledged_none", known, (entry) => line(entry, null)));
  options(at("site"), session.kit.sites.map((site) => [site.id, site.name]));
  if (session.site) at("site").value = session.site.id;
}

function block(title, none, entries, draw) {
  return [
    h("h2", {}, say(title), " ", h("span", { class: "soft count" }, String(entries.length))),
    entries.length ? h("ul", { class: "list" }, entries.map(draw)) : h("p", { class: "soft" }, say(none)),
  ];
}

function nameOf(entry) {
  if (entry.code) return h("span", { class: "code" }, grouped(entry.code));
  return h("span", { class: "code" }, entry.seal ?? "");
}

function line(entry, extra) {
  const renew = entry.op?.kind === "register" && !entry.tried && entry.state !== DONE;
  return h("li", {}, h("div", { class: "item" },
    h("span", { class: "main" }, nameOf(entry), h("span", {}, say(`what_${entry.what}`, { n: entry.count ?? 1 }))),
    extra ? h("span", { class: "sub" }, say(extra)) : null,
    renew ? h("span", { class: "sub" }, h("button", { type: "button", class: "quiet", onclick: () => renewTicket(entry) }, say("new_ticket"))) : null,
    h("span", { class: "end" }, h("span", { class: "soft" }, ago(entry.ackedAt ?? entry.at)))));
}

/** Something that a person must look at: the server's own words, and the ways out. */
function problem(entry) {
  if (entry.conflict) {
    return h("section", { class: "card flow-small troubled" },
      h("h2", {}, nameOf(entry), ` ${say("conflict")}`),
      h("p", {}, say("conflict_how")), entry.problem?.detail ? h("p", { class: "soft" }, entry.problem.detail) : null,
      h("a", { class: "button", href: `/custody/conflicts/${entry.conflict}` }, say("conflict_open")),
      h("button", { type: "button", class: "quiet", onclick: () => session.outbox.remove([entry.n]).then(changed) }, say("seen")));
  }
  const again = async () => {
    await session.outbox.update([{ ...entry, state: "waiting", problem: null }]);
    await changed();
    session.sync.run();
  };
  return h("section", { class: "card flow-small troubled" },
    h("h2", {}, nameOf(entry), ` ${say("refused")}`),
    h("p", {}, say(`what_${entry.what}`, { n: entry.count ?? 1 })),
    h("p", { class: "strong" }, entry.problem?.detail ?? say("refused_unknown")),
    h("ul", { class: "plain-list" }, (entry.problem?.errors ?? []).map((error) => h("li", {}, `${error.field}: ${error.detail}`))),
    h("p", { class: "soft small" }, say("refused_how")),
    h("button", { type: "button", class: "wide", onclick: again }, say("send_again")),
    h("details", {}, h("summary", {}, say("what_is_in_it")), h("pre", { class: "whole" }, readable(entry.op))));
}

/** What an entry says, to be copied onto paper if it comes to that. The hash of a ticket is no use to anybody. */
function readable(op) {
  const { ticket_hash: _, ...sample } = op.sample ?? {};
  const told = op.sample ? { ...op, sample } : op;
  return JSON.stringify(told, null, 1).replace(/[{}"[\]]/g, "").replace(/^\s*,?\n/gm, "").trim();
}

const changed = () => choose("seen", Date.now()); // reads everything again

export function empty() {
  for (const id of ["problems", "held", "known", "site", "state-said", "state-more"]) at(id).replaceChildren();
  at("nobody-told").hidden = true;
}

export function setUp() {
  at("site").addEventListener("change", ({ target }) => choose("site", target.value));
  at("send").addEventListener("click", () => session.sync.run({ fresh: true }));
}
