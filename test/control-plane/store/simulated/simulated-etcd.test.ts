import { describe, expect, test } from "vitest";
import type { Store } from "../../../../src/control-plane/store/store.ts";
import { describeStore } from "../store-conformance.ts";
import type { Stamped } from "../store-under-test.ts";
import { EtcdWorld, type EtcdWorldOptions, get, put, second } from "./etcd-world.ts";

describeStore("the simulated etcd", async () => {
  const world = new EtcdWorld({ fsyncUs: 2_000 });
  const store = inPassingTime(world, world.client());
  return {
    store,
    pass: async (seconds) => world.pass(seconds * second),
    close: () => new Promise((resolve) => store.close(() => resolve())),
  };
});

/** Whatever is asked is answered soon: time passes by itself. */
function inPassingTime(world: EtcdWorld, store: Store<Stamped>): Store<Stamped> {
  const passing = <T extends object>(target: T, pass: () => void): T =>
    new Proxy(target, {
      get(_target, name) {
        const part: unknown = Reflect.get(target, name, target);
        if (typeof part !== "function") return part;
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = part.apply(target, args);
          pass();
          return result;
        };
      },
    });
  const pass = (): void => world.pass(10_000);
  const watch: Store<Stamped>["watch"] = (request) => passing(store.watch(request), pass);
  const watched = passing(store, () => setImmediate(pass));
  return new Proxy(watched, {
    get: (target, name) => (name === "watch" ? watch : Reflect.get(target, name, target)),
  });
}

function aWorld(options: EtcdWorldOptions = {}) {
  const world = new EtcdWorld({ fsyncUs: 0, ...options });
  const store = world.client();
  /** What a watch from the beginning says, and how it ends. */
  const watch = (afterRevision = 1): readonly string[] => {
    const said: string[] = [];
    const seconds = (): number => world.timeline.nowUs / second;
    store.watch({
      prefix: "",
      afterRevision,
      onChanges: (changes) =>
        said.push(...changes.map(({ key, revision }) => `${key}@${revision} ${seconds()}`)),
      onCompacted: (revision) => said.push(`compacted ${revision}`),
      onSetBack: (revision) => said.push(`set back ${revision}`),
      onError: (error) => said.push(`${error.message} ${seconds()}`),
    });
    return said;
  };
  return {
    world,
    store,
    watch,
    put: (key: string, text?: string) => put(world, store, key, text),
    get: (key: string) => get(world, store, key),
  };
}

describe("a write to a simulated etcd", () => {
  test("is answered after both ways and an fsync", () => {
    const { world, put: write } = aWorld({ fsyncUs: 2_000 });
    const written = write("a");
    world.pass(second);
    expect(written.revision).toBe(2);
    expect(written.atSeconds).toBeGreaterThanOrEqual(0.002);
    expect(written.atSeconds).toBeLessThanOrEqual(0.004);
  });

  test("shares its fsync with all that came during the one before", () => {
    const { world, put: write } = aWorld({
      etcdFaults: [{ atUs: 0, kind: "slowFsync", extraUs: second }],
    });
    const written = Array.from({ length: 64 }, (_none, index) => write(`key-${index}`));
    world.pass(5 * second);
    const times = new Map<number, number>();
    for (const { atSeconds = 0 } of written) times.set(atSeconds, (times.get(atSeconds) ?? 0) + 1);
    expect([...times]).toEqual([
      [1.001, 1],
      [2.001, 63],
    ]);
  });

  test("is not to be read before it is on the disk", () => {
    const { world, put: write, get: read } = aWorld({ decisions: { "fsync/etcd/#1": second } });
    write("a");
    const early = read("a");
    world.pass(2 * second);
    const late = read("a");
    world.pass(second);
    expect([early, late]).toEqual([
      { atSeconds: 0.001, revision: 1, text: undefined },
      { atSeconds: 2.001, revision: 2, text: "a" },
    ]);
  });

  test("that takes more than 7 s is said to have timed out, and is done all the same", () => {
    const {
      world,
      put: write,
      get: read,
    } = aWorld({
      decisions: { "fsync/etcd/#1": 9 * second },
    });
    const written = write("a");
    world.pass(10 * second);
    const found = read("a");
    world.pass(second);
    expect(written).toEqual({ atSeconds: 7.001, error: "etcdserver: request timed out" });
    expect(found.text).toBe("a");
  });

  test("whose answer gets lost has an unknown outcome once that is noticed", () => {
    const {
      world,
      watch,
      put: write,
      get: read,
    } = aWorld({
      decisions: { "loss/etcd→api-1/answers/#1": 1 },
    });
    const said = watch();
    const written = write("a");
    const found = read("b");
    world.pass(60 * second);
    const late = "context deadline exceeded";
    expect(written).toEqual({
      atSeconds: 34,
      error: `the outcome of the write is unknown: ${late}`,
    });
    expect(found).toEqual({ atSeconds: 34, error: `the store cannot be reached: ${late}` });
    const why = "keepalive ping failed to receive ACK within timeout";
    expect(said).toEqual([`the store cannot be reached: ${why} 40`]);
    const again = read("a");
    world.pass(second);
    expect(again).toEqual({ atSeconds: 60.001, revision: 2, text: "a" });
  });

  test("that gets lost on its way was not done, which nobody knows", () => {
    const {
      world,
      put: write,
      get: read,
    } = aWorld({
      decisions: { "loss/api-1→etcd/writes/#1": 1 },
    });
    const written = write("a");
    world.pass(11 * second);
    const found = read("a");
    world.pass(second);
    expect(written.atSeconds).toBe(10);
    expect(written.error).toBe("the outcome of the write is unknown: the connection is lost");
    expect(found).toMatchObject({ revision: 1, text: undefined });
  });

  test("that comes twice is done once", () => {
    const { world, put: write } = aWorld({
      decisions: { "duplicate/api-1→etcd/writes/#1": second },
    });
    const written = write("a");
    world.pass(5 * second);
    expect(written.revision).toBe(2);
    expect(world.etcd.revision).toBe(2);
  });
});

describe("without a leader", () => {
  const etcdFaults = [{ atUs: 10 * second, kind: "loseLeader", forUs: 5 * second }] as const;
  const noLeader = "etcdserver: no leader";

  test("writes are refused at once, and reads after they were asked again for a while", () => {
    const { world, put: write, get: read } = aWorld({ etcdFaults });
    world.pass(11 * second);
    const [written, found] = [write("a"), read("a")];
    world.at(14, () => {});
    const late = read("a");
    world.pass(5 * second);
    expect(written).toEqual({ atSeconds: 11.001, error: noLeader });
    expect(found).toEqual({ atSeconds: 13.26, error: noLeader });
    expect(late).toMatchObject({ revision: 1 });
    expect(late.atSeconds).toBeGreaterThan(15);
    expect(world.facts).toEqual(["leaderLost", "leaderElected"]);
  });

  test("watches end, and what was being written may be done", () => {
    const {
      world,
      watch,
      put: write,
      get: read,
    } = aWorld({
      etcdFaults,
      decisions: { "fsync/etcd/#1": 2 * second },
    });
    const said = watch();
    world.at(9, () => {});
    const written = write("a");
    world.at(16, () => {});
    const found = read("a");
    world.pass(second);
    const why = "etcdserver: request timed out, possibly due to previous leader failure";
    expect(written).toEqual({ atSeconds: 10.0005, error: why });
    expect(said).toEqual([`${noLeader} 10.0005`]);
    expect(found.text).toBe("a");
  });

  test("a new one can be elected by hand, and losses are decisions", () => {
    const byHand = aWorld({
      etcdFaults: [
        { atUs: second, kind: "loseLeader" },
        { atUs: 3 * second, kind: "electLeader" },
      ],
    });
    const decided = aWorld({
      decisions: { "leader/etcd/#0": 2 * second, "leader/etcd/#0/at": second },
    });
    for (const { world } of [byHand, decided]) {
      world.at(2.9, () => {});
      expect(world.facts).toEqual(["leaderLost"]);
      world.at(3.1, () => {});
      expect(world.facts).toEqual(["leaderLost", "leaderElected"]);
    }
  });
});

describe("an etcd that crashes", () => {
  const faults = [{ atUs: 10 * second, kind: "crash", actor: "etcd", forUs: 5 * second }] as const;
  const slow = { "fsync/etcd/#1": 0, "fsync/etcd/#2": 9 * second };
  /** One write that is acknowledged, and three that are not when it crashes. */
  const crashing = (options: EtcdWorldOptions) => {
    const at = aWorld({ faults, ...options });
    const first = at.put("a");
    at.world.at(9, () => {});
    const others = ["b", "c", "d"].map((key) => at.put(key));
    at.world.at(20, () => {});
    const found = ["a", "b", "c", "d"].map((key) => at.get(key));
    at.world.pass(second);
    return { ...at, first, others, texts: found.map(({ text }) => text) };
  };

  test("has all that it acknowledged, and by default the rest, too", () => {
    const { world, first, others, texts } = crashing({ decisions: slow });
    expect(first.revision).toBe(2);
    const reset = "the outcome of the write is unknown: connection reset by peer";
    expect(others.map(({ error }) => error)).toEqual([reset, reset, reset]);
    expect(texts).toEqual(["a", "b", "c", "d"]);
    expect(world.facts).toEqual(["writesLost 0 3", "storeRecovered 5"]);
  });

  test.each([
    [1, ["a", "b", "c", undefined]],
    [2, ["a", "b", undefined, undefined]],
    [3, ["a", undefined, undefined, undefined]],
    [99, ["a", undefined, undefined, undefined]],
  ])("loses of the rest as many as is decided: %d", (lost, expected) => {
    const { texts } = crashing({ decisions: { ...slow, "unsynced/etcd/#1": lost } });
    expect(texts).toEqual(expected);
  });

  test("refuses connections while it is down: writes fail at once, reads wait", () => {
    const { world, put: write, get: read } = aWorld({ faults });
    world.at(11, () => {});
    const [written, found] = [write("a"), read("a")];
    world.at(20, () => {});
    expect(written.atSeconds).toBe(11);
    expect(written.error).toMatch(/^rpc error: code = Unavailable .*connection refused/);
    expect(found).toMatchObject({ revision: 1, text: undefined });
    expect(found.atSeconds).toBeGreaterThan(15);
  });

  test("goes on with its watches where they were", () => {
    const { world, watch, put: write } = aWorld({ faults });
    const before = watch();
    write("a");
    world.at(16.5, () => {});
    expect(before).toEqual([
      "a@2 0.001",
      "the store cannot be reached: connection reset by peer 10.0005",
    ]);
    const after = watch(2);
    write("b");
    world.pass(second);
    expect(after).toEqual(["b@3 16.501"]);
  });

  test("without fsync loses what it acknowledged, and says that it was set back to who knew more", () => {
    const { world, watch, first, others, texts } = crashing({
      unsafeNoFsync: true,
      decisions: { "unsynced/etcd/#1": 2 },
    });
    expect(first.revision).toBe(2);
    expect(others.map(({ revision }) => revision)).toEqual([3, 4, 5]);
    expect(texts).toEqual(["a", "b", undefined, undefined]);
    const said = watch(5);
    world.pass(second);
    expect(said).toEqual(["set back 3"]);
    expect(world.facts).toEqual(["writesLost 2 3", "storeRecovered 3"]);
  });

  test("without fsync keeps what the system had written by itself", () => {
    const { texts } = crashing({
      unsafeNoFsync: true,
      decisions: { "unsynced/etcd/#1": 99 },
    });
    expect(texts).toEqual(["a", undefined, undefined, undefined]);
  });
});

describe("history that is compacted", () => {
  test.each([
    [
      "by a fault",
      { etcdFaults: [{ atUs: 5 * second, kind: "compact", keepRevisions: 2 }] as const },
    ],
    [
      "by a decision",
      { decisions: { "compaction/etcd/#0": 3, "compaction/etcd/#0/at": 5 * second } },
    ],
  ])("%s is gone for watches, and after a crash still is", (_name, options) => {
    const faults = [{ atUs: 7 * second, kind: "crash", actor: "etcd", forUs: second }] as const;
    const { world, watch, put: write, get: read } = aWorld({ ...options, faults });
    for (const text of ["1", "2", "3", "4", "5"]) write("a", text);
    world.at(6, () => {});
    const said = [watch(1), watch(3)];
    world.pass(0.5 * second);
    expect(said[0]).toEqual(["compacted 4"]);
    expect(said[1]?.map((each) => each.split(" ")[0])).toEqual(["a@4", "a@5", "a@6"]);
    expect(world.facts).toEqual(["historyCompacted 4"]);
    world.at(10, () => {});
    const again = [watch(1), watch(3)];
    const found = read("a");
    world.pass(second);
    expect(again[0]).toEqual(["compacted 4"]);
    expect(again[1]?.map((each) => each.split(" ")[0])).toEqual(["a@4", "a@5", "a@6"]);
    expect(found.text).toBe("5");
  });
});

describe("a watch of a simulated etcd", () => {
  test("can be late alone: answers are not", () => {
    const {
      world,
      watch,
      put: write,
    } = aWorld({
      faults: [
        {
          atUs: 0,
          kind: "delay",
          between: ["etcd", "api-1"],
          oneWay: true,
          stream: "changes",
          extraUs: 3 * second,
        },
      ],
    });
    const said = watch();
    const written = write("a");
    world.pass(5 * second);
    expect(written.atSeconds).toBe(0.001);
    expect(said).toEqual(["a@2 3.001"]);
  });

  test.each([
    ["while nothing was said goes on", 20, ["a@2 41.001"]],
    [
      "for longer ends when that is noticed",
      28,
      ["the store cannot be reached: keepalive ping failed to receive ACK within timeout 40"],
    ],
  ])("that was cut off %s", (_name, seconds, expected) => {
    const {
      world,
      watch,
      put: write,
    } = aWorld({
      faults: [
        {
          atUs: 5 * second,
          kind: "partition",
          between: ["etcd", "api-1"],
          forUs: seconds * second,
        },
      ],
    });
    const said = watch();
    world.at(41, () => {});
    const written = write("a");
    world.pass(second);
    expect(written.revision).toBe(2);
    expect(said).toEqual(expected);
  });
});
