import type { KubeObject, Node } from "../api/objects.ts";
import { parseRfc3339 } from "../api/time.ts";
import { kinds } from "../control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../control-plane/apiserver/stored/stored-codec.ts";
import {
  stampRevision,
  type StoredObject,
} from "../control-plane/apiserver/stored/stored-object.ts";
import type { EtcdStore } from "../control-plane/store/etcd/etcd-store.ts";
import { openEtcdStore } from "../control-plane/store/etcd/open-etcd-store.ts";
import { prefixEnd, type Store, type StoreClock } from "../control-plane/store/store.ts";
import { StoreError } from "../control-plane/store/store-errors.ts";
import type { Simulation } from "../kernel/simulation.ts";
import type { ActorRef } from "../kernel/timeline.ts";
import { AwaitedStore } from "./awaited-store.ts";
import { DriverLock, DriverLockedError, type DriverLockOptions } from "./driver-lock.ts";
import type { KeptState } from "./kept-state.ts";
import { OutsideAnswers, type SubmitInput } from "./outside-answers.ts";

/** After so long a request is refused: people wait for it, ms. */
const requestTimeoutMs = 5_000;

/** Requests come in meanwhile, and are not kept waiting, ms. */
const holdMsMax = 20;

/** An etcd that a cluster's state cannot be kept in, or not by this process any more. */
export class EtcdStateError extends Error {
  override readonly name = "EtcdStateError";
  /** Whether it could be served all the same: somebody else drives the cluster. */
  readonly isDriven: boolean;

  constructor(message: string, isDriven = false, cause?: unknown) {
    super(message, { cause });
    this.isDriven = isDriven;
  }
}

export interface EtcdStateOptions extends DriverLockOptions {
  /** Whether this process serves the cluster, and leaves its nodes and controllers to another. */
  readonly servesOnly?: boolean;
}

/**
 * A real etcd that a cluster's objects are kept in. What it says is an input. While it owes something,
 * and is not silent for long, virtual time does not pass faster than real time: a cluster that is far
 * ahead of its store would take it for dead.
 */
export class EtcdState implements KeptState {
  readonly place: string;
  readonly store: AwaitedStore<StoredObject>;
  readonly revision: number;
  readonly nextUs: number;
  readonly mayFail = true;
  readonly #answers: OutsideAnswers;
  readonly #lock: DriverLock | undefined;
  #clock: StoreClock | undefined;
  #closed: Promise<void> | undefined;

  /** Use `openEtcdState`. */
  constructor(parts: {
    readonly place: string;
    readonly store: EtcdStore<StoredObject>;
    readonly answers: OutsideAnswers;
    readonly lock: DriverLock | undefined;
    readonly nextUs: number;
  }) {
    const { place, store, answers, lock, nextUs } = parts;
    this.place = place;
    this.store = new AwaitedStore(store, () => this.#clock?.nowUs ?? 0);
    this.revision = store.revision;
    this.nextUs = nextUs;
    this.#answers = answers;
    this.#lock = lock;
  }

  /** Its own leases end by etcd's clock, which is real. */
  start(clock: StoreClock): void {
    this.#clock = clock;
  }

  async join(simulation: Simulation, actor: ActorRef): Promise<void> {
    simulation.holdWindows((untilUs) => {
      const failure = this.#lock?.failure;
      if (failure !== undefined) return Promise.reject(drivenError(this.place, failure));
      // What came may be all that it owes.
      if (this.#answers.count > 0) return undefined;
      const ms = this.store.waitMs(untilUs);
      return ms > 0 ? this.#answers.next(Math.min(ms, holdMsMax)) : undefined;
    });
    while (this.#answers.count < this.store.unanswered) await this.#answers.next();
    this.#answers.join(simulation, actor);
  }

  submitThrough(actor: ActorRef, submit: SubmitInput): void {
    this.#answers.submitThrough(actor, submit);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#answers.leave();
    await Promise.all([this.#lock?.release(), closed(this.store)]);
  }
}

/**
 * Opens an etcd for a cluster's state; empty, or with one that another process left or serves.
 *
 * @throws {EtcdStateError} When etcd does not answer, does not let this user in, holds something else,
 *   or when another process drives the cluster in it.
 */
export async function openEtcdState(options: EtcdStateOptions): Promise<EtcdState> {
  const place = `etcd at ${options.endpoints.join(", ")}`;
  const answers = new OutsideAnswers();
  let submit = (handle: () => void): void => handle();
  let store: EtcdStore<StoredObject> | undefined;
  try {
    store = await openEtcdStore<StoredObject>({
      requestTimeoutMs,
      ...options,
      stamp: stampRevision,
      codec: storedCodecOf(kinds),
      submit: (handle) => submit(handle),
    });
    // What can be read of these is a cluster of podrace's.
    await listed(store, "/registry/namespaces/");
    const leases = await listed(store, "/registry/leases/kube-node-lease/");
    const nodes = await listed(store, "/registry/minions/");
    const lock =
      options.servesOnly === true
        ? undefined
        : await DriverLock.take({ requestTimeoutMs, ...options });
    submit = (handle) => answers.take(handle);
    return new EtcdState({ place, store, answers, lock, nextUs: secondAfter(leases, nodes) });
  } catch (error) {
    if (store !== undefined) await closed(store);
    if (error instanceof DriverLockedError) throw drivenError(place, error);
    if (!(error instanceof StoreError)) throw error;
    throw new EtcdStateError(`${place}: ${error.message}`, false, error);
  }
}

function drivenError(place: string, error: DriverLockedError): EtcdStateError {
  return new EtcdStateError(`${place}: ${error.message}`, true, error);
}

function listed(store: Store<StoredObject>, prefix: string): Promise<readonly KubeObject[]> {
  return new Promise((resolve, reject) =>
    store.range({ key: prefix, rangeEnd: prefixEnd(prefix) }, (error, result) => {
      if (error !== undefined) reject(error);
      else resolve(result.items.map(({ value }) => value.toObject()));
    }),
  );
}

/**
 * The first second in which no node was heard of yet, µs: clusters may be ahead of the clock. What a node
 * says of itself has the same words within a second.
 */
function secondAfter(leases: readonly KubeObject[], nodes: readonly KubeObject[]): number {
  const times = [
    ...leases.map(({ spec }) => (spec as { readonly renewTime?: string } | undefined)?.renewTime),
    ...nodes.flatMap((node) =>
      (node as unknown as Node).status?.conditions?.map((condition) => condition.lastHeartbeatTime),
    ),
  ];
  let latestUs = 0;
  for (const time of times) latestUs = Math.max(latestUs, parseRfc3339(time ?? "") ?? 0);
  return (Math.floor(latestUs / 1_000_000) + 1) * 1_000_000;
}

function closed(store: Store<StoredObject>): Promise<void> {
  return new Promise((resolve) => store.close(() => resolve()));
}
