import { describe, expect, test } from "vitest";
import {
  type CheckedStore,
  checkStore,
} from "../../../../src/control-plane/store/check/checked-store.ts";
import { MemoryStore } from "../../../../src/control-plane/store/memory-store.ts";
import type { Change, Watch, WatchRequest } from "../../../../src/control-plane/store/store.ts";
import { answerOf, Client, codec, type Stamped, stamp } from "../store-under-test.ts";

type Changes = readonly Change<Stamped>[];

/** A store with one bug: what it tells of a revision is what `bug` makes of it. */
class BuggyStore extends MemoryStore<Stamped> {
  readonly #bug: (changes: Changes) => readonly Changes[];
  /** Whether observers of everything are spared. */
  readonly #onlyOfSome: boolean;

  constructor(bug: (changes: Changes) => readonly Changes[], onlyOfSome = true) {
    super(stamp, { codec });
    this.#bug = bug;
    this.#onlyOfSome = onlyOfSome;
  }

  override watch(request: WatchRequest<Stamped>): Watch {
    if (this.#onlyOfSome && "prefix" in request && request.prefix === "")
      return super.watch(request);
    const onChanges = (changes: Changes): void => {
      for (const told of this.#bug(changes)) request.onChanges(told);
    };
    return super.watch({ ...request, onChanges });
  }
}

async function clientOf(store: MemoryStore<Stamped>): Promise<Client> {
  return new Client(
    await answerOf<CheckedStore<Stamped>>((done) => checkStore(store, codec, done)),
  );
}

/** Writes here and there while somebody watches `a…`; then asks how far that is. */
async function aDay(client: Client): Promise<void> {
  const watch = client.watch({ prefix: "a" }, 1);
  await client.putAll("a1", "b", "a2");
  await client.transact({
    compares: [],
    then: ["a1", "a2", "b"].map((key) => ({ type: "delete" as const, key })),
  });
  await client.put("a1");
  await watch.hasSeen(6);
}

const nothing: Changes = [];
let kept: Changes = nothing;

describe("a checked store", () => {
  test("has nothing against a store that keeps its promises", async () => {
    await aDay(await clientOf(new MemoryStore(stamp, { codec })));
  });

  test.each<[string, string, (changes: Changes) => readonly Changes[]]>([
    [
      "leaves out a deletion",
      "WatchReliable",
      (changes) =>
        [changes.filter(({ type }) => type === "put")].filter(({ length }) => length > 0),
    ],
    ["leaves out one of a revision", "WatchReliable", (changes) => [changes.slice(0, 1)]],
    ["tells twice", "WatchOrdered", (changes) => [changes, changes]],
    ["splits a revision", "WatchReliable", (changes) => changes.map((change) => [change])],
    [
      "goes back in time",
      "WatchOrdered",
      (changes) => {
        const before = kept;
        kept = changes;
        return before.length > 0 ? [changes, before] : [changes];
      },
    ],
    [
      "tells of other keys",
      "WatchFilter",
      (changes) => [changes.map((change) => ({ ...change, key: "b" }))],
    ],
    [
      "mixes revisions",
      "WatchAtomic",
      (changes) => [[...changes, { ...(changes[0] as Change<Stamped>), revision: 99 }]],
    ],
    [
      "forgets what was before",
      "WatchReliable",
      (changes) => [changes.map((change) => ({ ...change, previous: undefined }))],
    ],
  ])("catches a watch that %s", async (_what, promise, bug) => {
    kept = nothing;
    const client = await clientOf(new BuggyStore(bug));
    await expect(aDay(client)).rejects.toThrow(promise);
  });

  test("catches progress that is told before the changes are", async () => {
    const late: (() => void)[] = [];
    class HastyStore extends MemoryStore<Stamped> {
      override watch(request: WatchRequest<Stamped>): Watch {
        if ("prefix" in request && request.prefix === "") return super.watch(request);
        const onChanges = (changes: Changes): void =>
          void late.push(() => request.onChanges(changes));
        return super.watch({ ...request, onChanges });
      }
    }
    const client = await clientOf(new HastyStore(stamp, { codec }));
    await expect(aDay(client)).rejects.toThrow("WatchReliable: put a1 at 2 was not told");
  });

  test.each<[string, string, (changes: Changes) => readonly Changes[]]>([
    ["skips a revision", "RVMonotonic", (changes) => (changes[0]?.revision === 3 ? [] : [changes])],
    ["uses a revision twice", "RVMonotonic", (changes) => [changes, changes]],
    [
      "counts versions wrongly",
      "LinearizableKV",
      (changes) => [
        changes.map((change) => ({
          ...change,
          current: change.current && { ...change.current, version: 7 },
        })),
      ],
    ],
  ])("catches a store that %s", async (_what, promise, bug) => {
    const client = await clientOf(new BuggyStore(bug, false));
    await expect(aDay(client)).rejects.toThrow(promise);
  });

  test("catches a lost race that is told as won", async () => {
    class RacyStore extends MemoryStore<Stamped> {
      override transact(...[request, done]: Parameters<MemoryStore<Stamped>["transact"]>): void {
        super.transact({ ...request, compares: [] }, done);
      }
    }
    const client = await clientOf(new RacyStore(stamp, { codec }));
    await client.put("a");
    const then = [{ type: "put" as const, key: "a", value: { text: "b", revision: 0 } }];
    const lost = client.transact({ compares: [{ key: "a", modRevision: 0 }], then });
    await expect(lost).rejects.toThrow("CAS: a transaction at 3 was decided by what was not there");
  });

  test("catches a read of the past that is told as the present", async () => {
    class StaleStore extends MemoryStore<Stamped> {
      override range(...[request, done]: Parameters<MemoryStore<Stamped>["range"]>): void {
        const revision = request.revision || Math.max(this.revision - 1, 1);
        super.range({ ...request, revision }, done);
      }
    }
    const client = await clientOf(new StaleStore(stamp, { codec }));
    await client.putAll("a", "a");
    await expect(client.range({ key: "a" })).rejects.toThrow("a was never like that at 3");
  });
});
