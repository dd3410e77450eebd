import type { PodIdentity } from "../../src/data-plane/protocol.ts";
import { type HashedText, hashOfText } from "../../src/kernel/hash.ts";

/** Which pod it is, and how the trace knows it: its subject is hashed once, its text made if read. */
export class PodSubject implements PodIdentity, HashedText {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  // Signed, for V8 boxes what does not fit into a signed integer.
  readonly #high: number;
  readonly #low: number;

  constructor(namespace: string, name: string, uid: string) {
    this.namespace = namespace;
    this.name = name;
    this.uid = uid;
    const { high, low } = hashOfText(this.text);
    this.#high = high | 0;
    this.#low = low | 0;
  }

  /** For whoever tells others of it. */
  get plain(): PodIdentity {
    const { namespace, name, uid } = this;
    return { namespace, name, uid };
  }

  get text(): string {
    return `pods/${this.namespace}/${this.name}`;
  }

  get high(): number {
    return this.#high >>> 0;
  }

  get low(): number {
    return this.#low >>> 0;
  }
}
