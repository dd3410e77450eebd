import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CheckedStore,
  checkStore,
} from "../../../../src/control-plane/store/check/checked-store.ts";
import { MemoryStore } from "../../../../src/control-plane/store/memory-store.ts";
import { StoreError } from "../../../../src/control-plane/store/store-errors.ts";
import {
  type Compare,
  prefixEnd,
  type Operation,
  type Store,
} from "../../../../src/control-plane/store/store.ts";
import { openDirectory } from "../file/data-directory.ts";
import { HandClock } from "../hand-clock.ts";
import { answerOf, Client, codec, type Stamped, stamp, value } from "../store-under-test.ts";

const key = fc.constantFrom("/a/1", "/a/2", "/b/1", "/b/2", "/c");
const range = fc.constantFrom({ key: "/a/", rangeEnd: "/a0" }, { key: "/", rangeEnd: "0" });
const text = fc.constantFrom("x", "y", "");
const lease = fc.constantFrom(0n, 0n, 0n, 5n, 6n);

const compare: fc.Arbitrary<Compare<Stamped>> = fc.oneof(
  fc.record({ key, modRevision: fc.nat(12) }),
  fc.record({
    key,
    target: fc.constantFrom("version" as const, "createRevision" as const, "modRevision" as const),
    is: fc.constantFrom("=" as const, "!=" as const, "<" as const, ">" as const),
    than: fc.nat(8),
  }),
  fc.record({
    key,
    target: fc.constant("value" as const),
    is: fc.constantFrom("=" as const, "!=" as const, "<" as const, ">" as const),
    than: text.map(value),
  }),
);
const put = fc.record({ type: fc.constant("put" as const), key, value: text.map(value), lease });
const operation: fc.Arbitrary<Operation<Stamped>> = fc.oneof(
  { weight: 4, arbitrary: put },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("delete" as const), key }) },
  range.map((of) => ({ type: "delete" as const, ...of })),
  range.map((of) => ({ type: "range" as const, ...of })),
);
const operations = fc.array(operation, { maxLength: 3 });

/** One thing a client does, without a look at what became of the last. */
type Step = (client: Client, clock: HandClock) => Promise<unknown>;
const scope = fc.oneof(
  key.map((one) => ({ key: one })),
  range,
  fc.constant({ prefix: "/b/" }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({
        compares: fc.array(compare, { maxLength: 2 }),
        then: operations,
        otherwise: operations,
      })
      .map((request) => async (client: Client) => client.transact(request)),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        of: fc.oneof(
          range,
          key.map((one) => ({ key: one })),
        ),
        limit: fc.nat(3),
        back: fc.nat(6),
      })
      .map(({ of, limit, back }) => async (client: Client) => {
        const revision = back === 0 ? 0 : Math.max(client.store.revision - back, 1);
        return client.range({ ...of, limit, revision });
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ scope, back: fc.integer({ min: -3, max: 6 }) })
      .map(({ scope: of, back }) => async (client: Client) => {
        client.watch(of, Math.max(client.store.revision - back, 0)).requestProgress();
      }),
  },
  fc.nat(6).map((back) => async (client: Client) => client.compact(client.store.revision - back)),
  lease.map(
    (id) =>
      async ({ store }: Client) =>
        answerOf((done) => store.grantLease({ id, ttlSeconds: 3 }, done)),
  ),
  lease.map(
    (id) =>
      async ({ store }: Client) =>
        answerOf((done) => store.revokeLease(id, done)),
  ),
  fc.nat(2).map((seconds) => async (_client: Client, clock: HandClock) => clock.pass(seconds)),
);

/** Lets all steps happen at once, in their order; then everything is answered, and watched to the end. */
async function play(
  store: Store<Stamped>,
  clock: HandClock,
  steps: readonly Step[],
): Promise<number> {
  const checked = await answerOf<CheckedStore<Stamped>>((done) =>
    checkStore(store, { codec }, done),
  );
  const client = new Client(checked);
  const watch = client.watch({ prefix: "" }, 1);
  const outcomes = await Promise.allSettled(steps.map(async (each) => each(client, clock)));
  for (const outcome of outcomes) {
    if (outcome.status === "rejected" && !(outcome.reason instanceof StoreError))
      throw outcome.reason;
  }
  await client.put("/last");
  await watch.hasSeen(checked.revision);
  expect(watch.changes.at(-1)?.key).toBe("/last");
  const { revision } = checked;
  await answerOf((done) => checked.close(done));
  return revision;
}

describe("whatever clients do, a store keeps its promises:", () => {
  test("in memory", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new HandClock();
        await play(new MemoryStore<Stamped>(stamp, { codec, clock }), clock, steps);
      }),
      { numRuns: 300 },
    );
  });

  test("in files, whenever the disk answers; and opened again it is the same store", async () => {
    const pauses = fc.array(fc.nat(4), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), pauses, async (steps, turns) => {
        const directory = mkdtempSync(join(tmpdir(), "podrace-store-"));
        const clock = new HandClock();
        const options = { segmentBytesMax: 500 };
        const file = openDirectory(directory, options);
        let answers = Promise.resolve();
        let count = 0;
        // An answer of the disk may wait for its turn, but never overtakes another.
        file.start(clock, (handle) => {
          const wait = turns[count++ % turns.length] as number;
          answers = answers.then(async () => passTurns(wait)).then(handle);
        });
        const revision = await play(file.store, clock, steps);

        const again = openDirectory(directory, options);
        expect(again.report).toMatchObject({ revision, damage: undefined });
        const keys = await new Client(again.store).keys({ key: "", rangeEnd: prefixEnd("") });
        expect(keys).toContain("/last");
        await answerOf((done) => again.store.close(done));
        rmSync(directory, { recursive: true });
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

async function passTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
