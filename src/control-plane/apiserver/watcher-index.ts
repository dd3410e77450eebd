import type { StoredObject } from "./stored/stored-object.ts";
import type { KnownChange, Watcher } from "./watcher.ts";

/** Watchers that demand one value of one field: a change asks those of its own values, no others. */
export class WatcherIndex {
  readonly field: string;
  readonly #read: (stored: StoredObject) => string;
  readonly #byValue = new Map<string, Set<Watcher>>();
  /** Those that want no more than specs: a status looks for none of them. */
  readonly #quietByValue = new Map<string, Set<Watcher>>();

  constructor(field: string, read: (stored: StoredObject) => string) {
    this.field = field;
    this.#read = read;
  }

  get isEmpty(): boolean {
    return this.#byValue.size === 0 && this.#quietByValue.size === 0;
  }

  /** Whether somebody here wants no more than specs. */
  get hasQuiet(): boolean {
    return this.#quietByValue.size > 0;
  }

  add(value: string, watcher: Watcher): void {
    const watchers = this.#watchers(watcher);
    const known = watchers.get(value);
    if (known === undefined) watchers.set(value, new Set([watcher]));
    else known.add(watcher);
  }

  remove(value: string, watcher: Watcher): void {
    const watchers = this.#watchers(watcher);
    const known = watchers.get(value);
    known?.delete(watcher);
    if (known?.size === 0) watchers.delete(value);
  }

  clear(): void {
    this.#byValue.clear();
    this.#quietByValue.clear();
  }

  *all(): Generator<Watcher, void, undefined> {
    for (const watchers of this.#byValue.values()) yield* watchers;
    for (const watchers of this.#quietByValue.values()) yield* watchers;
  }

  /** @param isStatus Whether spec, node and deletion are as they were. */
  dispatch(change: KnownChange, isStatus: boolean): void {
    const current = change.current && this.#read(change.current.value);
    const previous = change.previous && this.#read(change.previous.value);
    this.#offer(this.#byValue, change, current, previous);
    if (!isStatus) this.#offer(this.#quietByValue, change, current, previous);
  }

  #offer(
    watchers: ReadonlyMap<string, ReadonlySet<Watcher>>,
    change: KnownChange,
    current: string | undefined,
    previous: string | undefined,
  ): void {
    if (watchers.size === 0) return;
    const isSame = current === previous;
    if (current !== undefined) this.#offerAll(watchers.get(current), change, true, isSame);
    if (previous !== undefined && !isSame)
      this.#offerAll(watchers.get(previous), change, false, true);
  }

  #offerAll(
    watchers: ReadonlySet<Watcher> | undefined,
    change: KnownChange,
    isIn: boolean,
    wasIn: boolean,
  ): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      if (watcher.demands === this.field) watcher.tell(change, isIn, wasIn);
      else watcher.offer(change);
    }
  }

  #watchers({ specsOnly }: Watcher): Map<string, Set<Watcher>> {
    return specsOnly ? this.#quietByValue : this.#byValue;
  }
}
