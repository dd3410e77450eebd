import { vi } from "vitest";
import type {
  Change,
  Codec,
  Done,
  RangeRequest,
  RangeResult,
  Store,
  TransactionRequest,
  TransactionResult,
  WatchScope,
} from "../../../src/control-plane/store/store.ts";

/** A value that knows its revision, as Kubernetes objects do. */
export interface Stamped {
  readonly text: string;
  readonly revision: number;
}

export const stamp = (value: Stamped, revision: number): Stamped => ({ ...value, revision });

export const codec: Codec<Stamped> = {
  encode: ({ text }) => Buffer.from(text),
  decode: (bytes) => ({ text: Buffer.from(bytes).toString(), revision: 0 }),
};

export function value(text: string): Stamped {
  return { text, revision: 0 };
}

/** A store of some backend, empty, and what a test may do to its world. */
export interface StoreUnderTest {
  readonly store: Store<Stamped>;
  /** Lets time pass for leases. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** @throws What a call answers with, when it is an error. */
export function answerOf<R>(call: (done: Done<R>) => void): Promise<R> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    call((error, result) => {
      if (isAnswered) throw new Error("a call is answered once");
      isAnswered = true;
      if (error === undefined) resolve(result);
      else reject(error);
    });
  });
}

/** A store's calls as promises, in few letters. */
export class Client {
  readonly store: Store<Stamped>;

  constructor(store: Store<Stamped>) {
    this.store = store;
  }

  transact(request: TransactionRequest<Stamped>): Promise<TransactionResult<Stamped>> {
    return answerOf((done) => this.store.transact(request, done));
  }

  /** Puts without a condition; returns the revision. */
  async put(key: string, text = key, lease = 0n): Promise<number> {
    const then = [{ type: "put" as const, key, value: value(text), lease }];
    return (await this.transact({ compares: [], then })).revision;
  }

  async putAll(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.put(key);
  }

  async remove(key: string): Promise<number> {
    return (await this.transact({ compares: [], then: [{ type: "delete", key }] })).revision;
  }

  range(request: RangeRequest): Promise<RangeResult<Stamped>> {
    return answerOf((done) => this.store.range(request, done));
  }

  async texts(request: RangeRequest): Promise<readonly string[]> {
    return (await this.range(request)).items.map((item) => item.value.text);
  }

  async keys(request: RangeRequest): Promise<readonly string[]> {
    return (await this.range(request)).items.map(({ key }) => key);
  }

  compact(revision: number): Promise<void> {
    return answerOf((done) => this.store.compact(revision, done));
  }

  watch(
    scope: WatchScope,
    afterRevision: number,
    options: { readonly without?: "put" | "delete" } = {},
  ): RecordedWatch {
    return new RecordedWatch(this.store, scope, afterRevision, options);
  }
}

/** What a watch said: each call's changes as `put a@2`, and where it was told that history is gone. */
export class RecordedWatch {
  readonly calls: string[][] = [];
  readonly changes: Change<Stamped>[] = [];
  readonly compacted: number[] = [];
  readonly progress: number[] = [];
  readonly cancel: () => void;
  readonly requestProgress: () => void;

  constructor(
    store: Store<Stamped>,
    scope: WatchScope,
    afterRevision: number,
    options: { readonly without?: "put" | "delete" },
  ) {
    const watch = store.watch({
      ...scope,
      ...options,
      afterRevision,
      onChanges: (changes) => {
        this.changes.push(...changes);
        this.calls.push(changes.map(({ type, key, revision }) => `${type} ${key}@${revision}`));
      },
      onProgress: (revision) => this.progress.push(revision),
      onCompacted: (revision) => this.compacted.push(revision),
    });
    this.cancel = () => watch.cancel();
    this.requestProgress = () => watch.requestProgress();
  }

  /** Settles when all up to `revision` was told. */
  async hasSeen(revision: number): Promise<void> {
    const look = (): void => {
      if ((this.progress.at(-1) ?? 0) >= revision) return;
      this.requestProgress();
      if ((this.progress.at(-1) ?? 0) < revision) throw new Error(`${revision} is not told yet`);
    };
    await vi.waitFor(look, { timeout: 20_000 });
  }
}
