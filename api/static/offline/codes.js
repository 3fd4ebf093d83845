// Codes and tickets as lab/samples/codes.py and lab/samples/tickets.py make them: Crockford base 32 with a check character.

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SAMPLE_BODY = 8;
const TICKET_BODY = 26; // 130 bits: the first character carries 3
const REDUCTION = 0b100101; // x^5 + x^2 + 1
const IGNORED = /[ \-\u2010\u2011\u2013\u00a0\t\r\n]/g;

/** Why a code cannot be taken: `reason` is character, length or typo. */
export class CodeError extends Error {
  constructor(reason, params = {}) {
    super(reason);
    this.reason = reason;
    this.params = params;
  }
}

/** The check character of `body`; the sums are those of GF(32). */
export function checkCharacter(body) {
  let total = 0;
  for (const character of body) {
    total = (total ^ ALPHABET.indexOf(character)) << 1;
    if (total & 0b100000) total ^= REDUCTION;
  }
  return ALPHABET[total];
}

/** A typed or scanned code in its stored form; throws CodeError. */
export function parse(text, bodyLength = SAMPLE_BODY) {
  const bare = text.replace(IGNORED, "").toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
  const foreign = [...bare].find((character) => !ALPHABET.includes(character));
  if (foreign !== undefined) throw new CodeError("character", { character: foreign });
  if (bare.length !== bodyLength + 1) throw new CodeError("length", { given: bare.length, wanted: bodyLength + 1 });
  if (checkCharacter(bare.slice(0, -1)) !== bare.at(-1)) throw new CodeError("typo");
  return bare;
}

/** `count` characters, 5 random bits each, from the system's source. */
export function randomBody(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => ALPHABET[byte & 31]).join("");
}

/** A fresh sample code. */
export function drawCode() {
  const body = randomBody(SAMPLE_BODY);
  return body + checkCharacter(body);
}

/** Groups of four, as printed and read aloud: K7QM-2F4D-R. */
export function grouped(code) {
  return code.match(/.{1,4}/g)?.join("-") ?? "";
}

/** The characters of a 16-byte token, with their check. */
export function encodeToken(bytes) {
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let body = "";
  for (let place = 0; place < TICKET_BODY; place++) {
    body = ALPHABET[Number(number & 31n)] + body;
    number >>= 5n;
  }
  return body + checkCharacter(body);
}

/** SHA-256 of a text, in hexadecimal. */
export async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A person's ticket: 128 random bits to hand out, and the hash that alone is kept and sent. */
export async function drawTicket() {
  const text = encodeToken(crypto.getRandomValues(new Uint8Array(16)));
  return { text: grouped(text), hash: await sha256(text) };
}
