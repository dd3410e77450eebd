import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ActorRef } from "../../src/kernel/timeline.ts";
import { HashSum, hashText } from "../../src/kernel/hash.ts";
import { combineHashes, type Fact, Trace } from "../../src/kernel/trace.ts";

const api: ActorRef = { id: 2, name: "api-1" };
const scheduler: ActorRef = { id: 10, name: "scheduler" };
const kubelet: ActorRef = { id: 1_000, name: "kubelet:node-1" };

function aFact(change: Partial<Fact> = {}): Fact {
  return {
    atUs: 1,
    actor: "api-1",
    kind: "stored",
    subject: "pods/default/web",
    data: {},
    ...change,
  };
}

function record(trace: Trace, actor: ActorRef, { atUs, kind, subject, data }: Fact): void {
  trace.record(actor, atUs, kind, subject, data);
}

function hashOf(trace: Trace): string {
  return combineHashes([trace.hashes()]);
}

function sumOf(...traces: readonly Trace[]): string {
  const sum = new HashSum();
  for (const trace of traces) sum.add(trace.sum);
  return hashText(sum.value);
}

/** What has to tell histories apart, each as a function of a trace. */
describe.each([
  ["hash", hashOf],
  ["sum", (trace: Trace) => sumOf(trace)],
])("the %s of a trace", (_what, hashOf) => {
  const stored = aFact({ kind: "stored", data: { revision: 7 } });
  const bound = aFact({ kind: "bound", data: { node: "node-1" } });

  test.each([
    ["time", { atUs: 2 }],
    ["kind", { kind: "removed" }],
    ["subject", { subject: "pods/default/db" }],
    ["value of its data", { data: { revision: 8 } }],
    ["name in its data", { data: { version: 7 } }],
    ["type of its data", { data: { revision: "7" } }],
  ])("changes with a fact's %s", (_what, change) => {
    const one = new Trace();
    const other = new Trace();
    record(one, api, stored);
    record(other, api, { ...stored, ...change });

    expect(hashOf(other)).not.toBe(hashOf(one));
  });

  test("changes when one actor's facts come the other way round", () => {
    const one = new Trace();
    const other = new Trace();
    for (const fact of [stored, bound]) record(one, api, fact);
    for (const fact of [bound, stored]) record(other, api, fact);

    expect(hashOf(other)).not.toBe(hashOf(one));
  });

  test("does not change with how the work of different actors was interleaved", () => {
    const one = new Trace();
    const other = new Trace();
    record(one, api, stored);
    record(one, scheduler, bound);
    record(other, scheduler, bound);
    record(other, api, stored);

    expect(hashOf(other)).toBe(hashOf(one));
  });

  test("covers facts that are not kept", () => {
    const keeping = new Trace(10);
    const forgetting = new Trace(0);
    for (const trace of [keeping, forgetting]) record(trace, api, stored);

    expect(forgetting.facts()).toEqual([]);
    expect(forgetting.count).toBe(1);
    expect(hashOf(forgetting)).toBe(hashOf(keeping));
  });

  test("is the same however actors are divided among threads", () => {
    const history = fc.array(fc.record({ actor: fc.nat(5), atUs: fc.nat(100) }));
    fc.assert(
      fc.property(
        history,
        fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }),
        (facts, threads) => {
          const whole = new Trace();
          const divided = [new Trace(), new Trace(), new Trace()];
          for (const { actor, atUs } of facts) {
            const ref = { id: actor, name: `actor-${actor}` };
            record(whole, ref, aFact({ atUs }));
            record(divided[threads[actor] ?? 0] as Trace, ref, aFact({ atUs }));
          }
          expect(combineHashes(divided.map((trace) => trace.hashes()))).toBe(
            combineHashes([whole.hashes()]),
          );
          expect(sumOf(...divided)).toBe(sumOf(whole));
        },
      ),
    );
  });

  test("stays another one once it was, whatever follows", () => {
    const one = new Trace();
    const other = new Trace();
    record(one, api, stored);
    record(other, api, bound);
    for (let atUs = 2; atUs <= 100; atUs++) {
      for (const trace of [one, other]) record(trace, api, aFact({ atUs }));
      expect(hashOf(other)).not.toBe(hashOf(one));
    }
  });

  test("tells apart two actors that have each other's histories", () => {
    const one = new Trace();
    const other = new Trace();
    record(one, api, stored);
    record(one, scheduler, bound);
    record(other, api, bound);
    record(other, scheduler, stored);

    expect(hashOf(other)).not.toBe(hashOf(one));
  });

  test("tells whose history it was", () => {
    const one = new Trace();
    const other = new Trace();
    record(one, api, stored);
    record(other, scheduler, stored);

    expect(hashOf(other)).not.toBe(hashOf(one));
  });
});

describe("the facts of a trace", () => {
  test("are read by time, for one subject or for all", () => {
    const trace = new Trace();
    record(trace, api, aFact({ atUs: 5, subject: "pods/default/web" }));
    record(trace, api, aFact({ atUs: 3, subject: "pods/default/db" }));
    record(trace, api, aFact({ atUs: 1, subject: "pods/default/web", kind: "requested" }));

    expect(trace.facts().map(({ atUs }) => atUs)).toEqual([1, 3, 5]);
    expect(trace.facts("pods/default/web").map(({ kind }) => kind)).toEqual([
      "requested",
      "stored",
    ]);
  });

  test("are the latest ones, when there are more than are kept", () => {
    const trace = new Trace(3);
    for (let atUs = 1; atUs <= 8; atUs++) record(trace, api, aFact({ atUs }));

    expect(trace.facts().map(({ atUs }) => atUs)).toEqual([6, 7, 8]);
    expect(trace.count).toBe(8);
  });

  test("are told as they come, whether they are kept or not", () => {
    const trace = new Trace(0);
    const told: Fact[] = [];
    trace.watch((fact) => told.push(fact));
    record(trace, api, aFact({ atUs: 3 }));
    trace.keep(aFact({ atUs: 2, actor: "kubelet:node-1" }));

    expect(told).toEqual([aFact({ atUs: 3 }), aFact({ atUs: 2, actor: "kubelet:node-1" })]);
    expect(trace.facts()).toEqual([]);
  });

  test("carry the actor's name and what was recorded", () => {
    const trace = new Trace();
    record(trace, kubelet, aFact({ atUs: 9, kind: "podSeen", data: { uid: "u-1" } }));

    expect(trace.facts()).toEqual([
      aFact({ atUs: 9, actor: "kubelet:node-1", kind: "podSeen", data: { uid: "u-1" } }),
    ]);
  });

  test("of the same time read alike, in whatever order other threads handed theirs over", () => {
    const ofKubelet = (node: string, kind: string): Fact =>
      aFact({ actor: `kubelet:${node}`, kind });
    const read = (kept: readonly Fact[]): readonly string[] => {
      const trace = new Trace();
      for (const fact of kept) trace.keep(fact);
      record(trace, api, aFact({ kind: "requested" }));
      record(trace, api, aFact({ kind: "stored" }));
      return trace.facts().map(({ actor, kind }) => `${actor} ${kind}`);
    };
    const inOrder = [
      "api-1 requested",
      "api-1 stored",
      "kubelet:node-1 seen",
      "kubelet:node-1 started",
      "kubelet:node-2 seen",
    ];

    expect(
      read([
        ofKubelet("node-1", "seen"),
        ofKubelet("node-1", "started"),
        ofKubelet("node-2", "seen"),
      ]),
    ).toEqual(inOrder);
    expect(
      read([
        ofKubelet("node-2", "seen"),
        ofKubelet("node-1", "seen"),
        ofKubelet("node-1", "started"),
      ]),
    ).toEqual(inOrder);
  });
});
