// Finds a substance by what somebody typed, with the rules of lab/library/search.py: prefixes, street names, accents,
// slips of the finger (insert, delete, replace, swap neighbours).

const LEAST_SCORE = 0.3;
const LEAST_PIECE = 4;
const TRIGRAM_SHARE = 0.4;
const GREEK = { α: "alpha", β: "beta", γ: "gamma", δ: "delta", Δ: "delta", ω: "omega", µ: "mu", μ: "mu" };

/** Lower case, without accents, Greek letters written out, everything but letters and digits one space. */
export function fold(text) {
  const spelled = text.replace(/[αβγδΔωµμ]/g, (letter) => GREEK[letter]);
  return spelled.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^0-9a-z]+/g, " ").trim();
}

const squeeze = (key) => key.replaceAll(" ", "");

function distance(query, name, limit) {
  let before = [];
  let previous = Array.from({ length: name.length + 1 }, (_, j) => j);
  for (let i = 1; i <= query.length; i++) {
    const current = [i];
    for (let j = 1; j <= name.length; j++) {
      const differs = query[i - 1] === name[j - 1] ? 0 : 1;
      let cost = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + differs);
      if (i > 1 && j > 1 && query[i - 1] === name[j - 2] && query[i - 2] === name[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
      current.push(cost);
    }
    if (Math.min(...current) > limit && Math.min(...previous) > limit) return [limit + 1, limit + 1];
    [before, previous] = [previous, current];
  }
  return [previous.at(-1), Math.min(...previous)];
}

const slipsAllowed = (length) => (length < 3 ? 0 : length < 5 ? 1 : length < 9 ? 2 : 3);

function bySlips(typed, name) {
  const allowed = slipsAllowed(typed.length);
  const letters = new Set(name);
  if (!allowed || new Set([...typed].filter((letter) => !letters.has(letter))).size > allowed) return 0;
  const [whole, beginning] = distance(typed, name.slice(0, typed.length + allowed + 1), allowed);
  if (whole <= allowed && Math.abs(typed.length - name.length) <= allowed) return 0.75 - 0.1 * whole;
  return beginning <= allowed && name.length > typed.length ? 0.6 - 0.1 * beginning : 0;
}

function trigrams(text) {
  const padded = `  ${text} `;
  return new Set(Array.from({ length: padded.length - 2 }, (_, i) => padded.slice(i, i + 3)));
}

function byPieces(typed, name) {
  if (typed.length < 5) return 0;
  const [mine, theirs] = [trigrams(typed), trigrams(name)];
  const share = (2 * [...mine].filter((piece) => theirs.has(piece)).length) / (mine.size + theirs.size);
  return share >= TRIGRAM_SHARE ? 0.55 * share : 0;
}

/** How well the folded `query` fits the folded name `key`: 1 exact, 0 not at all. */
export function score(query, key) {
  const [typed, name] = [squeeze(query), squeeze(key)];
  if (typed === name) return 1;
  if (name.startsWith(typed)) return 0.85 + (0.1 * typed.length) / name.length;
  if (key.split(" ").some((word) => word.startsWith(query))) return 0.8;
  if (typed.length >= LEAST_PIECE && name.includes(typed)) return 0.7;
  return Math.max(bySlips(typed, name), byPieces(typed, name));
}

/** The names of `substances` ({id, name, synonyms}), folded once. */
export function index(substances) {
  return substances.flatMap(({ id, name, synonyms }) => [
    { id, name, text: name, key: fold(name), bonus: 0.02 },
    ...synonyms.map((text) => ({ id, name, text, key: fold(text), bonus: 0 })),
  ]);
}

/** The substances that best fit `query`, best first: {id, name, text}. */
export function search(names, query, limit = 5) {
  const folded = fold(query.slice(0, 80));
  if (!folded) return [];
  const best = new Map();
  for (const one of names) {
    const fit = score(folded, one.key);
    if (fit >= LEAST_SCORE && fit + one.bonus > (best.get(one.id)?.fit ?? 0)) best.set(one.id, { ...one, fit: fit + one.bonus });
  }
  return [...best.values()].sort((a, b) => b.fit - a.fit || a.text.length - b.text.length || (a.text < b.text ? -1 : 1)).slice(0, limit);
}

/** The substance that these words name and no other; null leaves the person's own words to speak. */
export function named(names, words) {
  const folded = squeeze(fold(words));
  const ids = new Set(names.filter((one) => folded && squeeze(one.key) === folded).map((one) => one.id));
  return ids.size === 1 ? [...ids][0] : null;
}
