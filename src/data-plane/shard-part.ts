import type { Hash64 } from "../kernel/hash.ts";
import type { Running } from "../kernel/running-mark.ts";
import type { RemotePart } from "../kernel/simulation.ts";
import { Batch } from "./batch.ts";
import type { StepResult } from "./protocol.ts";
import type { ShardLink } from "./shard-link.ts";

/** A shard as the simulation sees it: what is on its way to it, and when it must be stepped. */
export class ShardPart implements RemotePart {
  readonly #link: ShardLink;
  readonly #onReports: (outbox: Batch) => void;
  #inbox = new Batch();
  #spare: Batch | undefined;
  #firstMessageAtUs = Infinity;
  #shardDueUs: number;
  #isShardSettled = false;
  #isInboxSettled = true;
  #factCount = 0;
  #calls = 0;
  #messages = 0;
  #factSum: Hash64 = { high: 0, low: 0 };

  /** @param onReports Takes what the kubelets said in a window; the batch is reused afterwards. */
  constructor(link: ShardLink, startUs: number, onReports: (outbox: Batch) => void) {
    this.#link = link;
    this.#shardDueUs = startUs;
    this.#onReports = onReports;
  }

  get nextDueUs(): number {
    return Math.min(this.#shardDueUs, this.#firstMessageAtUs);
  }

  get isSettled(): boolean {
    return this.#isShardSettled && this.#isInboxSettled;
  }

  /** Facts its kubelets have recorded since they began. */
  get factCount(): number {
    return this.#factCount;
  }

  /** Calls to the shard so far, one a window in which it had something to do. */
  get calls(): number {
    return this.#calls;
  }

  /** Messages that went there and came back. */
  get messages(): number {
    return this.#messages;
  }

  /** The sum of their hashes. */
  get factSum(): Hash64 {
    return this.#factSum;
  }

  get running(): Running | undefined {
    return this.#link.running;
  }

  /** Puts a message on its way: it is due at `atUs`, after the window that is running. */
  send(
    atUs: number,
    kind: number,
    node: number,
    pod: number,
    isBackground: boolean,
    write: (inbox: Batch) => readonly number[],
  ): void {
    this.#inbox.add(atUs, kind, node, pod, write(this.#inbox), isBackground);
    if (!isBackground) this.#isInboxSettled = false;
    this.#firstMessageAtUs = Math.min(this.#firstMessageAtUs, atUs);
  }

  step(endUs: number): void | Promise<void> {
    const inbox = this.#inbox;
    this.#calls++;
    this.#messages += inbox.length;
    this.#inbox = this.#spare ?? new Batch();
    this.#spare = undefined;
    this.#firstMessageAtUs = Infinity;
    this.#isInboxSettled = true;
    // Until it has answered: what it does now may set anything going.
    this.#isShardSettled = false;
    const result = this.#link.step(endUs, inbox);
    if (result instanceof Promise) return result.then((late) => this.#take(late));
    this.#take(result);
  }

  #take({ outbox, nextDueUs, isSettled, factCount, factSum }: StepResult): void {
    this.#messages += outbox.length;
    this.#factCount = factCount;
    this.#factSum = factSum;
    this.#shardDueUs = nextDueUs;
    this.#isShardSettled = isSettled;
    this.#onReports(outbox);
    this.#spare = outbox.clear();
  }
}
