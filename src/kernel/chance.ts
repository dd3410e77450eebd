import { digitsOf, type Hash64, hexOf, mix, RollingHash } from "./hash.ts";

/** Names the question, in one piece or in parts: `["a/", "b"]` is `"a/b"`, and sooner asked. */
export type SiteKey = string | readonly string[];

/**
 * Keyed randomness: the answer depends on the seed and the site key alone, never on how often
 * anything else was asked. So adding a pod does not reshuffle unrelated choices.
 *
 * A site key names the question, e.g. `uid/pods/default/my-nginx#1`.
 */
export class Chance {
  readonly seed: number;
  readonly #start: Hash64;
  /** Used again for each answer. */
  readonly #hash = new RollingHash();
  readonly #highSeed: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#start = { high: mix(seed), low: mix(seed ^ 0x5bd1e995) };
    this.#highSeed = Math.floor(seed / 0x1_0000_0000);
  }

  /** 64 bits for this key. */
  bits(key: SiteKey): Hash64 {
    const hash = this.#hash.restart(this.#start);
    if (typeof key === "string") hash.addText(key);
    else hash.addTextIn(key);
    return hash.addInteger(this.#highSeed).value;
  }

  /** An integer from `min` to `max`, both included. */
  integer(key: SiteKey, min: number, max: number): number {
    const { high, low } = this.bits(key);
    const fraction = ((high >>> 6) * 0x800_0000 + (low >>> 5)) / 0x20_0000_0000_0000;
    return min + Math.floor(fraction * (max - min + 1));
  }

  /** `length` lower-case hexadecimal digits. */
  hex(key: string, length: number): string {
    let text = "";
    for (let block = 0; text.length < length; block++) {
      const { high, low } = this.bits(`${key}/${block}`);
      text += hexOf(high) + hexOf(low);
    }
    return text.slice(0, length);
  }

  /** A version 4 UUID. */
  uuid(key: SiteKey): string {
    const parts = typeof key === "string" ? [key, "/0"] : [...key, "/0"];
    const first = this.bits(parts);
    parts[parts.length - 1] = "/1";
    const second = this.bits(parts);
    const { high, low } = first;
    const { high: higher } = second;
    const version = digitsOf(0x40 | ((low >>> 8) & 0xf));
    const variant = digitsOf(0x80 | ((higher >>> 24) & 0x3f));
    const middle = `${digitsOf(low >>> 24)}${digitsOf(low >>> 16)}-${version}${digitsOf(low)}`;
    const end = `${variant}${digitsOf(higher >>> 16)}-${digitsOf(higher >>> 8)}${digitsOf(higher)}`;
    return inOnePiece(`${hexOf(high)}-${middle}-${end}${hexOf(second.low)}`);
  }

  /** `length` characters of `alphabet`. */
  text(key: string, length: number, alphabet: string): string {
    let text = "";
    for (let index = 0; index < length; index++) {
      text += alphabet.charAt(this.integer(`${key}/${index}`, 0, alphabet.length - 1));
    }
    return text;
  }
}

/**
 * The same text. V8 keeps what was put together as a tree of its parts, four times as large, until
 * somebody looks at a character; as the key of a map it stays one for ever.
 */
function inOnePiece(text: string): string {
  text.charCodeAt(0);
  return text;
}
