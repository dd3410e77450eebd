import type { KubeObject } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { isApiError } from "../../api/errors.ts";
import type { Answer } from "../apiserver/storage.ts";
import {
  EventRow,
  type EventSource,
  type EventSubject,
  type EventToRecord,
} from "../apiserver/stored/event-row.ts";
import type { StoredObject } from "../apiserver/stored/stored-object.ts";
import type { Change } from "../apiserver/update.ts";

export type { EventSource, EventSubject, EventToRecord };

/** Subjects whose events are remembered, to be counted up instead of written anew. @see `events_cache.go` */
const rememberedMax = 4_096;

/** Events remembered of one subject. */
const rememberedOfOneMax = 32;

/** What is remembered of a subject before its first event, and once it is forgotten. */
const nothing: readonly never[] = [];

/** Where events are written: an `ApiClient`, or the API server itself for those who are there. */
export interface EventSink<S extends EventSource = EventSource> {
  readonly nowUs: number;
  createEvent(source: S, event: EventRow): void;
  reviseEvent(
    source: S,
    namespace: string,
    name: string,
    change: Change,
    answer: Answer<StoredObject>,
  ): void;
}

/**
 * Writes Events for people; one that happens again is counted up instead.
 *
 * @see kubernetes `staging/src/k8s.io/client-go/tools/record/{event,events_cache}.go`
 */
export class EventRecorder<S extends EventSource = EventSource> {
  readonly #sink: EventSink<S>;
  /** By uid, what is remembered of those that do not keep it themselves. */
  readonly #remembered = new Map<string, readonly EventRow[]>();
  /** The remembered, in a ring. */
  readonly #order: EventSubject[] = [];
  #next = 0;
  #written = 0;

  constructor(sink: EventSink<S>) {
    this.#sink = sink;
  }

  /** @param source Which component says so, on which node. */
  record(subject: EventSubject, event: EventToRecord, source: S): void {
    const remembered = this.#rememberedOf(subject);
    for (const row of remembered) {
      if (row.tells(subject, event)) return this.#countUp(row, subject, event, source);
    }
    this.#write(subject, event, source, remembered);
  }

  #countUp(known: EventRow, subject: EventSubject, event: EventToRecord, source: S): void {
    const { namespace, name } = known;
    const change = countUp(this.#sink.nowUs);
    this.#sink.reviseEvent(source, namespace, name, change, (error) => {
      if (!isApiError(error, "NotFound")) return;
      const remembered = this.#rememberedOf(subject);
      const others = remembered.filter((row) => row !== known);
      this.#write(subject, event, source, remembered === nothing ? nothing : others);
    });
  }

  #write(
    subject: EventSubject,
    event: EventToRecord,
    source: S,
    remembered: readonly EventRow[],
  ): void {
    // Those of nodes are even, the control plane's odd: no two recorders give one name.
    const number = this.#written++ * 2 + Number(source.host === "");
    const at = { us: this.#sink.nowUs, number };
    const row = new EventRow(subject, event, source, at);
    if (remembered === nothing) this.#makeRoom(subject);
    const all = remembered === nothing ? [row] : [...remembered.slice(1 - rememberedOfOneMax), row];
    if (subject.recorded === undefined) this.#remembered.set(subject.uid, all);
    else subject.recorded = all;
    this.#sink.createEvent(source, row);
  }

  #rememberedOf({ recorded, uid }: EventSubject): readonly EventRow[] {
    const known = recorded as readonly EventRow[] | undefined;
    const remembered = known ?? this.#remembered.get(uid) ?? nothing;
    return remembered.length === 0 ? nothing : remembered;
  }

  /** Forgets the subject that was first heard of longest ago. */
  #makeRoom(subject: EventSubject): void {
    const oldest = this.#order[this.#next];
    if (oldest?.recorded !== undefined) oldest.recorded = nothing;
    else if (oldest !== undefined) this.#remembered.delete(oldest.uid);
    this.#order[this.#next] = subject;
    this.#next = (this.#next + 1) % rememberedMax;
  }
}

function countUp(nowUs: number): Change {
  return {
    ofRow: (stored) => (stored instanceof EventRow ? stored.countedUp(nowUs) : undefined),
    ofObject: (stored: KubeObject) => {
      const count = ((stored["count"] as number | undefined) ?? 1) + 1;
      return { ...stored, count, lastTimestamp: rfc3339(nowUs) };
    },
  };
}
