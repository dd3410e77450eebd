import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import {
  CompactedError,
  FutureRevisionError,
} from "../../../src/control-plane/store/store-errors.ts";
import {
  type DeleteOperation,
  type KeyValue,
  type PutOperation,
} from "../../../src/control-plane/store/store.ts";

const keys = ["/a/1", "/a/2", "/a/3", "/b/1", "/b/2"] as const;
const key = fc.constantFrom(...keys);

type Write = PutOperation<number> | DeleteOperation;

type Step =
  | {
      readonly type: "transact";
      readonly compare: "none" | "right" | "wrong" | "absent";
      readonly operations: readonly { readonly type: "put" | "delete"; readonly key: string }[];
    }
  | {
      readonly type: "range";
      readonly prefix: string;
      readonly limit: number;
      readonly back: number;
    }
  | { readonly type: "watch"; readonly prefix: string; readonly back: number }
  | { readonly type: "cancel"; readonly watch: number }
  | { readonly type: "compact"; readonly back: number };

const prefix = fc.constantFrom("/a/", "/b/", "/");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("transact" as const),
      compare: fc.constantFrom(
        "none" as const,
        "none" as const,
        "right" as const,
        "wrong" as const,
        "absent" as const,
      ),
      operations: fc.uniqueArray(
        fc.record({
          type: fc.constantFrom("put" as const, "put" as const, "delete" as const),
          key,
        }),
        { minLength: 1, maxLength: 3, selector: (operation) => operation.key },
      ),
    }),
  },
  fc.record({ type: fc.constant("range" as const), prefix, limit: fc.nat(3), back: fc.nat(8) }),
  fc.record({ type: fc.constant("watch" as const), prefix, back: fc.integer({ min: -2, max: 8 }) }),
  fc.record({ type: fc.constant("cancel" as const), watch: fc.nat(3) }),
  fc.record({ type: fc.constant("compact" as const), back: fc.integer({ min: -1, max: 6 }) }),
);

/** Keeps every state there ever was: what etcd's semantics are, without a thought for cost. */
class NaiveStore {
  /** By revision; the first is revision 1, of an empty store. */
  readonly states: ReadonlyMap<string, KeyValue<number>>[] = [new Map(), new Map()];
  readonly changes: { readonly revision: number; readonly text: string; readonly key: string }[] =
    [];
  compactedRevision = 0;

  get revision(): number {
    return this.states.length - 1;
  }

  get now(): ReadonlyMap<string, KeyValue<number>> {
    return this.states.at(-1) as ReadonlyMap<string, KeyValue<number>>;
  }

  apply(operations: readonly Write[]): void {
    const revision = this.revision + 1;
    const next = new Map(this.now);
    const written: string[] = [];
    for (const operation of operations) {
      const before = next.get(operation.key);
      if (operation.type === "delete") {
        if (!next.delete(operation.key)) continue;
      } else {
        next.set(operation.key, {
          key: operation.key,
          value: operation.value + revision * 1_000,
          createRevision: before?.createRevision ?? revision,
          modRevision: revision,
          version: (before?.version ?? 0) + 1,
          lease: 0n,
        });
      }
      written.push(operation.key);
      this.changes.push({
        revision,
        key: operation.key,
        text: `${operation.type} ${operation.key}@${revision}`,
      });
    }
    if (written.length > 0) this.states.push(next);
  }

  rangeAt(start: string, revision: number): readonly KeyValue<number>[] {
    return [...(this.states[revision] ?? [])]
      .map(([, item]) => item)
      .filter((item) => item.key.startsWith(start))
      .toSorted((left, right) => (left.key < right.key ? -1 : 1));
  }
}

describe("the memory store", () => {
  test("does what a store that keeps every state does, whatever is asked of it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const store = new MemoryStore<number>((value, revision) => value + revision * 1_000);
        const model = new NaiveStore();
        const watches: {
          heard: string[];
          expected: () => readonly string[];
          cancel: () => void;
        }[] = [];
        for (const [index, one] of steps.entries()) {
          play(one, index);
          expect(store.revision).toBe(model.revision);
        }
        for (const { heard, expected } of watches) expect(heard).toEqual(expected());

        function play(one: Step, index: number): void {
          switch (one.type) {
            case "transact": {
              const operations = one.operations.map((operation): Write =>
                operation.type === "put"
                  ? { ...operation, type: "put", value: index }
                  : { type: "delete", key: operation.key },
              );
              const first = operations[0] as Write;
              const current = model.now.get(first.key)?.modRevision ?? 0;
              const modRevision = { none: current, right: current, wrong: current + 1, absent: 0 }[
                one.compare
              ];
              const compares = one.compare === "none" ? [] : [{ key: first.key, modRevision }];
              const succeeds = modRevision === current;
              if (succeeds) model.apply(operations);
              store.transact({ compares, then: operations }, (error, result) => {
                expect(error).toBeUndefined();
                expect(result.succeeded).toBe(succeeds);
                expect(result.revision).toBe(model.revision);
              });
              return;
            }
            case "range": {
              const revision = model.revision + 2 - one.back;
              const request = {
                key: one.prefix,
                rangeEnd: `${one.prefix.slice(0, -1)}0`,
                limit: one.limit,
              };
              store.range({ ...request, revision: Math.max(revision, 1) }, (error, result) => {
                const asked = Math.max(revision, 1);
                if (asked > model.revision)
                  return expect(error).toBeInstanceOf(FutureRevisionError);
                if (asked < model.compactedRevision)
                  return expect(error).toBeInstanceOf(CompactedError);
                const all = model.rangeAt(one.prefix, asked);
                expect(error).toBeUndefined();
                expect(result.count).toBe(all.length);
                expect(result.items).toEqual(one.limit === 0 ? all : all.slice(0, one.limit));
              });
              return;
            }
            case "watch": {
              const afterRevision = Math.max(model.revision - one.back, 0);
              const heard: string[] = [];
              const isGone = afterRevision + 1 < model.compactedRevision;
              let endRevision = Infinity;
              const watch = store.watch({
                prefix: one.prefix,
                afterRevision,
                onChanges: (changes) =>
                  heard.push(
                    ...changes.map(
                      ({ type, key: changed, revision }) => `${type} ${changed}@${revision}`,
                    ),
                  ),
                onCompacted: (revision) => heard.push(`compacted ${revision}`),
              });
              const compactedAt = model.compactedRevision;
              watches.push({
                heard,
                expected: () =>
                  isGone
                    ? [`compacted ${compactedAt}`]
                    : model.changes
                        .filter(({ key: changed }) => changed.startsWith(one.prefix))
                        .filter(
                          ({ revision }) => revision > afterRevision && revision <= endRevision,
                        )
                        .map(({ text }) => text),
                cancel: () => {
                  watch.cancel();
                  endRevision = Math.min(endRevision, model.revision);
                },
              });
              return;
            }
            case "cancel":
              watches[one.watch]?.cancel();
              return;
            case "compact": {
              const revision = Math.max(model.revision - one.back, 0);
              store.compact(revision, (error) => {
                if (revision > model.revision)
                  return expect(error).toBeInstanceOf(FutureRevisionError);
                if (revision <= model.compactedRevision)
                  return expect(error).toBeInstanceOf(CompactedError);
                expect(error).toBeUndefined();
                model.compactedRevision = revision;
              });
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
