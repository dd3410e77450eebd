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

export type { EventSubject, EventToRecord };

/** Subjects whose events are remembered, to be counted up instead of written anew. @see `events_cache.go` */
const rememberedMax = 4_096;

/** Events remembered of one subject. */
const rememberedOfOneMax = 32;

/** Where events are written: an `ApiClient`, or the API server itself for those who are there. */
export interface EventSink {
  readonly nowUs: number;
  /** @param host The node that writes; empty for the control plane. */
  createEvent(host: string, event: EventRow): void;
  reviseEvent(
    host: string,
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
export class EventRecorder {
  readonly #sink: EventSink;
  readonly #component: string;
  readonly #sources = new Map<string, EventSource>();
  readonly #remembered = new Map<string, EventRow[]>();
  /** Uids of the remembered, in a ring. */
  readonly #order: string[] = [];
  #next = 0;
  #written = 0;

  constructor(sink: EventSink, component: string) {
    this.#sink = sink;
    this.#component = component;
  }

  /** @param host The node the component runs on; empty for the control plane's. */
  record(subject: EventSubject, event: EventToRecord, host = ""): void {
    const known = this.#remembered.get(subject.uid)?.find((row) => row.tells(subject, event));
    if (known === undefined) return this.#write(subject, event, host);
    const { namespace, name } = known;
    const change = countUp(this.#sink.nowUs);
    this.#sink.reviseEvent(host, namespace, name, change, (error) => {
      if (!isApiError(error, "NotFound")) return;
      this.#forget(known, subject.uid);
      this.#write(subject, event, host);
    });
  }

  #write(subject: EventSubject, event: EventToRecord, host: string): void {
    const at = { us: this.#sink.nowUs, number: this.#written++ };
    const row = new EventRow(subject, event, this.#sourceOf(host), at);
    const known = this.#remembered.get(subject.uid);
    if (known === undefined) {
      this.#remembered.set(subject.uid, [row]);
      this.#makeRoom(subject.uid);
    } else {
      known.push(row);
      if (known.length > rememberedOfOneMax) known.shift();
    }
    this.#sink.createEvent(host, row);
  }

  /** Forgets the subject that was first heard of longest ago. */
  #makeRoom(uid: string): void {
    const oldest = this.#order[this.#next];
    if (oldest !== undefined) this.#remembered.delete(oldest);
    this.#order[this.#next] = uid;
    this.#next = (this.#next + 1) % rememberedMax;
  }

  #forget(row: EventRow, uid: string): void {
    const known = this.#remembered.get(uid) ?? [];
    const index = known.indexOf(row);
    if (index !== -1) known.splice(index, 1);
  }

  #sourceOf(host: string): EventSource {
    let source = this.#sources.get(host);
    if (source === undefined) {
      source = { component: this.#component, host };
      this.#sources.set(host, source);
    }
    return source;
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
