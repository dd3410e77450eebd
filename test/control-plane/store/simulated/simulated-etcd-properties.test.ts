import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prefixEnd, type Store } from "../../../../src/control-plane/store/store.ts";
import type { Exploration, Odds } from "../../../../src/kernel/decisions.ts";
import type { Stamped } from "../store-under-test.ts";
import { EtcdWorld, type EtcdWorldOptions, type Outcome, put, second } from "./etcd-world.ts";

/** Everything that can happen, often. */
const odds: Readonly<Record<string, Odds>> = {
  loss: { perMillion: 10_000, max: 1 },
  delay: { perMillion: 100_000, max: 2 * second },
  duplicate: { perMillion: 50_000, max: second },
  partition: { perMillion: 100_000, max: 15 * second },
  hold: { perMillion: 100_000, max: 5 * second },
  crash: { perMillion: 200_000, max: 5 * second },
  pause: { perMillion: 100_000, max: 10 * second },
  slow: { perMillion: 100_000, max: 5 * second },
  fsync: { perMillion: 100_000, max: 10 * second },
  leader: { perMillion: 150_000, max: 5 * second },
  unsynced: { perMillion: 700_000, max: 1_000 },
  compaction: { perMillion: 150_000, max: 20 },
};
const quietUs = 100 * second;

interface Write {
  readonly client: number;
  readonly key: string;
  readonly afterMs: number;
}

const writes = fc.array(
  fc.record({
    client: fc.integer({ min: 0, max: 2 }),
    key: fc.constantFrom("a", "b", "c"),
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 })),
  }),
  { minLength: 40, maxLength: 80 },
);

/** What a client knows by watching, as an API server does: it begins again where it was, or anew. */
class Follower {
  readonly known = new Map<string, string>();
  readonly #world: EtcdWorld;
  readonly #store: Store<Stamped>;
  #revision = 1;

  constructor(world: EtcdWorld, store: Store<Stamped>) {
    this.#world = world;
    this.#store = store;
    this.#watch();
  }

  #watch(): void {
    this.#store.watch({
      prefix: "",
      afterRevision: this.#revision,
      onChanges: (changes) => {
        for (const { key, revision, current } of changes) {
          this.#revision = revision;
          if (current === undefined) this.known.delete(key);
          else this.known.set(key, current.value.text);
        }
      },
      onCompacted: () => this.#list(),
      onSetBack: () => this.#list(),
      onError: () => this.#later(() => this.#watch()),
    });
  }

  #list(): void {
    this.#store.range({ key: "", rangeEnd: prefixEnd("") }, (error, result) => {
      if (error !== undefined) return this.#later(() => this.#list());
      this.known.clear();
      for (const { key, value } of result.items) this.known.set(key, value.text);
      this.#revision = result.revision;
      this.#watch();
    });
  }

  #later(act: () => void): void {
    this.#world.timeline.setTimer({ id: 50, name: "follower" }, second, act);
  }
}

function play(all: readonly Write[], options: EtcdWorldOptions) {
  const world = new EtcdWorld({ fsyncUs: 300_000, ...options });
  const stores = [world.client(), world.client(), world.client()];
  const followers = stores.map((store) => new Follower(world, store));
  const outcomes = all.map(({ client, key, afterMs }, index): Outcome => {
    world.pass(afterMs * 1_000);
    return put(world, stores[client] as Store<Stamped>, key, `${key}-${index}`);
  });
  world.at(quietUs / second + 200, () => {});
  const texts = new Map<string, string>();
  const [store] = stores as [Store<Stamped>];
  store.range({ key: "", rangeEnd: prefixEnd("") }, (_error, { items }) => {
    for (const { key, value } of items) texts.set(key, value.text);
  });
  world.pass(second);
  const known = followers.map((follower) => Object.fromEntries(follower.known));
  const stored = Object.fromEntries(texts);
  return { world, outcomes, known, stored, decisions: world.environment.outcome.taken };
}

function exploring(seed: number): Exploration {
  return { seed, odds, isSwarm: true, untilUs: quietUs };
}

/** By text: the revision it was written at. */
function written({ observer }: EtcdWorld): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (let revision = 2; revision <= (observer?.history.revision ?? 0); revision++) {
    for (const { current } of observer?.history.changesAt(revision) ?? []) {
      const text = current?.value.text ?? "";
      found.set(text, [...(found.get(text) ?? []), revision]);
    }
  }
  return found;
}

describe("a simulated etcd, whatever befalls it,", { timeout: 60_000 }, () => {
  const seeds = fc.integer({ min: 1, max: 1_000_000 });

  test("keeps what it acknowledged, does nothing twice, nothing that it refused, and all hear of it", () => {
    const ways = new Map<string, number>();
    fc.assert(
      fc.property(seeds, writes, (seed, all) => {
        const { world, outcomes, known, stored } = play(all, { explore: exploring(seed) });
        const found = written(world);
        for (const [index, { revision, error, atSeconds }] of outcomes.entries()) {
          const text = `${all[index]?.key}-${index}`;
          const at = found.get(text) ?? [];
          expect(atSeconds).toBeDefined();
          if (revision !== undefined) expect(at).toEqual([revision]);
          else if (error?.endsWith("no leader") || error?.includes("refused"))
            expect(at).toEqual([]);
          else expect(at.length).toBeLessThanOrEqual(1);
          const way = error === undefined ? "done" : at.length === 0 ? "not done" : "done, unknown";
          ways.set(way, (ways.get(way) ?? 0) + 1);
        }
        expect(known).toEqual([stored, stored, stored]);
      }),
      { seed: 7, numRuns: 60 },
    );
    expect([...ways.keys()].toSorted()).toEqual(["done", "done, unknown", "not done"]);
  });

  test("has the same history when it is fed its decisions", () => {
    fc.assert(
      fc.property(seeds, writes, (seed, all) => {
        const explored = play(all, { explore: exploring(seed) });
        const fed = play(all, { decisions: explored.decisions });
        expect(fed.outcomes).toEqual(explored.outcomes);
        expect(fed.world.facts).toEqual(explored.world.facts);
        expect(fed.decisions).toEqual(explored.decisions);
      }),
      { seed: 8, numRuns: 20 },
    );
  });

  test("without fsync may lose what it acknowledged, and all come to know what is left", () => {
    let setBacks = 0;
    fc.assert(
      fc.property(seeds, writes, (seed, all) => {
        const explore = { ...exploring(seed), isSwarm: false };
        const options = { explore, unsafeNoFsync: true };
        const { world, known, stored } = play(all, options);
        expect(known).toEqual([stored, stored, stored]);
        if (world.facts.some((fact) => /^writesLost [1-9]/.test(fact))) setBacks++;
      }),
      { seed: 9, numRuns: 30 },
    );
    expect(setBacks).toBeGreaterThan(3);
  });
});
