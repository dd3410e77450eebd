import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Change,
  type KeyValue,
  prefixEnd,
  type WatchScope,
} from "../../../src/control-plane/store/store.ts";
import { type Heard, Session, someSteps, toldUpTo, type Write } from "./store-session.ts";
import type { Stamped, StoreUnderTest } from "./store-under-test.ts";

type Promised = readonly [promise: string, holds: (history: History) => void];

/**
 * What etcd promises of its keys and watches, whatever its clients do: each promise in its own words,
 * by what the clients saw alone.
 *
 * @see etcd `tests/robustness/validate`
 */
const promises: readonly Promised[] = [
  [
    "each write has the next revision, and none is used twice",
    ({ writes }) => {
      expect(writes.map(({ result }) => result.revision)).toEqual(writes.map((_, n) => n + 2));
    },
  ],
  [
    "a key is read as it was last written: there is one order of all, and nobody sees another",
    (history) => {
      const { writes } = history;
      const { reads } = history.session;
      for (const { request, result } of reads) {
        const there = history.itemsAt(request.revision || result.revision);
        expect(result.items).toEqual(there.filter(isIn(request.scope)));
      }
      const isPassed = (later: Write, earlier: Write): boolean =>
        later.answeredAt < earlier.askedAt;
      expect(
        writes.filter((write, index) =>
          writes.slice(index + 1).some((one) => isPassed(one, write)),
        ),
      ).toEqual([]);
      for (const { askedAt, answeredAt, result } of reads) {
        const after = writes.filter((write) => write.answeredAt < askedAt);
        const before = writes.filter((write) => write.askedAt > answeredAt);
        expect(after.filter((write) => write.result.revision > result.revision)).toEqual([]);
        expect(before.filter((write) => write.result.revision <= result.revision)).toEqual([]);
      }
    },
  ],
  [
    "a write happens if what it compares holds right before it, and not otherwise",
    (history) => {
      for (const write of history.session.writes) {
        const { request, result } = write;
        const hasWritten = history.writes.includes(write);
        const there = history.itemsAt(hasWritten ? result.revision - 1 : result.revision);
        const held = request.compares.every((compare) => {
          const item = there.find(({ key }) => key === compare.key);
          return "modRevision" in compare && (item?.modRevision ?? 0) === compare.modRevision;
        });
        expect(result.succeeded).toBe(held);
      }
    },
  ],
  [
    "a watch never goes back in time (Ordered), and tells nothing twice (Unique)",
    ({ session }) => {
      for (const heard of session.watches) {
        const revisions = callsOf(heard).map((changes) => changes[0]?.revision ?? 0);
        expect(revisions).toEqual([...new Set(revisions)].toSorted((one, two) => one - two));
        const told = textsOf(callsOf(heard).flat());
        expect(told).toEqual([...new Set(told)]);
      }
    },
  ],
  [
    "a watch leaves nothing out (Reliable), and tells only what it is about (Filter)",
    (history) => {
      for (const heard of history.session.watches) {
        const due = history.due(heard, toldUpTo(heard));
        expect(textsOf(callsOf(heard).flat())).toEqual(textsOf(due));
      }
    },
  ],
  [
    "a watch goes on where another ended, or hears that this is compacted (Resumable)",
    (history) => {
      for (const heard of history.session.watches) {
        const compacted = heard.said.findIndex((one) => "compacted" in one);
        expect(compacted).toBeLessThan(1);
        const [first = {}] = heard.said;
        if ("compacted" in first) {
          expect(first.compacted).toBeGreaterThan(heard.afterRevision + 1);
        } else if (heard.resumes !== undefined) {
          const { afterRevision } = heard.resumes;
          const due = history.due({ ...heard, afterRevision }, toldUpTo(heard));
          const told = [...callsOf(heard.resumes), ...callsOf(heard)].flat();
          expect(textsOf(told)).toEqual(textsOf(due));
        }
      }
    },
  ],
  [
    "what a watch says it has told all up to, it has (Bookmarkable)",
    (history) => {
      for (const heard of history.session.watches) {
        for (const [index, one] of heard.said.entries()) {
          if (!("progress" in one)) continue;
          const before = callsOf({ said: heard.said.slice(0, index) }).flat();
          const after = callsOf({ said: heard.said.slice(index) }).flat();
          expect(textsOf(before)).toEqual(textsOf(history.due(heard, one.progress)));
          expect(after.filter(({ revision }) => revision <= one.progress)).toEqual([]);
        }
      }
    },
  ],
  [
    "a watch tells all of a revision at once, and no other with it (Atomic)",
    (history) => {
      for (const heard of history.session.watches) {
        for (const changes of callsOf(heard)) {
          const { revision } = changes[0] as Change<Stamped>;
          const due = history.due(heard, revision).filter((each) => each.revision === revision);
          expect(textsOf(changes)).toEqual(textsOf(due));
        }
      }
    },
  ],
  [
    "a change comes with what is there, and with what was there before (PrevKV, IsCreate)",
    (history) => {
      for (const change of history.session.watches.flatMap((heard) => callsOf(heard).flat())) {
        const { key, revision, current, previous } = change;
        const at = (when: number): KeyValue<Stamped> | undefined =>
          history.itemsAt(when).find((item) => item.key === key);
        expect({ current, previous }).toEqual({
          current: at(revision),
          previous: at(revision - 1),
        });
      }
    },
  ],
];

type Open = () => Promise<StoreUnderTest>;

/** One test a promise. `open` gives a store that nothing was written to. */
export function describePromises(backend: string, open: Open, numRuns: number): void {
  describe(`${backend}, whatever its clients do:`, () => {
    test.each(promises)("%s", async (_promise, holds) => keep(open, [holds], numRuns));
  });
}

/** Tries all promises together, where a store is slow to open. */
export async function keepAllPromises(open: Open, numRuns: number): Promise<void> {
  await keep(
    open,
    promises.map(([, holds]) => holds),
    numRuns,
  );
}

async function keep(
  open: Open,
  promised: readonly ((history: History) => void)[],
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(someSteps, async (steps) => {
      const under = await open();
      try {
        const session = new Session(under.store);
        await session.play(steps);
        const history = new History(session);
        for (const holds of promised) holds(history);
      } finally {
        await under.close();
      }
    }),
    { numRuns },
  );
}

interface Happened {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
}

/** What really happened, from the writes that were answered, by revision. */
class History {
  readonly session: Session;
  /** Those that changed something. */
  readonly writes: readonly Write[];
  /** By revision; the first is revision 1, of an empty store. */
  readonly #states: ReadonlyMap<string, KeyValue<Stamped>>[] = [new Map(), new Map()];
  readonly #changes: Happened[][] = [[], []];

  constructor(session: Session) {
    this.session = session;
    this.writes = session.writes
      .filter(({ result }) => result.written.some((item) => item !== undefined))
      .toSorted((one, other) => one.result.revision - other.result.revision);
    for (const { request, result } of this.writes) this.#apply(request, result.revision);
  }

  itemsAt(revision: number): readonly KeyValue<Stamped>[] {
    const items = [...(this.#states[revision] ?? new Map<string, KeyValue<Stamped>>()).values()];
    return items.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  }

  /** What a watch is to be told of, up to a revision. */
  due(heard: Heard, upTo: number): readonly Happened[] {
    return this.#changes
      .slice(heard.afterRevision + 1, upTo + 1)
      .flat()
      .filter(({ type }) => type !== heard.without)
      .filter(isIn(heard.scope));
  }

  #apply({ then }: Write["request"], revision: number): void {
    const state = new Map(this.#states.at(-1));
    const changes: Happened[] = [];
    for (const operation of then) {
      const { type, key } = operation;
      const before = state.get(key);
      if (type === "put") {
        state.set(key, {
          key,
          value: { ...operation.value, revision },
          createRevision: before?.createRevision ?? revision,
          modRevision: revision,
          version: (before?.version ?? 0) + 1,
          lease: 0n,
        });
      } else if (type !== "delete" || !state.delete(key)) {
        continue;
      }
      changes.push({ type, key, revision });
    }
    this.#states.push(state);
    this.#changes.push(changes);
  }
}

function callsOf({ said }: Pick<Heard, "said">): readonly (readonly Change<Stamped>[])[] {
  return said.flatMap((one) => ("changes" in one ? [one.changes] : []));
}

/** In the order of revisions; that of one revision does not matter. */
function textsOf(changes: readonly Happened[]): readonly string[] {
  return changes
    .toSorted((one, two) => one.revision - two.revision || (one.key < two.key ? -1 : 1))
    .map(({ type, key, revision }) => `${type} ${key}@${revision}`);
}

function isIn(scope: WatchScope): (item: { readonly key: string }) => boolean {
  const [start, end] =
    "prefix" in scope ? [scope.prefix, prefixEnd(scope.prefix)] : [scope.key, scope.rangeEnd];
  return ({ key }) => (end === undefined ? key === start : key >= start && key < end);
}
