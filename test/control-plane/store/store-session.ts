import fc from "fast-check";
import { vi } from "vitest";
import { StoreError } from "../../../src/control-plane/store/store-errors.ts";
import {
  type Change,
  type KeyValue,
  prefixEnd,
  type RangeResult,
  type Store,
  type TransactionRequest,
  type TransactionResult,
  type WatchScope,
} from "../../../src/control-plane/store/store.ts";
import { answerOf, type Stamped, value } from "./store-under-test.ts";

const keys = ["/a/1", "/a/2", "/b/1", "/b/2"] as const;
const key = fc.constantFrom(...keys);
const scope: fc.Arbitrary<WatchScope> = fc.oneof(
  key.map((one) => ({ key: one })),
  fc.constantFrom({ prefix: "/a/" }, { prefix: "/" }, { key: "/a/2", rangeEnd: "/b/2" }),
);
const without = fc.constantFrom(undefined, undefined, "put" as const, "delete" as const);

/** What a client does; `back` is how many revisions ago. */
type Deed =
  | {
      readonly type: "write";
      readonly writes: readonly { readonly type: "put" | "delete"; readonly key: string }[];
      /** What the first of the keys must have been last written at: as of so long ago; or anything. */
      readonly guess: number | undefined;
    }
  | { readonly type: "read"; readonly scope: WatchScope; readonly back: number }
  | {
      readonly type: "watch";
      readonly scope: WatchScope;
      readonly without: "put" | "delete" | undefined;
      readonly back: number;
    }
  | { readonly type: "resume" | "cancel" | "askProgress"; readonly watch: number }
  | { readonly type: "compact"; readonly back: number };

export interface Step {
  readonly deed: Deed;
  /** Whether the next step waits until this one is answered. */
  readonly waits: boolean;
}

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      writes: fc.uniqueArray(
        fc.record({
          type: fc.constantFrom("put" as const, "put" as const, "delete" as const),
          key,
        }),
        { minLength: 1, maxLength: 3, selector: (write) => write.key },
      ),
      guess: fc.option(fc.nat(2), { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("read" as const), scope, back: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("watch" as const),
      scope,
      without,
      back: fc.integer({ min: -2, max: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom("resume" as const, "cancel" as const, "askProgress" as const),
      watch: fc.nat(3),
    }),
  },
  fc.record({ type: fc.constant("compact" as const), back: fc.integer({ min: 1, max: 5 }) }),
);

export const someSteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ deed, waits: fc.boolean() }),
  { maxLength: 40 },
);

/** A call, between two moments of a clock that ticks whenever something is asked or answered. */
interface Call<Q, R> {
  readonly request: Q;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly result: R;
}

export type Write = Call<TransactionRequest<Stamped>, TransactionResult<Stamped>>;
export type Read = Call<
  { readonly scope: WatchScope; readonly revision: number },
  RangeResult<Stamped>
>;

/** What a watch said, in order. */
export type Said =
  | { readonly changes: readonly Change<Stamped>[] }
  | { readonly progress: number }
  | { readonly compacted: number };

export interface Heard {
  readonly scope: WatchScope;
  readonly without: "put" | "delete" | undefined;
  readonly afterRevision: number;
  readonly said: Said[];
  /** Whether it was watched to the end. */
  isOver: boolean;
  /** The watch that it goes on from. */
  readonly resumes: Heard | undefined;
}

/** All that clients saw of a store, whatever it promises. */
export class Session {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly watches: Heard[] = [];
  readonly #store: Store<Stamped>;
  readonly #cancels = new Map<Heard, { cancel(): void; requestProgress(): void }>();
  #now = 0;

  constructor(store: Store<Stamped>) {
    this.#store = store;
  }

  /** Does all of it, and ends when everybody has heard of everything. */
  async play(steps: readonly Step[]): Promise<void> {
    const all: Promise<void>[] = [];
    for (const { deed: what, waits } of steps) {
      const done = this.#do(what);
      all.push(done);
      if (waits) await done;
    }
    await Promise.all(all);
    await this.#write({ compares: [], then: [{ type: "put", key: "/z", value: value("last") }] });
    const { revision } = this.#store;
    for (const [heard, watch] of this.#cancels) {
      if (heard.isOver) continue;
      const look = (): void => {
        watch.requestProgress();
        if (toldUpTo(heard) < revision && !heard.isOver) throw new Error(`not at ${revision} yet`);
      };
      await vi.waitFor(look, { timeout: 20_000 });
      this.#cancel(heard);
    }
  }

  async #do(what: Deed): Promise<void> {
    const { revision } = this.#store;
    switch (what.type) {
      case "write": {
        const then = what.writes.map((write) =>
          write.type === "put"
            ? { type: "put" as const, key: write.key, value: value(`${this.#now}`) }
            : { type: "delete" as const, key: write.key },
        );
        const [{ key: first }] = then as [(typeof then)[0]];
        const compares =
          what.guess === undefined
            ? []
            : [{ key: first, modRevision: await this.#modRevision(first, what.guess) }];
        return this.#write({ compares, then });
      }
      case "read":
        return this.#read(what.scope, what.back === 0 ? 0 : Math.max(revision - what.back, 1));
      case "watch":
        return this.#watch(what.scope, what.without, Math.max(revision - what.back, 0), undefined);
      case "compact":
        return ignoringRefusal(() =>
          answerOf((done) => this.#store.compact(revision - what.back, done)),
        );
      default: {
        const heard = this.watches[what.watch];
        if (heard === undefined || heard.isOver) return undefined;
        if (what.type === "askProgress") return this.#cancels.get(heard)?.requestProgress();
        this.#cancel(heard);
        if (what.type === "cancel") return undefined;
        return this.#watch(heard.scope, heard.without, toldUpTo(heard), heard);
      }
    }
  }

  async #write(request: TransactionRequest<Stamped>): Promise<void> {
    const askedAt = this.#now++;
    const result = await answerOf<TransactionResult<Stamped>>((done) =>
      this.#store.transact(request, done),
    );
    this.writes.push({ request, askedAt, answeredAt: this.#now++, result });
  }

  async #read(of: WatchScope, revision: number): Promise<void> {
    await ignoringRefusal(async () => {
      const askedAt = this.#now++;
      const range = "prefix" in of ? { key: of.prefix, rangeEnd: prefixEnd(of.prefix) } : of;
      const result = await answerOf<RangeResult<Stamped>>((done) =>
        this.#store.range({ ...range, revision }, done),
      );
      const request = { scope: of, revision };
      this.reads.push({ request, askedAt, answeredAt: this.#now++, result });
    });
  }

  async #modRevision(of: string, back: number): Promise<number> {
    let items: readonly KeyValue<Stamped>[] = [];
    await ignoringRefusal(async () => {
      const revision = back === 0 ? 0 : Math.max(this.#store.revision - back, 1);
      const result = await answerOf<RangeResult<Stamped>>((done) =>
        this.#store.range({ key: of, revision }, done),
      );
      ({ items } = result);
    });
    return items[0]?.modRevision ?? 0;
  }

  #watch(
    of: WatchScope,
    unwanted: "put" | "delete" | undefined,
    afterRevision: number,
    resumes: Heard | undefined,
  ): void {
    const heard: Heard = {
      scope: of,
      without: unwanted,
      afterRevision,
      said: [],
      isOver: false,
      resumes,
    };
    this.watches.push(heard);
    const watch = this.#store.watch({
      ...of,
      ...(unwanted !== undefined && { without: unwanted }),
      afterRevision,
      onChanges: (changes) => heard.said.push({ changes }),
      onProgress: (revision) => heard.said.push({ progress: revision }),
      onCompacted: (revision) => {
        heard.said.push({ compacted: revision });
        heard.isOver = true;
      },
    });
    this.#cancels.set(heard, watch);
  }

  #cancel(heard: Heard): void {
    heard.isOver = true;
    this.#cancels.get(heard)?.cancel();
  }
}

/** The last revision that a watch is known to have told all up to. */
export function toldUpTo({ said, afterRevision }: Heard): number {
  return said.reduce((last, one) => {
    if ("progress" in one) return Math.max(last, one.progress);
    return "changes" in one ? Math.max(last, one.changes[0]?.revision ?? 0) : last;
  }, afterRevision);
}

/** E.g. of what is compacted. */
async function ignoringRefusal(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
