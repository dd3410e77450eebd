import { invariant } from "../../../kernel/invariant.ts";
import type { Change, WatchRequest } from "../store.ts";
import { isWatched } from "../watchers.ts";
import { isSame, type ObservedHistory } from "./observed-history.ts";

/** What was told, until the observer has heard of it, too. */
type Told<V> =
  | { readonly revision: number; readonly changes: readonly Change<V>[] }
  | { readonly revision: number; readonly changes: undefined };

/**
 * Holds one watch to its promises: its changes come in order, once each, none left out, none split,
 * none that it is not about, each with what was there before.
 *
 * @see etcd `tests/robustness/validate/watch.go`
 */
export class WatchCheck<V> {
  readonly #request: WatchRequest<V>;
  readonly #history: ObservedHistory<V>;
  readonly #told: Told<V>[] = [];
  /** Everything up to here was told. */
  #revision: number;

  constructor(request: WatchRequest<V>, history: ObservedHistory<V>) {
    this.#request = request;
    this.#history = history;
    this.#revision = request.afterRevision;
  }

  changes(changes: readonly Change<V>[]): void {
    this.#told.push({ revision: changes[0]?.revision ?? 0, changes });
    this.settle();
  }

  progress(revision: number): void {
    this.#told.push({ revision, changes: undefined });
    this.settle();
  }

  /** Checks what was told, as far as it is known what was to be told. */
  settle(): void {
    for (;;) {
      const [told] = this.#told;
      if (told === undefined || told.revision > this.#history.revision) return;
      this.#told.shift();
      this.#requireNothingLeftOut(told.revision - (told.changes === undefined ? 0 : 1));
      if (told.changes !== undefined) this.#requireExact(told.revision, told.changes);
      this.#revision = Math.max(this.#revision, told.revision);
    }
  }

  #requireExact(revision: number, changes: readonly Change<V>[]): void {
    invariant(
      revision > this.#revision,
      `WatchOrdered: revision ${revision} was told after ${this.#revision}`,
    );
    for (const change of changes) {
      invariant(change.revision === revision, `WatchAtomic: ${revision} came with others`);
      invariant(
        this.#isWanted(change),
        `WatchFilter: ${change.type} ${change.key} was told to who did not ask`,
      );
    }
    if (!this.#history.reachesBackTo(revision - 1)) return;
    const expected = this.#history.changesAt(revision).filter((change) => this.#isWanted(change));
    invariant(
      expected.length === changes.length,
      `WatchReliable: of ${expected.length} changes at ${revision} ${changes.length} were told`,
    );
    for (const [index, { type, key, current, previous }] of expected.entries()) {
      const told = changes[index] as Change<V>;
      const hasPrevious = this.#request.withoutPrevious || isSame(told.previous, previous);
      const isExact = told.type === type && told.key === key && isSame(told.current, current);
      invariant(isExact && hasPrevious, `WatchReliable: ${key} at ${revision} was told wrongly`);
    }
  }

  #requireNothingLeftOut(upTo: number): void {
    for (let revision = this.#revision + 1; revision <= upTo; revision++) {
      if (!this.#history.reachesBackTo(revision - 1)) continue;
      const missed = this.#history.changesAt(revision).find((change) => this.#isWanted(change));
      invariant(
        missed === undefined,
        `WatchReliable: ${missed?.type} ${missed?.key} at ${revision} was not told`,
      );
    }
  }

  #isWanted({ type, key }: Change<V>): boolean {
    return type !== this.#request.without && isWatched(this.#request, key);
  }
}
