import type { Event as CoreEvent, KubeObject } from "../../../api/objects.ts";
import { rfc3339 } from "../../../api/time.ts";
import { hexOf } from "../../../kernel/hash.ts";
import type { Chance } from "../../../kernel/chance.ts";
import type { EventParts } from "./event-columns.ts";
import { keyOf, stampRevision, StoredObject } from "./stored-object.ts";

/** The object an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for the cluster's own. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  /** E.g. `spec.containers{nginx}`. */
  readonly fieldPath?: string | undefined;
  /**
   * The events of it that its recorder remembers; empty at first. Absent where the recorder shall keep
   * them by uid: for who makes a subject for each event.
   */
  recorded?: readonly object[] | undefined;
}

/** What happened to it. */
export interface EventToRecord {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Who says so. */
export interface EventSource {
  readonly component: string;
  /** The node it runs on; empty for the control plane. */
  readonly host: string;
}

/**
 * An Event as its recorder wrote it. There are four and more to a pod, so what follows from something
 * else (names, identities) is worked out when asked.
 *
 * @see kubernetes `staging/src/k8s.io/client-go/tools/record/event.go`: `makeEvent`
 */
export class EventRow extends StoredObject {
  readonly #subject: EventSubject;
  readonly #event: EventToRecord;
  readonly #source: EventSource;
  readonly #atUs: number;
  readonly #number: number;
  readonly #count: number;
  /** How much later it last happened, µs. */
  readonly #lastAfterUs: number;
  /** How much later the API server took it in, µs, and whose chance made its identity. */
  #admittedAfterUs: number;
  #chance: Chance | undefined;

  /**
   * @param at By the recorder's clock, µs; `number` tells apart events of one subject in the same
   *   microsecond.
   */
  constructor(
    subject: EventSubject,
    event: EventToRecord,
    source: EventSource,
    at: { readonly us: number; readonly number: number },
    count = 1,
    lastAfterUs = 0,
    admittedAfterUs = 0,
    chance?: Chance,
  ) {
    super();
    this.#subject = subject;
    this.#event = event;
    this.#source = source;
    this.#atUs = at.us;
    this.#number = at.number % 1_000;
    this.#count = count;
    this.#lastAfterUs = lastAfterUs;
    this.#admittedAfterUs = admittedAfterUs;
    this.#chance = chance;
  }

  /** What it is made of, while it has happened once. */
  get parts(): EventParts | undefined {
    if (this.#count !== 1) return undefined;
    return {
      subject: this.#subject,
      event: this.#event,
      source: this.#source,
      atUs: this.#atUs,
      number: this.#number,
    };
  }

  get namespace(): string {
    return this.#subject.namespace || "default";
  }

  get name(): string {
    return `${this.#subject.name}.${nanosecondsHex(this.#atUs, this.#number)}`;
  }

  get key(): string {
    return keyOf(this.namespace, this.name);
  }

  get uid(): string {
    const admittedUs = String(this.#atUs + this.#admittedAfterUs);
    return this.#chance?.uuid(["uid/registry/events/", this.key, "@", admittedUs]) ?? "";
  }

  get labels(): undefined {
    return undefined;
  }

  get isDeleting(): boolean {
    return false;
  }

  get sharedSpec(): unknown {
    return undefined;
  }

  /** Whether it says just this, whenever that was. */
  tells(subject: EventSubject, { type, reason, message }: EventToRecord): boolean {
    return (
      this.#event.reason === reason &&
      this.#event.type === type &&
      this.#subject.fieldPath === subject.fieldPath &&
      this.#event.message === message
    );
  }

  /** The API server takes it in: what was written becomes what is stored. */
  admit(atUs: number, chance: Chance): this {
    this.#admittedAfterUs = atUs - this.#atUs;
    this.#chance = chance;
    return this;
  }

  /** It happened again. */
  countedUp(atUs: number): EventRow {
    return this.#with(this.#count + 1, atUs - this.#atUs, this.#admittedAfterUs, this.#chance);
  }

  toObject(): KubeObject {
    const { apiVersion, kind, namespace, name, uid, resourceVersion, fieldPath } = this.#subject;
    const { type, reason, message } = this.#event;
    const { component, host } = this.#source;
    const object: CoreEvent = {
      apiVersion: "v1",
      kind: "Event",
      metadata: {
        name: this.name,
        namespace: this.namespace,
        ...(this.#chance !== undefined && {
          uid: this.uid,
          creationTimestamp: rfc3339(this.#atUs + this.#admittedAfterUs),
          ...this.revisionField(),
        }),
      },
      involvedObject: {
        apiVersion,
        kind,
        name,
        uid,
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(fieldPath !== undefined && { fieldPath }),
        ...(namespace !== "" && { namespace }),
      },
      reason,
      message,
      source: { component, ...(host !== "" && { host }) },
      firstTimestamp: rfc3339(this.#atUs),
      lastTimestamp: rfc3339(this.#atUs + this.#lastAfterUs),
      count: this.#count,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host,
    };
    return object;
  }

  atRevision(revision: number): StoredObject {
    const same = this.#with(this.#count, this.#lastAfterUs, this.#admittedAfterUs, this.#chance);
    return stampRevision(same, revision);
  }

  override knownField(field: string): string | undefined {
    switch (field) {
      case "involvedObject.name":
        return this.#subject.name;
      case "involvedObject.kind":
        return this.#subject.kind;
      case "involvedObject.uid":
        return this.#subject.uid;
      case "involvedObject.namespace":
        return this.#subject.namespace;
      case "reason":
        return this.#event.reason;
      case "type":
        return this.#event.type;
      // An event has no phase, and whoever records what was stored asks for it.
      case "status.phase":
        return "";
      default:
        return undefined;
    }
  }

  #with(
    count: number,
    lastAfterUs: number,
    admittedAfterUs: number,
    chance: Chance | undefined,
  ): EventRow {
    return new EventRow(
      this.#subject,
      this.#event,
      this.#source,
      { us: this.#atUs, number: this.#number },
      count,
      lastAfterUs,
      admittedAfterUs,
      chance,
    );
  }
}

/** Nanoseconds as event names have them, in hexadecimal: more bits than a number holds. */
function nanosecondsHex(us: number, number: number): string {
  const highUs = Math.floor(us / 0x1_0000_0000);
  const low = (us - highUs * 0x1_0000_0000) * 1_000 + number;
  const carry = Math.floor(low / 0x1_0000_0000);
  const high = highUs * 1_000 + carry;
  return `${high.toString(16)}${hexOf(low - carry * 0x1_0000_0000)}`;
}
