import { InvariantError } from "../../kernel/invariant.ts";
import type { Codec, StoreClock } from "./store.ts";

/** For stores whose leases need not end. */
export const stoppedClock: StoreClock = { nowUs: 0, after: () => {} };

/** For stores that nobody asks for values as bytes. */
export const codecMissing: Codec<never> = { encode: refuse, decode: refuse };

function refuse(): never {
  throw new InvariantError("a store that is asked for values as bytes has a codec");
}
