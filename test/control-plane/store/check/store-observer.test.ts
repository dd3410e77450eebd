import { describe, expect, test } from "vitest";
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
    const observer = new StoreObserver<Stamped>({ items: [], revision: 1 }, codec);
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
    ["less", aStore("a"), /RVMonotonic at revision 3: it was told, and 2 is left of it$/],
    [
      "something else",
      aStore("a", "c"),
      /LinearizableKV at revision 3, key c: it is not what was told/,
    ],
    [
      "another version of it",
      aStore("b", "a"),
      /LinearizableKV at revision 3, key [ab]: it is not what was told/,
    ],
  ])("is not %s", (_name, recovered, words) => {
    expect(() => observing("a", "b").followRecovered(recovered)).toThrow(words);
  });
});
