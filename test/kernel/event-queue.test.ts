import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Due, EventQueue } from "../../src/kernel/event-queue.ts";

/** Few values for each part, so that ties are common. */
const due: fc.Arbitrary<Due> = fc.record({
  atUs: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(1_767_225_600_000_000)),
  class: fc.integer({ min: 0, max: 2 }),
  destination: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(200_999)),
  source: fc.integer({ min: 0, max: 3 }),
  sequence: fc.integer({ min: 0, max: 3 }),
});

function distinct(dues: readonly Due[]): readonly Due[] {
  return [...new Map(dues.map((one) => [JSON.stringify(one), one])).values()];
}

/** The order as the design page says it: time, class, destination, source, source's sequence. */
function byTotalOrder(left: Due, right: Due): number {
  return (
    left.atUs - right.atUs ||
    left.class - right.class ||
    left.destination - right.destination ||
    left.source - right.source ||
    left.sequence - right.sequence
  );
}

function aDue(change: Partial<Due> = {}): Due {
  return { atUs: 0, class: 0, destination: 0, source: 0, sequence: 0, ...change };
}

describe("the event queue", () => {
  test("pops in the total order, whatever order things were pushed in", () => {
    fc.assert(
      fc.property(fc.array(due, { maxLength: 200 }).map(distinct), (dues) => {
        const queue = new EventQueue<Due>();
        for (const one of dues) queue.push(one, one);
        const popped = dues.map(() => queue.pop());
        expect(popped).toEqual(dues.toSorted(byTotalOrder));
        expect(queue.size).toBe(0);
      }),
    );
  });

  test("stays in order while pushes and pops alternate", () => {
    const later = fc
      .record({ step: due, atUs: fc.nat(1_000) })
      .map(({ step, atUs }) => ({ ...step, atUs }));
    const actions = fc.array(fc.oneof(due, later, fc.constant("pop" as const)), { maxLength: 300 });
    fc.assert(
      fc.property(actions, (steps) => {
        const queue = new EventQueue<Due>();
        const model: Due[] = [];
        for (const step of steps) {
          if (step !== "pop") {
            if (model.some((one) => byTotalOrder(one, step) === 0)) continue;
            // Which way it goes in makes no difference.
            if (step.sequence % 2 === 0) queue.push(step, step);
            else queue.pushLast(step, step);
            model.push(step);
            model.sort(byTotalOrder);
          } else if (model.length > 0) {
            expect(queue.pop()).toEqual(model.shift());
          }
          expect(queue.size).toBe(model.length);
          expect(queue.firstAtUs).toBe(model[0]?.atUs ?? Infinity);
        }
      }),
    );
  });

  test("says when its first entry is due", () => {
    const queue = new EventQueue<string>();
    queue.push(aDue({ atUs: 1_767_225_600_123_457, class: 0 }), "late");
    queue.push(aDue({ atUs: 1_767_225_600_123_456, class: 2 }), "early");

    expect(queue.firstAtUs).toBe(1_767_225_600_123_456);
  });

  test("gives a popped entry's slot to the next one, so that a long run does not grow it", () => {
    const queue = new EventQueue<number>();
    const slots = new Set<number>();
    for (let round = 0; round < 1_000; round++) {
      slots.add(queue.push(aDue({ atUs: round, sequence: 0 }), round));
      slots.add(queue.push(aDue({ atUs: round, sequence: 1 }), round));
      queue.pop();
      queue.pop();
    }
    expect(slots.size).toBe(2);
  });

  test("grows with what is pending and keeps all of it", () => {
    const queue = new EventQueue<number>();
    const count = 10_000;
    // A step that shares no factor with the count visits every time once, out of order.
    for (let index = 0; index < count; index++) {
      queue.push(aDue({ atUs: (index * 7_919) % count }), (index * 7_919) % count);
    }
    expect(queue.size).toBe(count);
    for (let atUs = 0; atUs < count; atUs++) expect(queue.pop()).toBe(atUs);
  });

  test("a replaced value takes the place of the old one in the order", () => {
    const queue = new EventQueue<string>();
    const slot = queue.push(aDue({ atUs: 1 }), "first");
    queue.push(aDue({ atUs: 2 }), "second");
    queue.replace(slot, "replaced");

    expect([queue.pop(), queue.pop()]).toEqual(["replaced", "second"]);
  });

  test("has nothing to pop when empty", () => {
    expect(() => new EventQueue().pop()).toThrow(RangeError);
  });
});
