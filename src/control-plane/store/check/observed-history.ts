import { invariant } from "../../../kernel/invariant.ts";
import type { Change, KeyValue } from "../store.ts";

/** Revisions whose changes are remembered, to look back at. */
const revisionsMax = 4_096;

/**
 * What an observer of all changes knows: each key as it is, and what the last revisions changed.
 * Every change has to fit what was before it.
 */
export class ObservedHistory<V> {
  readonly #now = new Map<string, KeyValue<V>>();
  /** By revision, oldest first; none is missing. */
  readonly #recent = new Map<number, readonly Change<V>[]>();
  #oldest: number;
  #revision: number;

  /** @param items All there is at `revision`. */
  constructor(items: readonly KeyValue<V>[], revision: number) {
    for (const item of items) this.#now.set(item.key, item);
    this.#revision = revision;
    this.#oldest = revision + 1;
  }

  /** The last revision that was observed. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether all changes after `revision` are remembered. */
  reachesBackTo(revision: number): boolean {
    return revision + 1 >= this.#oldest;
  }

  take(changes: readonly Change<V>[]): void {
    const revision = changes[0]?.revision ?? 0;
    invariant(
      revision === this.#revision + 1,
      `RVMonotonic: revision ${revision} was written after ${this.#revision}`,
    );
    for (const change of changes) {
      invariant(change.revision === revision, `WatchAtomic: revision ${revision} was split`);
      this.#take(change);
    }
    this.#revision = revision;
    this.#recent.set(revision, changes);
    if (this.#recent.size > revisionsMax) this.#recent.delete(this.#oldest++);
  }

  changesAt(revision: number): readonly Change<V>[] {
    return this.#recent.get(revision) ?? [];
  }

  /** A key as of a revision that is remembered. */
  at(key: string, revision: number): KeyValue<V> | undefined {
    for (let later = revision + 1; later <= this.#revision; later++) {
      const change = this.changesAt(later).find((each) => each.key === key);
      if (change !== undefined) return change.previous;
    }
    return this.#now.get(key);
  }

  #take({ type, key, revision, current, previous }: Change<V>): void {
    const before = this.#now.get(key);
    const where = `${key} at ${revision}`;
    invariant(isSame(previous, before), `WatchPrevKV: ${where} follows what was not there`);
    if (type === "delete") {
      invariant(before !== undefined, `LinearizableKV: ${where} was deleted, but was not there`);
      this.#now.delete(key);
      return;
    }
    const follows =
      current?.key === key &&
      current.modRevision === revision &&
      current.version === (before?.version ?? 0) + 1 &&
      current.createRevision === (before?.createRevision ?? revision);
    invariant(follows, `LinearizableKV: ${where} does not follow what was there`);
    this.#now.set(key, current);
  }
}

/** Whether this is one and the same version of a key. */
export function isSame<V>(left: KeyValue<V> | undefined, right: KeyValue<V> | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    left.key === right.key &&
    left.modRevision === right.modRevision &&
    left.createRevision === right.createRevision &&
    left.version === right.version &&
    left.lease === right.lease
  );
}
