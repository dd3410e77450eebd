import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SortedKeys } from "../../../src/control-plane/store/sorted-keys.ts";

/** Few letters, so that keys are often equal or one a prefix of another; and some that sort oddly. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "/", "~"), minLength: 1, maxLength: 4 }),
  fc.constantFrom("\u{1F600}", "\uFFFD", "Z", "z", "ä"),
);
function everything(keys: SortedKeys, start = "", end = "\uFFFF"): readonly string[] {
  const walked: string[] = [];
  keys.walk(start, end, (one) => walked.push(one) > 0);
  return walked;
}

const write = fc.record({ type: fc.constantFrom("add", "add", "remove"), key });

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

describe("sorted keys", () => {
  test("are those that were added and not removed, in code-unit order", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 200 }), (writes) => {
        const keys = new SortedKeys(() => true);
        const model = new Set<string>();
        for (const { type, key: one } of writes) {
          if (type === "add" && !model.has(one)) {
            keys.add(one, 1);
            model.add(one);
          } else if (type === "remove" && model.delete(one)) {
            keys.remove(one);
          }
        }
        expect(everything(keys)).toEqual([...model].toSorted(byCodeUnits));
        expect(keys.size).toBe(model.size);
      }),
    );
  });

  test("are walked from a key, which need not be there, up to another", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key), key, fc.option(key), (added, start, end) => {
        const keys = new SortedKeys(() => true);
        for (const one of added) keys.add(one, 1);
        const inRange = added.filter((one) => one >= start && (end === null || one < end));
        expect(everything(keys, start, end ?? undefined)).toEqual(inRange.toSorted(byCodeUnits));
      }),
    );
  });

  test("stay sorted when there are thousands, added in any order and removed again", () => {
    const keys = new SortedKeys(() => true);
    const count = 5_000;
    const nameOf = (index: number): string =>
      `/registry/pods/default/web-${String(index).padStart(5, "0")}`;
    for (let index = 0; index < count; index++) keys.add(nameOf((index * 2_111) % count), 1);
    const all = Array.from({ length: count }, (_none, index) => nameOf(index));
    expect(everything(keys)).toEqual(all);

    for (let index = 0; index < count; index += 2) keys.remove(nameOf(index));
    expect(everything(keys)).toEqual(all.filter((_name, index) => index % 2 === 1));
    expect(everything(keys, nameOf(2_000), nameOf(2_005))).toEqual([nameOf(2_001), nameOf(2_003)]);

    for (let index = 1; index < count; index += 2) keys.remove(nameOf(index));
    expect(everything(keys)).toEqual([]);
    keys.add("again", 1);
    expect(everything(keys)).toEqual(["again"]);
  });

  test("lose nothing when a key is removed that is not there", () => {
    const keys = new SortedKeys(() => true);
    keys.remove("a");
    keys.add("b", 1);
    keys.remove("a");
    keys.remove("c");

    expect(everything(keys)).toEqual(["b"]);
    expect(keys.size).toBe(1);
  });

  test("are counted as of any revision, the dead ones left out", () => {
    const life = fc.record({ key: fc.nat(1_500), isLive: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(life, { maxLength: 3_000 }),
        key,
        fc.option(key),
        (lives, start, end) => {
          const alive: Set<string>[] = [new Set()];
          const now = (): Set<string> => alive.at(-1) as Set<string>;
          const keys = new SortedKeys((one) => now().has(one));
          const known = new Set<string>();
          for (const { key: number, isLive } of lives) {
            const one = `${String.fromCharCode(97 + (number % 26))}${number}`;
            const revision = alive.length;
            if (now().has(one) === isLive) continue;
            if (known.has(one)) keys.setLive(one, isLive, revision);
            else keys.add(one, revision);
            known.add(one);
            const next = new Set(now());
            if (isLive) next.add(one);
            else next.delete(one);
            alive.push(next);
          }
          const to = end ?? "\uFFFF";
          for (const revision of [0, alive.length >> 1, alive.length - 1]) {
            const then = alive[revision] as Set<string>;
            const counted = keys.count(
              start,
              to,
              revision,
              (one, at) => alive[at]?.has(one) === true,
            );
            expect(counted).toBe([...then].filter((one) => one >= start && one < to).length);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
