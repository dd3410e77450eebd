import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeferredValues } from "../../../src/control-plane/store/deferred-puts.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import { type Pulse, type PulseSource, prefixEnd } from "../../../src/control-plane/store/store.ts";
import { rangeOf, retoldBy } from "./read-back.ts";
import { stamp, type Stamped, value } from "./store-under-test.ts";

const prefix = "/l/";

/** A key whose values are beats, and how many of them were made. */
class Beats implements PulseSource<Stamped> {
  readonly key: string;
  made = 0;

  constructor(key: string) {
    this.key = key;
  }

  mayFollow({ text }: Stamped): boolean {
    return text.startsWith("beat");
  }

  valueAt(number: number): Stamped {
    this.made++;
    return value(`beat ${number}`);
  }
}

/** Another kind of writes that are deferred: they have places in the same log. */
class Events implements DeferredValues<Stamped> {
  readonly prefix = "/e/";
  #made = 0;

  keyOf(index: number): string {
    return `/e/${this.#made + index}`;
  }

  valueOf(index: number): Stamped {
    return value(`event ${this.#made + index}`);
  }

  made(written: readonly unknown[]): void {
    this.#made += written.length;
  }
}

const key = fc.constantFrom("/l/1", "/l/2", "/l/3");
const under = fc.constantFrom("/", "/l/", "/d/", "/l/2");
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant("beat" as const), key }) },
  fc.record({ type: fc.constant("create" as const), key }),
  fc.record({ type: fc.constant("event" as const) }),
  fc.record({
    type: fc.constant("put" as const),
    key: fc.constantFrom("/l/1", "/l/4", "/d/1"),
    text: fc.constantFrom("beat by others", "else"),
  }),
  fc.record({ type: fc.constant("remove" as const), key }),
  fc.record({ type: fc.constant("get" as const), key }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant("compact" as const), back: fc.nat(6) }) },
  fc.record({
    type: fc.constant("range" as const),
    under,
    back: fc.nat(12),
    limit: fc.nat(3),
  }),
  fc.record({ type: fc.constant("retell" as const), under, back: fc.nat(12) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

describe("an update that is deferred", () => {
  test("reads as one that is made at once, whenever and however it is read", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const plain = new Driven(false);
        const deferring = new Driven(true);
        for (const each of steps) expect(deferring.do(each)).toEqual(plain.do(each));
        for (const back of [0, 3, 9]) {
          const [range, retell] = lastSteps(back);
          expect(deferring.do(range)).toEqual(plain.do(range));
          expect(deferring.do(retell)).toEqual(plain.do(retell));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("is not made before somebody reads under its prefix, nor when it is compacted before", () => {
    const store = new MemoryStore<Stamped>(stamp);
    const beats = new Beats("/l/1");
    store.direct?.replace("/l/1", 0, value("beat 0"));
    const pulse = store.direct?.pulse?.(prefix, beats) as Pulse<Stamped>;
    for (let number = 1; number <= 5_000; number++) {
      expect(store.direct?.beat?.(pulse, number)).toBe(number + 2);
    }
    store.compact(5_000, () => {});
    store.direct?.replace("/d/1", 0, value("other"));
    expect(store.direct?.get("/d/1")?.modRevision).toBe(5_003);
    expect(beats.made).toBe(0);

    expect(store.direct?.get("/l/1")).toMatchObject({
      value: { text: "beat 5000", revision: 5_002 },
      modRevision: 5_002,
      createRevision: 2,
      version: 5_001,
    });
    expect(beats.made).toBeLessThan(1_000);
  });

  test("is refused where there is nothing to follow, and while somebody watches there", () => {
    const store = new MemoryStore<Stamped>(stamp);
    const pulse = store.direct?.pulse?.(prefix, new Beats("/l/1")) as Pulse<Stamped>;
    expect(store.direct?.beat?.(pulse, 1)).toBeUndefined();
    store.direct?.replace("/l/1", 0, value("else"));
    expect(store.direct?.beat?.(pulse, 1)).toBeUndefined();
    store.direct?.replace("/l/1", 2, value("beat 1"));
    expect(store.direct?.beat?.(pulse, 2)).toBe(4);

    const changes: string[] = [];
    const watch = store.watch({
      prefix,
      afterRevision: 3,
      onChanges: (told) => changes.push(...told.map(({ current }) => current?.value.text ?? "")),
      onCompacted: () => {},
    });
    expect(changes).toEqual(["beat 2"]);
    expect(store.direct?.beat?.(pulse, 3)).toBeUndefined();
    watch.cancel();
    expect(store.direct?.beat?.(pulse, 3)).toBe(5);
    expect(store.direct?.pulse?.("/other/", new Beats("/other/1"))).toBeUndefined();
  });
});

function lastSteps(back: number): readonly [Step, Step] {
  return [
    { type: "range", under: "/", back, limit: 0 },
    { type: "retell", under: "/", back },
  ];
}

/** A store to which beats are deferred, or not. */
class Driven {
  readonly #store = new MemoryStore<Stamped>(stamp);
  readonly #events = new Events();
  readonly #pulses = new Map<string, Pulse<Stamped>>();
  readonly #defers: boolean;
  #count = 0;
  #compacted = 0;

  constructor(defers: boolean) {
    this.#defers = defers;
  }

  do(step: Step): unknown {
    const store = this.#store;
    const { direct } = store;
    switch (step.type) {
      case "beat":
        this.#beat(step.key, ++this.#count);
        return store.revision;
      case "create":
        direct?.replace(step.key, 0, value(`beat ${++this.#count}`));
        return store.revision;
      case "event":
        if (this.#defers) direct?.defer?.(this.#events);
        else direct?.replace(this.#events.keyOf(0), 0, value(this.#events.valueOf(0).text));
        if (!this.#defers) this.#events.made([1]);
        return store.revision;
      case "put":
        direct?.replace(step.key, direct.get(step.key)?.modRevision ?? 0, value(step.text));
        return store.revision;
      case "remove":
        return {
          ...direct?.replace(step.key, direct.get(step.key)?.modRevision ?? 0, undefined),
        };
      case "get":
        return { ...direct?.get(step.key) };
      case "compact": {
        const revision = store.revision - step.back;
        if (revision <= this.#compacted || revision < 1) return undefined;
        this.#compacted = revision;
        store.compact(revision, () => {});
        return revision;
      }
      case "range": {
        const { under: start, back, limit } = step;
        const revision = Math.max(store.revision - back, 1);
        return rangeOf(this.#store, { key: start, rangeEnd: prefixEnd(start), limit, revision });
      }
      case "retell":
        return retoldBy(this.#store, step.under, Math.max(store.revision - step.back, 0));
    }
  }

  #beat(at: string, number: number): void {
    const { direct } = this.#store;
    if (this.#defers) {
      const pulse = this.#pulses.get(at) ?? direct?.pulse?.(prefix, new Beats(at));
      if (pulse === undefined) throw new Error("no pulse");
      this.#pulses.set(at, pulse);
      direct?.beat?.(pulse, number);
      return;
    }
    const found = direct?.get(at);
    if (found?.value.text.startsWith("beat") !== true) return;
    direct?.replace(at, found.modRevision, value(`beat ${number}`));
  }
}
