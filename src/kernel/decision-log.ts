import { Chance, type SiteKey } from "./chance.ts";
import type { Hash64 } from "./hash.ts";
import type { Timeline } from "./timeline.ts";

/** One choice as it was made: whose, when, which and what came out. */
export interface DecisionRead {
  /** Virtual time, µs since the Unix epoch. */
  readonly atUs: number;
  /** Who read it: `kubelet:node-3`, or the link `api-1→scheduler`. */
  readonly actor: string;
  /** The site key. */
  readonly key: string;
  readonly value: number;
}

/** All choices of a run up to a time, each actor's in its order. */
export interface DecisionRecord {
  readonly untilUs: number;
  readonly reads: readonly DecisionRead[];
}

/** A run that chose otherwise than the one it was to repeat: the first difference. */
export class DecisionMismatchError extends Error {
  override readonly name = "DecisionMismatchError";

  constructor(read: DecisionRead, expected: DecisionRead | undefined) {
    const recorded = expected === undefined ? "nothing more" : wordsOf(expected);
    super(
      `${read.actor} left the recorded run at ${read.atUs} µs: it read ${wordsOf(read)}; recorded was ${recorded}`,
    );
  }
}

/**
 * Writes down each choice of a run, or holds a run to what was written down. Orders are kept actor by
 * actor, so on which thread an actor runs does not matter.
 */
export class DecisionLog {
  readonly #reads: DecisionRead[] = [];
  readonly #expected: ReadonlyMap<string, readonly DecisionRead[]> | undefined;
  readonly #next = new Map<string, number>();
  readonly #untilUs: number;
  #mismatch: DecisionMismatchError | undefined;

  /** @param expected What the run is held to; absent to write down only. */
  constructor(expected?: DecisionRecord) {
    this.#expected = expected && byActor(expected.reads);
    this.#untilUs = expected?.untilUs ?? Infinity;
  }

  get reads(): readonly DecisionRead[] {
    return this.#reads;
  }

  /** Never throws: who chooses may turn what is thrown into an answer. */
  note(atUs: number, actor: string, key: string, value: number): void {
    const read = { atUs, actor, key, value };
    this.#reads.push(read);
    if (this.#expected === undefined || this.#mismatch !== undefined) return;
    if (atUs > this.#untilUs) return;
    const index = this.#next.get(actor) ?? 0;
    this.#next.set(actor, index + 1);
    const expected = this.#expected.get(actor)?.[index];
    if (expected === undefined || !isSame(read, expected)) {
      this.#mismatch = new DecisionMismatchError(read, expected);
    }
  }

  /** @throws {DecisionMismatchError} For the first choice that the recorded run made otherwise. */
  requireSame(): void {
    if (this.#mismatch !== undefined) throw this.#mismatch;
  }
}

/** Keyed randomness whose every draw is written down with its time and whoever drew. */
export class LoggedChance extends Chance {
  readonly #log: DecisionLog;
  readonly #timeline: Timeline;

  constructor(seed: number, timeline: Timeline, log: DecisionLog) {
    super(seed);
    this.#timeline = timeline;
    this.#log = log;
  }

  override bits(site: SiteKey): Hash64 {
    const bits = super.bits(site);
    const key = typeof site === "string" ? site : site.join("");
    const { nowUs, running = "start" } = this.#timeline;
    this.#log.note(nowUs, running, key, bits.high);
    return bits;
  }
}

function byActor(reads: readonly DecisionRead[]): ReadonlyMap<string, readonly DecisionRead[]> {
  const lanes = new Map<string, DecisionRead[]>();
  for (const read of reads) {
    const lane = lanes.get(read.actor) ?? [];
    lanes.set(read.actor, lane);
    lane.push(read);
  }
  return lanes;
}

function isSame(left: DecisionRead, right: DecisionRead): boolean {
  return left.atUs === right.atUs && left.key === right.key && left.value === right.value;
}

function wordsOf({ atUs, key, value }: DecisionRead): string {
  return `${key} = ${value} at ${atUs} µs`;
}
