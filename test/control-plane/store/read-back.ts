import type { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import type { Change, RangeRequest, RangeResult } from "../../../src/control-plane/store/store.ts";
import type { Stamped } from "./store-under-test.ts";

/** What a store answers to a range, as plain data. */
export function rangeOf(
  store: MemoryStore<Stamped>,
  request: RangeRequest,
): RangeResult<Stamped> | Error {
  let answer: RangeResult<Stamped> | Error | undefined;
  store.range(request, (error, result) => {
    answer = error ?? { ...result, items: result.items.map((item) => ({ ...item })) };
  });
  return answer as RangeResult<Stamped> | Error;
}

/** What a store tells a watch of what was written after a revision, as plain data. */
export function retoldBy(
  store: MemoryStore<Stamped>,
  watched: string,
  afterRevision: number,
): unknown {
  const told: unknown[] = [];
  const plain = (change: Change<Stamped>): unknown => ({
    ...change,
    current: { ...change.current },
    previous: { ...change.previous },
  });
  store
    .watch({
      prefix: watched,
      afterRevision,
      onChanges: (changes) => told.push(changes.map(plain)),
      onCompacted: (revision) => told.push(revision),
    })
    .cancel();
  return told;
}
