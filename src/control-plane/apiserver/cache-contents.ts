import { type Change, prefixEnd, type Store } from "../store/store.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import type { Retell } from "./watch-cache.ts";

/** The objects a watch cache knows, by their keys in the store. */
export interface CacheContents extends Iterable<readonly [string, StoredObject]> {
  get(key: string): StoredObject | undefined;
  set(key: string, stored: StoredObject): unknown;
  delete(key: string): unknown;
  clear(): void;
  values(): Iterable<StoredObject>;
}

/**
 * What is in the store, for a cache that is never behind it: a store that answers at once need not be
 * kept twice.
 */
export class StoreContents implements CacheContents {
  readonly #store: Store<StoredObject>;
  readonly #prefix: string;

  constructor(store: Store<StoredObject>, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  get(key: string): StoredObject | undefined {
    return this.#store.direct?.get(key)?.value;
  }

  /** The store has it already. */
  set(): void {}

  delete(): void {}

  clear(): void {}

  *[Symbol.iterator](): Generator<readonly [string, StoredObject], void, undefined> {
    let items: Iterable<{ readonly key: string; readonly value: StoredObject }> = [];
    const range = { key: this.#prefix, rangeEnd: prefixEnd(this.#prefix) };
    this.#store.range(range, (_error, result) => {
      items = result.items;
    });
    for (const { key, value } of items) yield [key, value];
  }

  *values(): Generator<StoredObject, void, undefined> {
    for (const [, stored] of this) yield stored;
  }
}

/** What changed under a prefix, from a store that answers at once. */
export function retellFrom(store: Store<StoredObject>, prefix: string): Retell {
  return (afterRevision) => {
    const changes: Change<StoredObject>[] = [];
    let fromRevision = afterRevision;
    const read = (): void => {
      const reading = store.watch({
        prefix,
        afterRevision: fromRevision,
        onChanges: (told) => void changes.push(...told),
        onCompacted: (compactedRevision) => {
          fromRevision = compactedRevision;
        },
      });
      reading.cancel();
    };
    read();
    if (fromRevision > afterRevision) read();
    return { fromRevision, changes };
  };
}
