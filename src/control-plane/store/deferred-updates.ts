import type { KeyMap } from "./key-map.ts";
import { prefixEnd, type Pulse, type PulseSource, type Stamp } from "./store.ts";
import { noLease, Version } from "./version.ts";
import type { VersionLog } from "./version-log.ts";

/**
 * The updates of keys whose values differ by one number from each other, such as heartbeats, as long as
 * nobody has read them: the number and the revision are kept, in the order of the revisions. Each has
 * its place in the log; who looks under their prefix has all of them made first.
 */
export class DeferredUpdates<V> {
  readonly #heads: KeyMap<Version<V>>;
  readonly #log: VersionLog<V>;
  readonly #stamp: Stamp<V>;
  readonly #pulses: KeyPulse<V>[] = [];
  readonly #chunks: Chunk<V>[] = [];
  /** Index of the first entry of the first chunk, of the first entry there is, and of the next. */
  #chunksFrom = 0;
  #first = 0;
  #next = 0;
  #prefix: string | undefined;
  /** Counts what others wrote under the prefix: then pulses look where their keys are. */
  #epoch = 0;
  /** Whether some pulse has gone on from the version that is known. */
  #hasMoved = false;

  /** What is made goes there. */
  constructor(heads: KeyMap<Version<V>>, log: VersionLog<V>, stamp: Stamp<V>) {
    this.#heads = heads;
    this.#log = log;
    this.#stamp = stamp;
  }

  get lastRevision(): number {
    return this.#first === this.#next ? 0 : this.revisionOf(this.#next - 1);
  }

  revisionOf(index: number): number {
    return this.#chunkOf(index).revisions[index % chunkLength] as number;
  }

  /** `undefined` for a key under another prefix than those before. */
  pulse(prefix: string, source: PulseSource<V>): Pulse<V> | undefined {
    this.#prefix ??= prefix;
    if (prefix !== this.#prefix) return undefined;
    const pulse = new KeyPulse(prefix, source);
    this.#pulses.push(pulse);
    return pulse;
  }

  /**
   * Updates a key.
   *
   * @param head Finds what is there now.
   * @returns Whether it could: not if what is there is none of the pulse's values.
   */
  add(
    pulse: Pulse<V>,
    number: number,
    revision: number,
    head: (key: string) => Version<V> | undefined,
  ): boolean {
    const its = pulse as KeyPulse<V>;
    if (its.epoch !== this.#epoch && !this.#find(its, head)) return false;
    const room = this.#chunksFrom + this.#chunks.length * chunkLength;
    if (this.#next === room) this.#chunks.push(newChunk());
    const at = this.#next++ % chunkLength;
    const chunk = this.#chunkOf(this.#next - 1);
    chunk.pulses[at] = its;
    chunk.numbers[at] = number;
    chunk.revisions[at] = revision;
    chunk.places[at] = this.#log.append(~(this.#next - 1));
    return true;
  }

  /** Others wrote a key that was there. */
  noticed(key: string): void {
    if (this.#prefix !== undefined && key.startsWith(this.#prefix)) this.#epoch++;
  }

  /** The oldest one was taken out of the log: what was before it cannot be read any more. */
  take(): void {
    const chunk = this.#chunkOf(this.#first);
    const at = this.#first++ % chunkLength;
    const pulse = chunk.pulses[at] as KeyPulse<V>;
    pulse.number = chunk.numbers[at] as number;
    pulse.revision = chunk.revisions[at] as number;
    pulse.taken++;
    this.#hasMoved = true;
    if (this.#first - this.#chunksFrom < chunkLength) return;
    this.#chunks.shift();
    this.#chunksFrom += chunkLength;
  }

  makeAt(key: string): void {
    if (this.#isEmpty || !key.startsWith(this.#prefix ?? "")) return;
    this.make();
  }

  makeIn(start: string, end: string): void {
    if (this.#isEmpty) return;
    const prefix = this.#prefix ?? "";
    if (start < prefixEnd(prefix) && prefix < end) this.make();
  }

  make(): void {
    if (this.#isEmpty) return;
    if (this.#hasMoved) for (const pulse of this.#pulses) this.#makeTaken(pulse);
    this.#hasMoved = false;
    for (let index = this.#first; index < this.#next; index++) {
      const { pulses, numbers, revisions, places } = this.#chunkOf(index);
      const at = index % chunkLength;
      const pulse = pulses[at] as KeyPulse<V>;
      const before = pulse.known as Version<V>;
      const made = this.#version(
        pulse,
        numbers[at] as number,
        revisions[at] as number,
        before.version + 1,
        before,
      );
      this.#log.put(places[at] as number, made);
    }
    // The first may serve again: in a cluster that begins, others write here, too.
    this.#chunks.length = Math.min(this.#chunks.length, 1);
    this.#chunksFrom = 0;
    this.#first = 0;
    this.#next = 0;
  }

  get #isEmpty(): boolean {
    return this.#first === this.#next && !this.#hasMoved;
  }

  /** A pulse of which the log has forgotten all, or all but what is still deferred. */
  #makeTaken(pulse: KeyPulse<V>): void {
    if (pulse.taken === 0) return;
    const { number, revision, taken, known } = pulse;
    this.#version(pulse, number, revision, (known as Version<V>).version + taken, undefined);
    pulse.taken = 0;
  }

  #version(
    pulse: KeyPulse<V>,
    number: number,
    revision: number,
    count: number,
    older: Version<V> | undefined,
  ): Version<V> {
    const { key } = pulse.source;
    const { createRevision } = pulse.known as Version<V>;
    const value = this.#stamp(pulse.source.valueAt(number), revision);
    const made = new Version(key, value, createRevision, revision, count, noLease, older);
    pulse.known = made;
    this.#heads.set(key, made);
    return made;
  }

  #find(pulse: KeyPulse<V>, head: (key: string) => Version<V> | undefined): boolean {
    const { source } = pulse;
    const found = head(source.key);
    if (found === undefined || found.lease !== noLease || !source.mayFollow(found.value)) {
      return false;
    }
    pulse.known = found;
    pulse.epoch = this.#epoch;
    return true;
  }

  #chunkOf(index: number): Chunk<V> {
    return this.#chunks[Math.floor((index - this.#chunksFrom) / chunkLength)] as Chunk<V>;
  }
}

class KeyPulse<V> implements Pulse<V> {
  readonly prefix: string;
  readonly source: PulseSource<V>;
  epoch = -1;
  /** Its newest version that was made. */
  known: Version<V> | undefined;
  /** Of those after it: the last one that the log has forgotten, and how many these are. */
  number = 0;
  revision = 0;
  taken = 0;

  constructor(prefix: string, source: PulseSource<V>) {
    this.prefix = prefix;
    this.source = source;
  }
}

interface Chunk<V> {
  readonly pulses: KeyPulse<V>[];
  readonly numbers: Float64Array;
  readonly revisions: Float64Array;
  /** Where each of them is in the log. */
  readonly places: Float64Array;
}

const chunkLength = 1_024;

function newChunk<V>(): Chunk<V> {
  return {
    pulses: [],
    numbers: new Float64Array(chunkLength),
    revisions: new Float64Array(chunkLength),
    places: new Float64Array(chunkLength),
  };
}
