import type { HashedText } from "../../../kernel/hash.ts";
import type { Pulse, PulseSource } from "../../store/store.ts";
import { LeaseRow, type LeaseSeed } from "./lease-row.ts";
import type { StoredObject } from "./stored-object.ts";

/** A node's lease as who renews it knows it; in facts, what they are about. */
export class LeasePulse implements PulseSource<StoredObject>, HashedText {
  /** In the store. */
  readonly key: string;
  /** The way to it, once there is one. */
  pulse: Pulse<StoredObject> | undefined;
  #seed: LeaseSeed | undefined;
  // Again, and signed: a renewal looks at as few objects as can be.
  #high = 0;
  #low = 0;

  constructor(key: string) {
    this.key = key;
  }

  get text(): string {
    return this.#seed?.text ?? "";
  }

  get high(): number {
    return this.#high >>> 0;
  }

  get low(): number {
    return this.#low >>> 0;
  }

  mayFollow(value: StoredObject): boolean {
    if (!(value instanceof LeaseRow)) return false;
    this.#seed = value.seed;
    this.#high = value.seed.high | 0;
    this.#low = value.seed.low | 0;
    return true;
  }

  valueAt(renewUs: number): StoredObject {
    return new LeaseRow(this.#seed as LeaseSeed, renewUs);
  }
}
