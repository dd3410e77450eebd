import type { Change, KeyRange, Watch } from "../../store.ts";
import { statusOf } from "../wire-errors.ts";
import { rangeFromWire } from "../wire-keys.ts";
import type {
  WireEvent,
  WireWatchCreation,
  WireWatchRequest,
  WireWatchResponse,
} from "../wire-messages.ts";
import { type DoorContext, headerAt, keyValueToWire } from "./door-context.ts";

/**
 * One stream of etcd's service `Watch`, with as many watches as its client creates on it.
 *
 * @see etcd `server/etcdserver/api/v3rpc/watch.go`
 */
export class DoorWatchStream<V> {
  readonly #door: DoorContext<V>;
  readonly #send: (response: WireWatchResponse) => void;
  readonly #watches = new Map<string, StreamWatch>();
  #questions: readonly ProgressQuestion[] = [];
  #nextId = 0n;

  constructor(door: DoorContext<V>, send: (response: WireWatchResponse) => void) {
    this.#door = door;
    this.#send = send;
  }

  take({ createRequest, cancelRequest, progressRequest }: WireWatchRequest): void {
    if (createRequest) this.#create(createRequest);
    else if (cancelRequest) this.#cancel(String(cancelRequest.watchId));
    else if (progressRequest) this.#answerProgress();
  }

  /** Its client is gone. */
  close(): void {
    for (const { watch } of this.#watches.values()) watch?.cancel();
    this.#watches.clear();
  }

  #create(request: WireWatchCreation): void {
    const { store } = this.#door;
    const watchId = this.#idFor(request);
    const header = headerAt(store.revision);
    const refuse = (cancelReason: string): void =>
      this.#send({ header, watchId: -1, created: true, canceled: true, cancelReason });
    if (watchId === undefined) {
      return refuse("mvcc: duplicate watch ID provided on the WatchStream");
    }
    let range: KeyRange;
    try {
      // Watching nothing in particular is watching everything from the first key on.
      range = rangeFromWire(request.key.length === 0 ? { ...request, key: nul } : request);
    } catch (error) {
      return refuse(statusOf(error as Error).details);
    }
    const { progressNotify = false } = request;
    const own: StreamWatch = { watch: undefined, isQuiet: true };
    this.#watches.set(watchId, own);
    this.#send({ header, watchId, created: true });
    const from = Number(request.startRevision);
    const filters = new Set(request.filters ?? []);
    const end = (rest: Partial<WireWatchResponse>): void => {
      this.#forget(watchId);
      this.#send({ header: headerAt(store.revision), watchId, canceled: true, ...rest });
    };
    const watch = store.watch({
      ...range,
      afterRevision: from > 0 ? from - 1 : store.revision,
      ...(filters.has("NODELETE") && { without: "delete" as const }),
      withoutPrevious: request.prevKv !== true,
      onChanges: (changes) => {
        own.isQuiet = false;
        this.#tell(watchId, request, changes, filters.has("NOPUT"));
      },
      onProgress: (revision) => this.#hearProgress(watchId, revision, progressNotify),
      onCompacted: (compactRevision) => end({ compactRevision }),
      onError: (error) => end({ cancelReason: statusOf(error).details }),
    });
    if (!this.#watches.has(watchId)) return;
    own.watch = watch;
    if (progressNotify) this.#remind(watchId, own);
  }

  /** Undefined for one that is taken. */
  #idFor({ watchId = 0 }: WireWatchCreation): string | undefined {
    if (BigInt(watchId) !== 0n) {
      return this.#watches.has(String(watchId)) ? undefined : String(watchId);
    }
    while (this.#watches.has(String(this.#nextId))) this.#nextId++;
    return String(this.#nextId++);
  }

  #cancel(watchId: string): void {
    const own = this.#watches.get(watchId);
    if (own === undefined) return;
    own.watch?.cancel();
    this.#forget(watchId);
    this.#send({ header: headerAt(this.#door.store.revision), watchId, canceled: true });
  }

  #forget(watchId: string): void {
    this.#watches.delete(watchId);
    for (const question of this.#questions) question.waitsFor.delete(watchId);
    this.#answerQuestions();
  }

  #tell(
    watchId: string,
    { prevKv = false, fragment = false }: WireWatchCreation,
    changes: readonly Change<V>[],
    withoutPuts: boolean,
  ): void {
    const { codec } = this.#door;
    const wanted = withoutPuts ? changes.filter(({ type }) => type === "delete") : changes;
    const [first] = wanted;
    if (first === undefined) return;
    const header = headerAt(first.revision);
    const events = wanted.map(({ type, key, revision, current, previous }): WireEvent => ({
      type: type === "put" ? "PUT" : "DELETE",
      kv:
        current === undefined
          ? { ...deleted, key: Buffer.from(key), modRevision: revision }
          : keyValueToWire(current, codec),
      prevKv: prevKv && previous !== undefined ? keyValueToWire(previous, codec) : null,
    }));
    const parts = fragment ? split(events) : [events];
    for (const [index, part] of parts.entries()) {
      this.#send({ header, watchId, events: part, fragment: index < parts.length - 1 });
    }
  }

  /** For the whole stream: once each of its watches was told all there is. */
  #answerProgress(): void {
    const waitsFor = new Set(this.#watches.keys());
    const question: ProgressQuestion = { waitsFor, revision: this.#door.store.revision };
    this.#questions = [...this.#questions, question];
    for (const { watch } of this.#watches.values()) watch?.requestProgress();
    this.#answerQuestions();
  }

  #hearProgress(watchId: string, revision: number, progressNotify: boolean): void {
    if (!this.#watches.has(watchId)) return;
    let isAsked = false;
    for (const question of this.#questions) {
      if (!question.waitsFor.delete(watchId)) continue;
      question.revision = Math.min(question.revision, revision);
      isAsked = true;
    }
    this.#answerQuestions();
    if (isAsked || !progressNotify) return;
    this.#send({ header: headerAt(revision), watchId });
  }

  #answerQuestions(): void {
    const isAnswered = ({ waitsFor }: ProgressQuestion): boolean => waitsFor.size === 0;
    const answered = this.#questions.filter(isAnswered);
    this.#questions = this.#questions.filter((question) => !isAnswered(question));
    for (const { revision } of answered) this.#send({ header: headerAt(revision), watchId: -1 });
  }

  /** A watch that has heard nothing for a while is told that there was nothing. */
  #remind(watchId: string, own: StreamWatch): void {
    this.#door.clock?.after(progressIntervalUs, () => {
      if (this.#watches.get(watchId) !== own) return;
      if (own.isQuiet) own.watch?.requestProgress();
      own.isQuiet = true;
      this.#remind(watchId, own);
    });
  }
}

interface StreamWatch {
  watch: Watch | undefined;
  /** Whether it heard of nothing since it was last looked at. */
  isQuiet: boolean;
}

interface ProgressQuestion {
  /** Ids of watches that have not answered yet. */
  readonly waitsFor: Set<string>;
  revision: number;
}

/** As etcd does by default. */
const progressIntervalUs = 600_000_000;
/** What fits into one message, roughly. */
const fragmentBytes = 1_500_000;

const nul = new Uint8Array(1);
const deleted = { createRevision: 0, version: 0, lease: 0 } as const;

function split(events: readonly WireEvent[]): readonly (readonly WireEvent[])[] {
  const parts: WireEvent[][] = [[]];
  let bytes = 0;
  for (const event of events) {
    const size = (event.kv.value?.length ?? 0) + (event.prevKv?.value?.length ?? 0) + 100;
    if (bytes > 0 && bytes + size > fragmentBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(event);
    bytes += size;
  }
  return parts;
}
