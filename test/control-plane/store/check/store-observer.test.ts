import { describe, expect, test } from "vitest";
import { ObservedHistory } from "../../../../src/control-plane/store/check/observed-history.ts";
import { StoreObserver } from "../../../../src/control-plane/store/check/store-observer.ts";
import { MemoryStore } from "../../../../src/control-plane/store/memory-store.ts";
import { codec, type Stamped, stamp, value } from "../store-under-test.ts";

function aStore(...texts: readonly string[]): MemoryStore<Stamped> {
  const store = new MemoryStore<Stamped>(stamp, { codec });
  for (const text of texts) write(store, text);
  return store;
}

function write(store: MemoryStore<Stamped>, text: string): void {
  const key = text.slice(0, 1);
  const then = [{ type: "put" as const, key, value: value(text) }];
  store.transact({ compares: [], then }, () => {});
}

describe("what a store has become after a crash", () => {
  /** An observer of a store in which so much was written. */
  const observing = (...texts: readonly string[]): StoreObserver<Stamped> => {
    const observer = new StoreObserver(new ObservedHistory<Stamped>([], 1));
    observer.follow(aStore(...texts));
    return observer;
  };

  test("may be what it told, and more, and is observed from there on", () => {
    const observer = observing("a", "b");
    const recovered = aStore("a", "b", "c");
    observer.followRecovered(recovered);
    write(recovered, "d");
    expect(observer.history.revision).toBe(5);
  });

  test.each([
    ["less", aStore("a"), /^broken invariant: RVMonotonic: 3 was told, and 2 is left of it$/],
    ["something else", aStore("a", "c"), /LinearizableKV: c at 3 is not what was told/],
    ["another version of it", aStore("b", "a"), /LinearizableKV: [ab] at 3 is not what was told/],
  ])("is not %s", (_name, recovered, words) => {
    expect(() => observing("a", "b").followRecovered(recovered)).toThrow(words);
  });
});
