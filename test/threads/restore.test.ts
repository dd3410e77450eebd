import { expect, test } from "vitest";
import { twoFutures } from "../cluster/two-futures.ts";

test.each([
  [0, 2],
  [2, 0],
  [2, 1],
])(
  "a cluster with %d threads, restored with %d, has the future that the original had",
  { timeout: 60_000 },
  async (threads, restoredThreads) => {
    const { original, restored } = await twoFutures(threads, restoredThreads);

    expect(restored.inputs).toEqual(original.inputs);
    expect(restored.facts).toEqual(original.facts);
    expect(restored.end).toEqual(original.end);
  },
);
