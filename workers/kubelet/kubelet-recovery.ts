import { orders, type PodPast } from "../../src/data-plane/protocol.ts";
import type { KubeletLife } from "./kubelet.ts";
import type { PodWorker } from "./pod-worker.ts";
import type { ReportWriter } from "./report-writer.ts";

/**
 * What a kubelet does about what was lost: its watch, requests without an answer, and the memory of a
 * kubelet before it.
 */
export class KubeletRecovery {
  readonly #life: KubeletLife;
  readonly #pods: ReadonlyMap<number, PodWorker>;
  readonly #node: number;
  readonly #reports: ReportWriter;
  /** Number of the watch it listens to. */
  #watch = 0;
  /** The pods that this watch has listed; gone once it has listed all. */
  #listed: Set<number> | undefined;
  /** What is to be done with pods that the runtime is asked about, once it has answered. */
  readonly #postponed = new Map<number, (() => void)[]>();
  /** How pods that are on their way out, and came to light again, begin after that. */
  readonly #anew = new Map<number, () => void>();
  /** Pods that are stopped for good, until the API server says they are gone. */
  readonly #removed = new Set<number>();

  constructor(
    life: KubeletLife,
    pods: ReadonlyMap<number, PodWorker>,
    node: number,
    reports: ReportWriter,
  ) {
    this.#life = life;
    this.#pods = pods;
    this.#node = node;
    this.#reports = reports;
  }

  /** Returns the number of a new watch: whatever an older one still says is not heard. */
  beginWatch(): number {
    this.#watch = this.#life.nextWatch();
    this.#listed = new Set();
    return this.#watch;
  }

  /** Whether an order is of the watch it listens to, or of no watch. */
  hears(kind: number, watch: number): boolean {
    return kind === orders.requestFailed || watch === this.#watch;
  }

  watchLost(watch: number): void {
    if (watch !== this.#watch) return;
    this.#reports.watch(this.#node, this.beginWatch());
  }

  /**
   * Whether a pod that is seen is no new one. That one is stopped is said again; one that was taken for
   * gone, and is on its way out, begins anew after that.
   *
   * @param again Sees it once more.
   */
  isKnown(handle: number, again: () => void): boolean {
    this.#listed?.add(handle);
    this.removeAgain(handle);
    const worker = this.#pods.get(handle);
    if (worker?.isForced === true) this.#anew.set(handle, again);
    return this.#removed.has(handle) || worker !== undefined;
  }

  removeAgain(handle: number): void {
    if (this.#removed.has(handle)) this.#reports.removePod(this.#node, handle);
  }

  /** The pods that the watch has listed, now that these are all; `undefined` after that. */
  endOfList(): ReadonlySet<number> | undefined {
    const listed = this.#listed;
    this.#listed = undefined;
    if (listed === undefined) return undefined;
    for (const handle of this.#removed) if (!listed.has(handle)) this.#removed.delete(handle);
    const uids = new Set([...this.#pods.values()].map(({ identity }) => identity.uid));
    this.#life.runtime.removeOrphans((uid) => uids.has(uid));
    return listed;
  }

  /**
   * Begins with what a kubelet before this one left of the pod, if anything.
   *
   * @param past How its containers ended when the machine went down, if they did.
   */
  begin(worker: PodWorker, past: PodPast["containers"] | undefined): void {
    const { handle, identity } = worker;
    this.#postponed.set(handle, []);
    this.#life.runtime.find(identity.uid, (found) => {
      if (found === undefined) worker.start(past);
      else worker.adopt(found);
      const postponed = this.#postponed.get(handle) ?? [];
      this.#postponed.delete(handle);
      for (const act of postponed) act();
    });
  }

  /** Whether it is too early to do something with a pod: then it is done later. */
  isPostponed(handle: number, act: () => void): boolean {
    const again = this.#anew.get(handle);
    if (again !== undefined) {
      this.#anew.set(handle, () => {
        again();
        act();
      });
      return true;
    }
    const postponed = this.#postponed.get(handle);
    postponed?.push(act);
    return postponed !== undefined;
  }

  /** A pod's containers and its sandbox are gone. */
  removed({ handle, identity, isForced }: PodWorker): void {
    this.#life.runtime.forget(identity.uid);
    if (!isForced) this.#removed.add(handle);
    const again = this.#anew.get(handle);
    this.#anew.delete(handle);
    again?.();
  }

  /** Whether a pod that was to begin anew is taken for gone once more: then it does not. */
  isGoneAgain(handle: number): boolean {
    return this.#anew.delete(handle);
  }

  /** The API server knows the pod no more. */
  gone(handle: number): void {
    this.#removed.delete(handle);
  }
}
