import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeferredValues } from "../../../src/control-plane/store/deferred-puts.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import { prefixEnd } from "../../../src/control-plane/store/store.ts";
import { rangeOf, retoldBy } from "./read-back.ts";
import { stamp, type Stamped, value } from "./store-under-test.ts";

/** Numbered keys and values under a prefix, and how many of them were made. */
class Numbered implements DeferredValues<Stamped> {
  readonly prefix: string;
  madeCount = 0;
  #first = 0;

  constructor(prefix = "/e/") {
    this.prefix = prefix;
  }

  keyOf(index: number): string {
    return keyOf(this.prefix, this.#first + index);
  }

  valueOf(index: number): Stamped {
    return value(`event ${this.#first + index}`);
  }

  made(written: readonly unknown[]): void {
    this.#first += written.length;
    this.madeCount += written.length;
  }
}

/** In no order that follows the numbers. */
function keyOf(prefix: string, number: number): string {
  return `${prefix}${(number * 7) % 10}-${number}`;
}

function aStore() {
  return new MemoryStore<Stamped>(stamp);
}

type Step =
  | { readonly type: "event" }
  | { readonly type: "put"; readonly key: string }
  | { readonly type: "countUp" | "remove"; readonly event: number }
  | { readonly type: "compact"; readonly back: number }
  | {
      readonly type: "range";
      readonly prefix: string;
      readonly back: number;
      readonly limit: number;
    }
  | { readonly type: "retell"; readonly prefix: string; readonly back: number };

const prefix = fc.constantFrom("/", "/e/", "/d/", "/f");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("event" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("put" as const),
      key: fc.constantFrom("/d/1", "/f/1"),
    }),
  },
  fc.record({ type: fc.constantFrom("countUp" as const, "remove" as const), event: fc.nat(20) }),
  fc.record({ type: fc.constant("compact" as const), back: fc.nat(6) }),
  fc.record({ type: fc.constant("range" as const), prefix, back: fc.nat(12), limit: fc.nat(3) }),
  fc.record({ type: fc.constant("retell" as const), prefix, back: fc.nat(12) }),
);

describe("a put that is deferred", () => {
  test("reads as one that is made at once, whenever and however it is read", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const plain = new Driven(false);
        const deferring = new Driven(true);
        for (const each of steps) expect(deferring.do(each)).toEqual(plain.do(each));
        expect(deferring.all()).toEqual(plain.all());
      }),
      { numRuns: 300 },
    );
  });

  test("is not made before somebody reads under its prefix", () => {
    const store = aStore();
    const values = new Numbered();
    for (let count = 0; count < 5; count++) expect(store.direct?.defer?.(values)).toBe(true);
    store.direct?.replace("/d/1", 0, value("other"));
    rangeOf(store, { key: "/d/", rangeEnd: prefixEnd("/d/") });
    rangeOf(store, { key: "/d/1" });
    expect(values.madeCount).toBe(0);
    expect(store.revision).toBe(7);

    expect(
      rangeOf(store, { key: "/e/", rangeEnd: prefixEnd("/e/"), countOnly: true }),
    ).toMatchObject({
      count: 5,
    });
    expect(values.madeCount).toBe(5);
  });

  test("is found by its key, also after nothing was found there", () => {
    const store = aStore();
    const values = new Numbered();
    const key = keyOf("/e/", 0);
    expect(store.direct?.get(key)).toBeUndefined();
    store.direct?.defer?.(values);
    expect(store.direct?.get(key)).toMatchObject({ modRevision: 2, value: { text: "event 0" } });
  });

  test("is refused while somebody watches there who wants to see it, and not afterwards", () => {
    const store = aStore();
    const values = new Numbered();
    const watch = (watched: string) =>
      store.watch({
        prefix: watched,
        afterRevision: 1,
        onChanges: () => {},
        onCompacted: () => {},
      });
    watch("/d/");
    expect(store.direct?.defer?.(values)).toBe(true);
    const all = watch("/");
    expect(store.direct?.defer?.(values)).toBe(false);
    all.cancel();
    const one = store.watch({
      key: "/e/1",
      afterRevision: 1,
      onChanges: () => {},
      onCompacted: () => {},
    });
    expect(store.direct?.defer?.(values)).toBe(false);
    one.cancel();
    expect(store.direct?.defer?.(values)).toBe(true);
    expect(store.revision).toBe(3);
  });

  test("is heard of by watchers that can do without its value", () => {
    const store = aStore();
    const heard: (number | string)[] = [];
    store.watch({
      prefix: "/",
      afterRevision: 1,
      onChanges: (changes) => heard.push(...changes.map(({ key }) => key)),
      onDeferred: (revision) => heard.push(revision),
      onCompacted: () => {},
    });
    store.direct?.defer?.(new Numbered());
    store.direct?.replace("/d/1", 0, value("other"));
    expect(heard).toEqual([2, "/d/1"]);
  });

  test("is refused where others put, since its key may be taken", () => {
    const before = aStore();
    before.direct?.replace("/e/x", 0, value("theirs"));
    expect(before.direct?.defer?.(new Numbered())).toBe(false);

    const after = aStore();
    const values = new Numbered();
    expect(after.direct?.defer?.(values)).toBe(true);
    after.direct?.replace("/e/x", 0, value("theirs"));
    expect(after.direct?.defer?.(values)).toBe(false);
    expect(after.revision).toBe(3);
  });
});

/** A store to which events are deferred, or not. */
class Driven {
  readonly #store = aStore();
  readonly #values = new Numbered();
  readonly #defers: boolean;
  #events = 0;
  #compacted = 0;

  constructor(defers: boolean) {
    this.#defers = defers;
  }

  do(step: Step): unknown {
    const store = this.#store;
    const { direct } = store;
    switch (step.type) {
      case "event": {
        const number = this.#events++;
        if (this.#defers) expect(direct?.defer?.(this.#values)).toBe(true);
        else direct?.replace(keyOf("/e/", number), 0, value(`event ${number}`));
        return store.revision;
      }
      case "put":
        direct?.replace(step.key, direct.get(step.key)?.modRevision ?? 0, value("put"));
        return store.revision;
      case "countUp":
      case "remove": {
        const key = keyOf("/e/", step.event);
        const found = direct?.get(key);
        if (found === undefined) return store.revision;
        const next = step.type === "remove" ? undefined : value("again");
        return { ...direct?.replace(key, found.modRevision, next) };
      }
      case "compact": {
        const revision = store.revision - step.back;
        if (revision <= this.#compacted || revision < 1) return undefined;
        this.#compacted = revision;
        store.compact(revision, () => {});
        return revision;
      }
      case "range": {
        const { prefix: key, back, limit } = step;
        const revision = Math.max(store.revision - back, 1);
        return rangeOf(store, { key, rangeEnd: prefixEnd(key), limit, revision });
      }
      case "retell":
        return retoldBy(this.#store, step.prefix, Math.max(store.revision - step.back, 0));
    }
  }

  all(): unknown {
    return [
      rangeOf(this.#store, { key: "/", rangeEnd: prefixEnd("/") }),
      retoldBy(this.#store, "/", this.#compacted),
    ];
  }
}
