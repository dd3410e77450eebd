import type { Network } from "../kernel/network.ts";
import type { ActorRef, TimerHandle, Timeline } from "../kernel/timeline.ts";
import type { KubeletAnswer } from "./kubelet-door.ts";
import type { ServerLiveness } from "./kubelet-servers.ts";
import { orders, reports } from "./protocol.ts";

/** How long a kubelet waits for an answer, µs. @see kubernetes `cmd/kubelet/app/server.go`: 10 s */
const requestUsMax = 10_000_000;
/**
 * How long after an answer that the server failed it asks again, µs.
 *
 * @see kubernetes `pkg/kubelet/status/status_manager.go`: `syncPeriod`; a node's status has its own 10 s
 */
export const repeatUs = 10_000_000;
/** How long it believes in a watch that is silent, µs. @see `connection.ts` of the client */
const silenceUsMax = 45_000_000;

/** How long it waits until it asks for a watch again that it was refused, µs. @see `informer.ts` of the client */
const rewatchUs = 1_000_000;

/** A message of a kubelet that asks something of the API server. */
export interface KubeletRequest {
  readonly actor: ActorRef;
  /** Whom it asks. */
  readonly apiServer: ActorRef;
  /** Whether that answers; absent for one that always does. */
  readonly liveness?: Pick<ServerLiveness, "isServing"> | undefined;
  /** See `reports`. */
  readonly kind: number;
  /** Handle of the pod it is about. */
  readonly pod: number;
  readonly sentUs: number;
  readonly isBackground: boolean;
  /** The kubelet finds out, at a time, µs, that there was no answer. Called once at most. */
  readonly unanswered: (atUs: number) => void;
  /** After that, or after a refusal, of what it sends again: tells the kubelet so. */
  readonly failed: (atUs: number) => void;
}

/**
 * The links between kubelets and API servers that can fail. A kubelet whose request had no answer
 * finds that out after its time-out, and one whose watch broke after a silence; what it does about
 * it, and whether it still can, is its own business.
 */
export class KubeletNetwork {
  readonly #network: Network;
  readonly #timeline: Timeline;
  readonly #latencyUs: number;
  /** The latest of a kubelet's statuses that was carried out, by what it is about. */
  readonly #latest = new Map<string, number>();
  /** When an API server went down last, by name, µs. */
  readonly #crashedUs = new Map<string, number>();
  #requests = 0;

  constructor(options: {
    readonly network: Network;
    readonly timeline: Timeline;
    /** One way, µs. */
    readonly latencyUs: number;
  }) {
    this.#network = options.network;
    this.#timeline = options.timeline;
    this.#latencyUs = options.latencyUs;
  }

  /** Puts a request on its way to the API server. */
  request(request: KubeletRequest, handle: (answer: KubeletAnswer) => void): void {
    const { actor, apiServer, kind, pod, sentUs, isBackground } = request;
    const stream = streams[kind] ?? "requests";
    const link = this.#network.between(actor.name, apiServer.name);
    const dueUs = sentUs + this.#latencyUs;
    const timeoutUs = sentUs + Math.max(requestUsMax, 4 * this.#latencyUs);
    const refused = (atUs: number): void => {
      if (retriedKinds.has(kind)) request.failed(atUs);
    };
    const failed = (atUs: number): void => {
      request.unanswered(atUs);
      refused(atUs);
    };
    const arrivals = link.arrivals(sentUs, dueUs, stream, isOrdered(kind));
    const number = ++this.#requests;
    let isCarriedOut = false;
    let isAnswered = false;
    let patience: TimerHandle | undefined;
    const answer: KubeletAnswer = (failure) => {
      if (isAnswered) return;
      isAnswered = true;
      patience?.cancel();
      const { nowUs } = this.#timeline;
      const back = this.#network.between(apiServer.name, actor.name);
      const [answeredUs = Infinity] = back.arrivals(nowUs, nowUs + this.#latencyUs, stream, false);
      if (answeredUs > timeoutUs) failed(Math.max(timeoutUs, nowUs + this.#latencyUs));
      else if (failure !== undefined) refused(answeredUs + repeatUs);
    };
    const carryOut = (): void => {
      // An event that comes twice would be counted twice: the second is no new one.
      if (isCarriedOut && kind === reports.event) return;
      isCarriedOut = true;
      if (this.#isSuperseded(`${actor.name}/${kind}/${pod}`, kind, number)) answer();
      else handle(answer);
      if (isAnswered) return;
      // From then on an answer comes too late.
      const delayUs = Math.max(timeoutUs - this.#latencyUs - this.#timeline.nowUs, 0) + 1;
      patience ??= this.#timeline.setTimer(actor, delayUs, () => answer());
    };
    const refuse = (): void => {
      if (isAnswered) return;
      isAnswered = true;
      const { nowUs } = this.#timeline;
      const back = this.#network.between(apiServer.name, actor.name);
      const [toldUs = Infinity] = back.arrivals(nowUs, nowUs + this.#latencyUs, stream, false);
      const overUs = Math.max(timeoutUs, nowUs + this.#latencyUs);
      const knownUs = Math.min(toldUs, overUs);
      request.unanswered(knownUs);
      if (!retriedKinds.has(kind)) return;
      // A kubelet that is refused does not ask again at once.
      request.failed(kind === reports.watch ? knownUs + rewatchUs : overUs);
    };
    const arrive = (): void => {
      // What was sent to a life before is lost with its connection.
      const isOfBefore = (this.#crashedUs.get(apiServer.name) ?? -1) >= sentUs;
      if (isOfBefore || request.liveness?.isServing === false) refuse();
      else carryOut();
    };
    for (const atUs of arrivals) {
      const tie = link.tie(sentUs, atUs, stream, isOrdered(kind));
      this.#timeline.deliver(atUs, actor, apiServer, arrive, isBackground, refuse, tie);
    }
    if (arrivals.some((atUs) => atUs < timeoutUs)) return;
    // Later, at a time: this is heard at the end of a window, before or after what the hub did in it.
    const notice = (): void => {
      isAnswered = true;
      failed(timeoutUs);
    };
    this.#timeline.deliver(timeoutUs - this.#latencyUs, actor, actor, notice, isBackground);
  }

  /**
   * Puts an order on its way to a kubelet, over its watch.
   *
   * @param send Sends it, due at a time.
   * @returns When the kubelet notices that its watch is broken; `undefined` when it is not.
   */
  order(
    from: ActorRef,
    { name }: ActorRef,
    kind: number,
    send: (atUs: number) => void,
  ): number | undefined {
    const { nowUs } = this.#timeline;
    const link = this.#network.between(from.name, name);
    const stream = kind === orders.nodeSeen ? "nodes" : "pods";
    const arrivals = link.arrivals(nowUs, nowUs + this.#latencyUs, stream, true);
    for (const atUs of arrivals) send(atUs);
    return arrivals.length > 0 ? undefined : nowUs + Math.max(silenceUsMax, this.#latencyUs);
  }

  /** An API server goes down now, and its connections with it. */
  crashed({ name }: ActorRef): void {
    this.#crashedUs.set(name, this.#timeline.nowUs);
  }

  /** When a kubelet knows that its connection to a server that goes down now is gone, µs. */
  knowsOfCrash(server: ActorRef, { name }: ActorRef): number {
    const { nowUs } = this.#timeline;
    const link = this.#network.between(server.name, name);
    const [toldUs] = link.arrivals(nowUs, nowUs + this.#latencyUs, "connection", false);
    return toldUs ?? nowUs + Math.max(silenceUsMax, this.#latencyUs);
  }

  /** A pod is gone: nothing more is said of it. */
  forget({ name }: ActorRef, pod: number): void {
    this.#latest.delete(`${name}/${reports.podStatus}/${pod}`);
  }

  /** Of two statuses of one thing the later one counts, for a kubelet waits for each answer. */
  #isSuperseded(about: string, kind: number, number: number): boolean {
    if (kind !== reports.nodeStatus && kind !== reports.podStatus) return false;
    if ((this.#latest.get(about) ?? 0) > number) return true;
    this.#latest.set(about, number);
    return false;
  }
}

/** What the requests of a kubelet are called in site keys. */
const streams: Readonly<Record<number, string>> = {
  [reports.registerNode]: "nodes",
  [reports.nodeStatus]: "nodes/status",
  [reports.renewLease]: "leases",
  [reports.podStatus]: "pods/status",
  [reports.removePod]: "pods/status",
  [reports.event]: "events",
  [reports.watch]: "watches",
};

/** Requests that a kubelet sends again when they had no answer, as soon as it finds out. */
const retriedKinds: ReadonlySet<number> = new Set([
  reports.nodeStatus,
  reports.podStatus,
  reports.removePod,
  reports.watch,
]);

/** A kubelet writes statuses one after another, and events too. */
function isOrdered(kind: number): boolean {
  return streams[kind] === "pods/status" || kind === reports.event;
}
