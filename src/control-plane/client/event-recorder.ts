import type { Event as CoreEvent, KubeObject } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { isApiError } from "../../api/errors.ts";
import type { Answer } from "../apiserver/storage.ts";

/** Kinds of events remembered to be counted up instead of written anew. @see `events_cache.go` */
const rememberedMax = 4_096;

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  /** E.g. `spec.containers{nginx}`. */
  readonly fieldPath?: string;
}

export interface EventToRecord {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Where events are written: an `ApiClient`, or the API server itself for those who are there. */
export interface EventSink {
  readonly nowUs: number;
  /** @param host The node that writes; empty for the control plane. */
  createEvent(host: string, event: KubeObject): void;
  patchEvent(
    host: string,
    namespace: string,
    name: string,
    change: (stored: KubeObject) => KubeObject,
    answer: Answer<KubeObject>,
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
  readonly #remembered = new Map<string, string>();
  #written = 0;

  constructor(sink: EventSink, component: string) {
    this.#sink = sink;
    this.#component = component;
  }

  /** @param host The node the component runs on; empty for the control plane's. */
  record(subject: EventSubject, event: EventToRecord, host = ""): void {
    const key = [subject.uid, subject.fieldPath ?? "", event.reason, event.message].join("\n");
    const known = this.#remembered.get(key);
    if (known === undefined) return this.#write(key, subject, event, host);
    const namespace = subject.namespace || "default";
    const countUp = (stored: KubeObject): KubeObject => countedUp(stored, this.#sink.nowUs);
    this.#sink.patchEvent(host, namespace, known, countUp, (error) => {
      if (!isApiError(error, "NotFound")) return;
      this.#remembered.delete(key);
      this.#write(key, subject, event, host);
    });
  }

  #write(key: string, subject: EventSubject, event: EventToRecord, host: string): void {
    const object = newEvent(subject, event, {
      nowUs: this.#sink.nowUs,
      component: this.#component,
      host,
      number: this.#written++,
    });
    if (this.#remembered.size >= rememberedMax) this.#forgetOldest();
    this.#remembered.set(key, object.metadata.name ?? "");
    this.#sink.createEvent(host, object);
  }

  #forgetOldest(): void {
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      return;
    }
  }
}

/** A new Event object; `number` tells apart events of one subject in the same microsecond. */
export function newEvent(
  subject: EventSubject,
  event: EventToRecord,
  from: {
    readonly nowUs: number;
    readonly component: string;
    readonly host: string;
    readonly number: number;
  },
): KubeObject {
  const at = rfc3339(from.nowUs);
  const namespace = subject.namespace || "default";
  const nanoseconds = BigInt(from.nowUs) * 1_000n + BigInt(from.number % 1_000);
  const { namespace: involvedNamespace, ...involved } = subject;
  const object: CoreEvent = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${subject.name}.${nanoseconds.toString(16)}`, namespace },
    involvedObject: {
      ...involved,
      ...(involvedNamespace !== "" && { namespace: involvedNamespace }),
    },
    reason: event.reason,
    message: event.message,
    source: { component: from.component, ...(from.host !== "" && { host: from.host }) },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type: event.type,
    eventTime: null,
    reportingComponent: from.component,
    reportingInstance: from.host,
  };
  return object;
}

function countedUp(stored: KubeObject, nowUs: number): KubeObject {
  const count = ((stored["count"] as number | undefined) ?? 1) + 1;
  return { ...stored, count, lastTimestamp: rfc3339(nowUs) };
}
