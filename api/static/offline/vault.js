// The key under which this phone keeps what it has not sent. docs/offline.md says what it protects against, and what not.
//
// A random AES-256-GCM key encrypts every record. It is kept wrapped by a key that PBKDF2 derives from the worker's PIN
// or passphrase, and once unwrapped no script can read it out: it lives in this page's memory until the lock falls.

// OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256; a vault remembers its own count, so this may be raised.
const ITERATIONS = 600_000;
export const LEAST_LENGTH = 6;
const FREE_TRIES = 3;
const LONGEST_WAIT_S = 300;

/** The PIN does not open this vault. */
export class WrongPinError extends Error {}

/** PIN or passphrase as it is used: case, blanks and dashes do not matter, which phones insert and swallow at will. */
export function normalised(pin) {
  return pin.normalize("NFKC").toLowerCase().replace(/[\s\-\u2010-\u2015]/g, "");
}

/** Why this PIN is not taken: short or guessable; null when it is. */
export function weakness(pin) {
  const text = normalised(pin);
  if (text.length < LEAST_LENGTH) return "short";
  const steps = new Set([...text].slice(1).map((character, i) => character.codePointAt(0) - text.codePointAt(i)));
  return steps.size === 1 && [-1, 0, 1].includes([...steps][0]) ? "guessable" : null;
}

/** Seconds until the next try may be made: doubled with each failure after the first three. */
export function waitAfter(failures) {
  return failures < FREE_TRIES ? 0 : Math.min(5 * 2 ** (failures - FREE_TRIES), LONGEST_WAIT_S);
}

const bytesOf = (text) => new TextEncoder().encode(text);
const random = (count) => crypto.getRandomValues(new Uint8Array(count));

async function wrappingKey(pin, salt, iterations) {
  const material = await crypto.subtle.importKey("raw", bytesOf(normalised(pin)), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations }, material, { name: "AES-GCM", length: 256 }, false,
    ["wrapKey", "unwrapKey"],
  );
}

const wrapping = (record) => ({ name: "AES-GCM", iv: record.iv, additionalData: bytesOf(`vault/${record.id}`) });

/** An open vault: encrypts and decrypts the records of one worker. */
export class Vault {
  #key;

  constructor(id, key) {
    this.id = id;
    this.#key = key;
  }

  /** `value` encrypted; `name` is bound to it, so that a record cannot be passed off as another one. */
  async seal(name, value) {
    const iv = random(12);
    const bound = { name: "AES-GCM", iv, additionalData: bytesOf(`${this.id}/${name}`) };
    return { iv, data: await crypto.subtle.encrypt(bound, this.#key, bytesOf(JSON.stringify(value))) };
  }

  /** What `seal` was given. */
  async unseal(name, { iv, data }) {
    const bound = { name: "AES-GCM", iv, additionalData: bytesOf(`${this.id}/${name}`) };
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(bound, this.#key, data)));
  }
}

/** A new vault under `pin`: the record to store, and the vault itself. */
export async function createVault(pin) {
  const record = { id: crypto.randomUUID(), salt: random(16), iv: random(12), iterations: ITERATIONS, failures: 0, notBefore: 0 };
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  const wrapper = await wrappingKey(pin, record.salt, record.iterations);
  record.wrapped = await crypto.subtle.wrapKey("raw", key, wrapper, wrapping(record));
  return { record, vault: await unwrapped(record, wrapper) };
}

/** The vault of `record`; throws WrongPinError. */
export async function openVault(record, pin) {
  return unwrapped(record, await wrappingKey(pin, record.salt, record.iterations));
}

async function unwrapped(record, wrapper) {
  try {
    const key = await crypto.subtle.unwrapKey(
      "raw", record.wrapped, wrapper, wrapping(record), { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
    );
    return new Vault(record.id, key);
  } catch {
    throw new WrongPinError();
  }
}
