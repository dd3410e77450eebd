import type { Chance } from "../../../kernel/chance.ts";
import type { DeferredValues, MadePut } from "../../store/deferred-puts.ts";
import type { Resource } from "../resource.ts";
import type { ServerParts } from "../server-parts.ts";
import { EventRow, type EventSource, type EventSubject, type EventToRecord } from "./event-row.ts";
import type { StoredObject } from "./stored-object.ts";

/**
 * Events that nobody has read, by column: there are four and more to a pod, in a busy cluster most are
 * never looked at, and a row with its key and its place in the store takes six times the memory.
 */
export class EventColumns implements DeferredValues<StoredObject> {
  readonly prefix: string;
  readonly #chance: Chance;
  readonly #onMade: (written: readonly MadePut[]) => void;
  #chunks: Chunk[] = [];
  #length = 0;

  /** @param onMade Events became rows, oldest first. */
  constructor(
    { resources, chance }: Pick<ServerParts, "resources" | "chance">,
    onMade: (written: readonly MadePut[]) => void,
  ) {
    this.prefix = (resources.find("", "v1", "events") as Resource).keyPrefix;
    this.#chance = chance;
    this.#onMade = onMade;
  }

  /** Takes an event in at the next index. */
  add({ subject, event, source, atUs, number }: EventParts, admittedUs: number): void {
    const index = this.#length++;
    const at = index % chunkLength;
    const chunk = (this.#chunks[Math.floor(index / chunkLength)] ??= newChunk());
    chunk.subjects.push(subject);
    chunk.events.push(event);
    chunk.sources.push(source);
    chunk.atUs[at] = atUs;
    chunk.admittedUs[at] = admittedUs;
    chunk.numbers[at] = number;
  }

  /** Takes back the one that was added last. */
  dropLast(): void {
    const { subjects, events, sources } = this.#chunkOf(--this.#length);
    subjects.pop();
    events.pop();
    sources.pop();
  }

  keyOf(index: number): string {
    return this.prefix + this.#rowAt(index).key;
  }

  valueOf(index: number): StoredObject {
    const row = this.#rowAt(index);
    const chunk = this.#chunkOf(index);
    return row.admit(chunk.admittedUs[index % chunkLength] as number, this.#chance);
  }

  made(written: readonly MadePut[]): void {
    this.#chunks = [];
    this.#length = 0;
    this.#onMade(written);
  }

  #rowAt(index: number): EventRow {
    const { subjects, events, sources, atUs, numbers } = this.#chunkOf(index);
    const at = index % chunkLength;
    const time = { us: atUs[at] as number, number: numbers[at] as number };
    return new EventRow(
      subjects[at] as EventSubject,
      events[at] as EventToRecord,
      sources[at] as EventSource,
      time,
    );
  }

  #chunkOf(index: number): Chunk {
    return this.#chunks[Math.floor(index / chunkLength)] as Chunk;
  }
}

/** What an event is made of. */
export interface EventParts {
  readonly subject: EventSubject;
  readonly event: EventToRecord;
  readonly source: EventSource;
  /** By the recorder's clock, µs. */
  readonly atUs: number;
  readonly number: number;
}

interface Chunk {
  readonly subjects: EventSubject[];
  readonly events: EventToRecord[];
  readonly sources: EventSource[];
  readonly atUs: Float64Array;
  readonly admittedUs: Float64Array;
  readonly numbers: Uint16Array;
}

/** Small, for a cluster with a few events has one, and an array that grows is copied. */
const chunkLength = 1_024;

function newChunk(): Chunk {
  return {
    subjects: [],
    events: [],
    sources: [],
    atUs: new Float64Array(chunkLength),
    admittedUs: new Float64Array(chunkLength),
    numbers: new Uint16Array(chunkLength),
  };
}
