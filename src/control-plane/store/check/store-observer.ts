import { type Change, type Codec, prefixEnd, type RangeResult, type Store } from "../store.ts";
import { type Breach, BrokenPromiseError } from "./broken-promise.ts";
import { ObservedHistory } from "./observed-history.ts";

/** Deferred puts that are not looked at, at most: fewer than the history remembers. */
const deferredMax = 1_000;

/** Hears of every change that a store tells of, and holds it to what it told before. */
export class StoreObserver<V> {
  readonly history: ObservedHistory<V>;
  readonly #listeners: (() => void)[] = [];
  /** Revisions of deferred puts whose changes were not looked at yet, oldest first. */
  #unseen = new Set<number>();
  #deferredPrefix = "";
  #store: Store<V> | undefined;
  #broken: BrokenPromiseError | undefined;

  /** @param start All there is in the store that it will follow. */
  constructor(start: Pick<RangeResult<V>, "items" | "revision">, codec: Codec<V>) {
    this.history = new ObservedHistory(start, codec, this.breach);
  }

  readonly breach: Breach = (promise, place, what) => {
    this.#broken ??= new BrokenPromiseError(promise, place, what);
    throw this.#broken;
  };

  /** Calls `listener` after each change. */
  onObserved(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Observes a store that was observed up to now, if it was begun before. */
  follow(store: Store<V>): void {
    this.#store = store;
    store.watch({
      prefix: "",
      afterRevision: this.history.revision,
      onChanges: (changes) => this.#observe(changes),
      onDeferred: (revision) => {
        this.history.noteDeferred(revision);
        this.#unseen.add(revision);
      },
      onCompacted: (revision) => this.#lost(revision),
    });
  }

  /** Observes what a store that answers at once has become after a crash. */
  followRecovered(store: Store<V>): void {
    const { revision } = this.history;
    if (store.revision < revision) {
      this.breach("RVMonotonic", { revision }, `it was told, and ${store.revision} is left of it`);
    }
    const all = { key: "", rangeEnd: prefixEnd(""), revision };
    store.range(all, (error, result) => {
      if (error === undefined) this.history.requireAll(result.items);
      else this.breach("LinearizableKV", { revision }, `it cannot be read: ${error.message}`);
    });
    this.follow(store);
  }

  /** Before anything is asked: of one key, or of who knows what. */
  begin(key = this.#deferredPrefix): void {
    this.#requireUnbroken();
    if (key.startsWith(this.#deferredPrefix)) this.#catchUp();
  }

  /** Puts under a prefix are about to be deferred. */
  deferringTo(prefix: string): void {
    this.#requireUnbroken();
    this.#deferredPrefix = prefix;
  }

  /** One was deferred: too many are not left unseen. */
  deferred(): void {
    if (this.#unseen.size >= deferredMax) this.#catchUp();
  }

  #observe(changes: readonly Change<V>[]): void {
    this.#requireUnbroken();
    if (changes.some(({ key }) => key.startsWith(this.#deferredPrefix))) this.#catchUp();
    this.history.take(changes);
    for (const listener of this.#listeners) listener();
  }

  /** Somebody looks at what was deferred, so what was put then is known from now on. */
  #catchUp(): void {
    const [first] = this.#unseen;
    if (first === undefined) return;
    const missing = this.#unseen;
    this.#unseen = new Set();
    const watch = this.#store?.watch({
      prefix: "",
      afterRevision: first - 1,
      onChanges: (changes) => {
        if (missing.delete(changes[0]?.revision ?? 0)) this.history.takeDeferred(changes);
      },
      onCompacted: (revision) => this.#lost(revision),
    });
    watch?.cancel();
    const [revision] = missing;
    if (revision === undefined) return;
    this.breach("WatchReliable", { revision }, "a deferred put was not told when it was made");
  }

  #lost(revision: number): never {
    return this.breach(
      "WatchReliable",
      { revision },
      "it was compacted before an observer was told",
    );
  }

  /** Who swallows an error does not go on with a broken store. */
  #requireUnbroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }
}
