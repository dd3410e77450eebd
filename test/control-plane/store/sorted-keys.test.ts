import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SortedKeys } from "../../../src/control-plane/store/sorted-keys.ts";

/** Few letters, so that keys are often equal or one a prefix of another; and some that sort oddly. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "/", "~"), minLength: 1, maxLength: 4 }),
  fc.constantFrom("\u{1F600}", "\uFFFD", "Z", "z", "ä"),
);
const write = fc.record({ type: fc.constantFrom("add", "add", "remove"), key });

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

describe("sorted keys", () => {
  test("are those that were added and not removed, in code-unit order", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 200 }), (writes) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const { type, key: one } of writes) {
          if (type === "add" && !model.has(one)) {
            keys.add(one);
            model.add(one);
          } else if (type === "remove" && model.delete(one)) {
            keys.remove(one);
          }
        }
        expect([...keys.from("")]).toEqual([...model].toSorted(byCodeUnits));
        expect(keys.size).toBe(model.size);
      }),
    );
  });

  test("are walked from a key, which need not be there, up to another", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key), key, fc.option(key), (added, start, end) => {
        const keys = new SortedKeys();
        for (const one of added) keys.add(one);
        const inRange = added.filter((one) => one >= start && (end === null || one < end));
        expect([...keys.from(start, end ?? undefined)]).toEqual(inRange.toSorted(byCodeUnits));
      }),
    );
  });

  test("stay sorted when there are thousands, added in any order and removed again", () => {
    const keys = new SortedKeys();
    const count = 5_000;
    const nameOf = (index: number): string =>
      `/registry/pods/default/web-${String(index).padStart(5, "0")}`;
    for (let index = 0; index < count; index++) keys.add(nameOf((index * 2_111) % count));
    const all = Array.from({ length: count }, (_none, index) => nameOf(index));
    expect([...keys.from("")]).toEqual(all);

    for (let index = 0; index < count; index += 2) keys.remove(nameOf(index));
    expect([...keys.from("")]).toEqual(all.filter((_name, index) => index % 2 === 1));
    expect([...keys.from(nameOf(2_000), nameOf(2_005))]).toEqual([nameOf(2_001), nameOf(2_003)]);

    for (let index = 1; index < count; index += 2) keys.remove(nameOf(index));
    expect([...keys.from("")]).toEqual([]);
    keys.add("again");
    expect([...keys.from("")]).toEqual(["again"]);
  });

  test("lose nothing when a key is removed that is not there", () => {
    const keys = new SortedKeys();
    keys.remove("a");
    keys.add("b");
    keys.remove("a");
    keys.remove("c");

    expect([...keys.from("")]).toEqual(["b"]);
    expect(keys.size).toBe(1);
  });
});
