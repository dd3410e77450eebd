import type { Fact } from "../kernel/trace.ts";
import type { Cluster } from "./cluster.ts";
import type { Journal } from "./journal.ts";
import { openReplay } from "./replay.ts";

/** Where two runs that must be equal part. */
export interface Divergence {
  /** The window of virtual time, µs, in which it happens: after `fromUs`, up to `untilUs`. */
  readonly fromUs: number;
  readonly untilUs: number;
  /** The first fact that only one of them has; absent where its facts were not kept any more. */
  readonly first: { readonly left: Fact | undefined; readonly right: Fact | undefined } | undefined;
}

/** How often two runs are compared, µs of virtual time. */
const windowUs = 100_000;

/**
 * Replays a session twice, on this thread and on worker threads, and compares them window by
 * window.
 *
 * @returns `undefined` when they are equal to the end.
 */
export async function verifyJournal(
  journal: Journal,
  threads: number,
): Promise<Divergence | undefined> {
  const inline = await openReplay(journal, { threads: 0 });
  const threaded = await openReplay(journal, { threads });
  try {
    return await compareRuns(inline.cluster, threaded.cluster, inline.endUs);
  } finally {
    await Promise.all([inline.cluster.close(), threaded.cluster.close()]);
  }
}

/** Advances two clusters side by side until their histories differ, or `endUs`. */
export async function compareRuns(
  left: Cluster,
  right: Cluster,
  endUs: number,
): Promise<Divergence | undefined> {
  for (let fromUs = left.nowUs; fromUs < endUs;) {
    const untilUs = Math.min(fromUs + windowUs, endUs);
    await Promise.all([left.simulation.advanceTo(untilUs), right.simulation.advanceTo(untilUs)]);
    const [leftHash, rightHash] = await Promise.all([left.traceHash(), right.traceHash()]);
    if (leftHash !== rightHash) {
      const first = firstDifference(factsIn(left, fromUs), factsIn(right, fromUs));
      return { fromUs, untilUs, first };
    }
    fromUs = untilUs;
  }
  return undefined;
}

function factsIn({ trace }: Cluster, fromUs: number): readonly Fact[] {
  return trace
    .facts()
    .filter(({ atUs }) => atUs > fromUs)
    .toSorted(
      (one, other) =>
        one.atUs - other.atUs || (one.actor < other.actor ? -1 : Number(one.actor > other.actor)),
    );
}

function firstDifference(left: readonly Fact[], right: readonly Fact[]): Divergence["first"] {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    if (JSON.stringify(left[index]) === JSON.stringify(right[index])) continue;
    return { left: left[index], right: right[index] };
  }
  return undefined;
}
