import type { ActorRef, Timeline } from "../../kernel/timeline.ts";
import type { Store } from "../store/store.ts";
import type { StoredObject } from "./stored/stored-object.ts";

/** History older than one to two of these is compacted, µs. @see etcd3 `compact.go`: 5 minutes */
const intervalUs = 300_000_000;
/** And history of more changes than one to two times this. @see etcd `--auto-compaction-mode=revision` */
export const historyChangesMaxDefault = 100_000;

/** Lets the store forget its history, once every reader had time to read it. */
export class Compaction {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #store: Store<StoredObject>;
  readonly #historyChangesMax: number;
  #compactTo = 0;
  #compactedTo = 1;
  #tooLongAt: number;

  /** @param historyChangesMax Changes of history kept, at least, when there are many. */
  constructor(
    timeline: Timeline,
    actor: ActorRef,
    store: Store<StoredObject>,
    historyChangesMax: number,
  ) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#store = store;
    this.#historyChangesMax = historyChangesMax;
    this.#tooLongAt = 2 * historyChangesMax;
  }

  start(): void {
    this.#timeline.setBackgroundTimer(this.#actor, intervalUs, () => {
      this.#compact();
      this.start();
    });
  }

  /** A cluster that writes much would keep more history than objects: it keeps the latest changes. */
  noticedChange(): void {
    const { revision } = this.#store;
    if (revision < this.#tooLongAt) return;
    this.#tooLongAt = revision + this.#historyChangesMax;
    // Later, for a watch's handler does not write.
    this.#timeline.setBackgroundTimer(this.#actor, 0, () =>
      this.#compactBefore(revision - this.#historyChangesMax),
    );
  }

  /** Compacts to where the store was one interval ago, so that every reader has that long. */
  #compact(): void {
    const { revision } = this.#store;
    this.#compactBefore(this.#compactTo);
    this.#compactTo = revision;
  }

  #compactBefore(revision: number): void {
    if (revision > this.#compactedTo) this.#store.compact(revision, () => {});
    this.#compactedTo = Math.max(this.#compactedTo, revision);
  }
}
