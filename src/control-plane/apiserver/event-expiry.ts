import type { ActorRef, Timeline } from "../../kernel/timeline.ts";
import type { MadePut } from "../store/deferred-puts.ts";
import type { Store } from "../store/store.ts";
import type { StoredObject } from "./stored/stored-object.ts";

/** @see kubernetes `cmd/kube-apiserver/app/options/options.go`: `EventTTL`, one hour */
const eventTtlUs = 3_600_000_000;
const sweepIntervalUs = 60_000_000;

/**
 * Events are forgotten an hour after they were last written. They expire in the order they were
 * written in, so a queue is enough: one part for each stretch between two sweeps.
 */
export class EventExpiry {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #store: Store<StoredObject>;
  readonly #written: Stretch[] = [];
  /** What the store could not forget: it is asked again at the next sweep. */
  readonly #refused: (readonly [revision: number, key: string])[] = [];
  #sweeps = 0;

  constructor(timeline: Timeline, actor: ActorRef, store: Store<StoredObject>) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#store = store;
    this.#sweepLater();
  }

  /** Something was written. */
  noticed(key: string, revision: number): void {
    if (!key.startsWith("/registry/events/")) return;
    const { keys, revisions } = this.#stretch();
    keys.push(key);
    revisions.push(revision);
  }

  /** An event was written whose key is yet to be made. */
  noticedDeferred(): void {
    this.#stretch().deferred++;
  }

  /** All of these were made, oldest first. */
  made(written: readonly MadePut[]): void {
    let index = 0;
    for (const stretch of this.#written) {
      for (; stretch.deferred > 0; stretch.deferred--, index++) {
        const { key, revision } = written[index] as MadePut;
        stretch.keys.push(key);
        stretch.revisions.push(revision);
      }
    }
  }

  #stretch(): Stretch {
    // The first sweep at which the last of those written until the next one has lived its hour.
    const sweep = this.#sweeps + 1 + eventTtlUs / sweepIntervalUs;
    let stretch = this.#written.at(-1);
    if (stretch?.sweep !== sweep) {
      stretch = { sweep, keys: [], revisions: [], deferred: 0 };
      this.#written.push(stretch);
    }
    return stretch;
  }

  #sweepLater(): void {
    this.#timeline.setBackgroundTimer(this.#actor, sweepIntervalUs, () => {
      this.#sweep();
      this.#sweepLater();
    });
  }

  #sweep(): void {
    this.#sweeps++;
    for (const [modRevision, key] of this.#refused.splice(0)) this.#forget(key, modRevision);
    while ((this.#written[0]?.sweep ?? Infinity) <= this.#sweeps) {
      if ((this.#written[0]?.deferred ?? 0) > 0) this.#store.direct?.makeDeferred?.();
      const { keys, revisions } = this.#written.shift() as Stretch;
      for (const [modRevision, key] of inOrder(keys, revisions)) {
        this.#forget(key, modRevision);
      }
    }
  }

  #forget(key: string, modRevision: number): void {
    // Written again since: then a later entry of the queue speaks for it.
    const compares = [{ key, modRevision }];
    this.#store.transact({ compares, then: [{ type: "delete", key }] }, (error) => {
      if (error !== undefined) this.#refused.push([modRevision, key]);
    });
  }
}

/** Events that are due at the same sweep. */
interface Stretch {
  /** Its number. */
  readonly sweep: number;
  readonly keys: string[];
  readonly revisions: number[];
  /** How many more there are whose keys are yet to be made. */
  deferred: number;
}

/** By revision: what was deferred came later than it was written. */
function inOrder(keys: readonly string[], revisions: readonly number[]) {
  return keys
    .map((key, index) => [revisions[index] as number, key] as const)
    .toSorted(([left], [right]) => left - right);
}
