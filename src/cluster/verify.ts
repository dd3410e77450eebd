import type { Fact } from "../kernel/trace.ts";
import type { Cluster, Progress } from "./cluster.ts";
import type { Journal, JournalCheckpoint } from "./journal.ts";
import { objectsHash } from "./objects-hash.ts";
import { openReplay } from "./replay.ts";

/** A stretch of virtual time, µs: after `fromUs`, up to and including `untilUs`. */
export interface Window {
  readonly fromUs: number;
  readonly untilUs: number;
}

/** The first place where two histories have different facts: one of each, or none. */
export interface FactPair {
  readonly left: Fact | undefined;
  readonly right: Fact | undefined;
}

/** What became of comparing a recorded session with a replay inline and one on threads. */
export type Verdict =
  | {
      readonly kind: "equal";
      /** Checkpoints of the recording that both came to. */
      readonly checkpoints: number;
      /** Whether the recording has an end, which they came to as well. */
      readonly hasEnd: boolean;
    }
  | {
      readonly kind: "replaysDiffer";
      readonly window: Window;
      /** Of the replay inline and the one on threads; absent where not all facts were kept. */
      readonly first: FactPair | undefined;
      /** Which of them the recording is like at its next checkpoint, where it has one. */
      readonly recordedLike: "inline" | "threads" | "neither" | undefined;
    }
  | {
      readonly kind: "recordingDiffers";
      readonly window: Window;
      readonly recorded: Progress;
      readonly replayed: Progress;
      /** Of the recording and a replay; absent where the recording has no facts. */
      readonly first: FactPair | undefined;
    }
  /** All facts are the same, and not what is in the objects in the end. */
  | { readonly kind: "objectsDiffer"; readonly between: "replays" | "recording" };

type Parting = Omit<Verdict & { readonly kind: "replaysDiffer" }, "recordedLike">;

/** A time up to which all was handled, and the facts there were by then. */
interface Moment {
  readonly atUs: number;
  readonly facts: number;
}

/** How often two replays are compared, µs of virtual time. */
const windowUs = 100_000;

/**
 * Replays a session twice, on this thread and on worker threads, side by side, and compares them
 * with each other window by window, and with the recording at each of its checkpoints.
 */
export async function verifyJournal(journal: Journal, threads: number): Promise<Verdict> {
  const inline = await openReplay(journal, { threads: 0 });
  const threaded = await openReplay(journal, { threads });
  try {
    return await compareWithRecording(journal, inline.cluster, threaded.cluster, inline.endUs);
  } finally {
    await Promise.all([inline.cluster.close(), threaded.cluster.close()]);
  }
}

async function compareWithRecording(
  journal: Journal,
  inline: Cluster,
  threaded: Cluster,
  endUs: number,
): Promise<Verdict> {
  // What is due at the start is still to come.
  let before: Moment = { atUs: inline.nowUs - 1, facts: 0 };
  for (const checkpoint of journal.checkpoints) {
    const parting = await advanceTogether(inline, threaded, before, checkpoint.atUs);
    if (parting !== undefined) {
      await advanceBoth(inline, threaded, checkpoint.atUs);
      return { ...parting, recordedLike: whichIsLike(checkpoint, inline, threaded) };
    }
    if (!isSame(checkpoint, inline.progress)) return departure(journal, inline, before, checkpoint);
    before = checkpoint;
  }
  const parting = await advanceTogether(inline, threaded, before, endUs);
  if (parting !== undefined) return { ...parting, recordedLike: undefined };
  return compareEnds(journal, inline, threaded, before.atUs);
}

function departure(
  journal: Journal,
  replay: Cluster,
  before: Moment,
  { atUs, ...recorded }: JournalCheckpoint,
): Verdict {
  const window = { fromUs: before.atUs, untilUs: atUs };
  const replayed = replay.progress;
  const facts = factsIn(replay, window, replayed.facts - before.facts);
  const first =
    journal.facts.length === 0 || facts === undefined
      ? undefined
      : firstDifference(within(journal.facts, window), facts);
  return { kind: "recordingDiffers", window, recorded, replayed, first };
}

async function compareEnds(
  { checkpoints, end }: Journal,
  inline: Cluster,
  threaded: Cluster,
  fromUs: number,
): Promise<Verdict> {
  const objects = objectsHash(inline);
  if (objects !== objectsHash(threaded)) return { kind: "objectsDiffer", between: "replays" };
  if (end !== undefined) {
    const hash = await inline.traceHash();
    if (hash !== end.traceHash) {
      const { facts, revision, traceHash } = end;
      const window = { fromUs, untilUs: end.atUs };
      const recorded = { facts, revision, hash: traceHash };
      const replayed = { ...inline.progress, hash };
      return { kind: "recordingDiffers", window, recorded, replayed, first: undefined };
    }
    if (objects !== end.objectsHash) return { kind: "objectsDiffer", between: "recording" };
  }
  return { kind: "equal", checkpoints: checkpoints.length, hasEnd: end !== undefined };
}

/** Advances two clusters side by side until their histories differ, or to `endUs`. */
async function advanceTogether(
  inline: Cluster,
  threaded: Cluster,
  start: Moment,
  endUs: number,
): Promise<Parting | undefined> {
  for (let before = start; before.atUs < endUs;) {
    const dueUs = Math.min(inline.simulation.nextDueUs, threaded.simulation.nextDueUs);
    const atUs = Math.min(Math.max(before.atUs + windowUs, dueUs), endUs);
    await advanceBoth(inline, threaded, atUs);
    const [left, right] = [inline.progress, threaded.progress];
    if (!isSame(left, right)) {
      const window = { fromUs: before.atUs, untilUs: atUs };
      const inlineFacts = factsIn(inline, window, left.facts - before.facts);
      const threadedFacts = factsIn(threaded, window, right.facts - before.facts);
      const first = inlineFacts && threadedFacts && firstDifference(inlineFacts, threadedFacts);
      return { kind: "replaysDiffer", window, first };
    }
    before = { atUs, facts: left.facts };
  }
  return undefined;
}

async function advanceBoth(left: Cluster, right: Cluster, untilUs: number): Promise<void> {
  await Promise.all([left.simulation.advanceTo(untilUs), right.simulation.advanceTo(untilUs)]);
}

function whichIsLike(
  recorded: Progress,
  inline: Cluster,
  threaded: Cluster,
): "inline" | "threads" | "neither" {
  if (isSame(recorded, inline.progress)) return "inline";
  return isSame(recorded, threaded.progress) ? "threads" : "neither";
}

function isSame(left: Progress, right: Progress): boolean {
  return left.hash === right.hash && left.facts === right.facts && left.revision === right.revision;
}

/** A window's facts in an order of their own; `undefined` if not all `count` of them were kept. */
function factsIn({ trace }: Cluster, window: Window, count: number): readonly Fact[] | undefined {
  const facts = within(trace.facts(), window);
  return facts.length === count ? facts : undefined;
}

function within(facts: readonly Fact[], { fromUs, untilUs }: Window): readonly Fact[] {
  return facts
    .filter(({ atUs }) => atUs > fromUs && atUs <= untilUs)
    .toSorted((one, other) => one.atUs - other.atUs || byCodeUnits(one.actor, other.actor));
}

function firstDifference(left: readonly Fact[], right: readonly Fact[]): FactPair | undefined {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    if (JSON.stringify(left[index]) === JSON.stringify(right[index])) continue;
    return { left: left[index], right: right[index] };
  }
  return undefined;
}

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
