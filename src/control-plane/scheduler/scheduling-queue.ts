import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";

/** @see kubernetes `pkg/scheduler/backend/queue/scheduling_queue.go` */
const backoffUsMin = 1_000_000;
const backoffUsMax = 10_000_000;
const unschedulableUsMax = 300_000_000;

/** A pod that waits for a node. */
export interface QueuedPod {
  readonly key: string;
  readonly priority: number;
  /** Counts up as pods arrive: among equals the first come is the first served. */
  readonly arrival: number;
  readonly attempts: number;
  /** Not tried before, µs. */
  readonly backoffUntilUs: number;
}

/**
 * Pods without a node: *active* ones are tried next, those in *back-off* wait a little, and
 * *unschedulable* ones wait for the cluster to change.
 */
export class SchedulingQueue {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #onActive: () => void;
  readonly #active: QueuedPod[] = [];
  /** Everything that waits, by key, wherever it waits. */
  readonly #waiting = new Map<string, QueuedPod>();
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** Pods in back-off that only a heartbeat has woken: as far as anybody knows, they still fit nowhere. */
  readonly #hopeless = new Map<string, BackOff>();
  #arrivals = 0;

  /** @param onActive Called when a pod becomes active. */
  constructor(timeline: Timeline, actor: ActorRef, onActive: () => void) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#onActive = onActive;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(key: string, priority: number): void {
    if (this.#waiting.has(key)) return;
    const arrival = this.#arrivals++;
    const pod = { key, priority, arrival, attempts: 0, backoffUntilUs: 0 };
    this.#waiting.set(key, pod);
    this.#activate(pod);
  }

  /** The pod is gone, or has a node. */
  remove(key: string): void {
    this.#waiting.delete(key);
    this.#unschedulable.delete(key);
    this.#hopeless.delete(key);
  }

  /** The next pod to try; it stays known until it is removed or put back. */
  next(): QueuedPod | undefined {
    for (let pod = pop(this.#active); pod !== undefined; pod = pop(this.#active)) {
      if (this.#waiting.get(pod.key) === pod) return pod;
    }
    return undefined;
  }

  /** No node fits now: wait until something changes, five minutes at most. */
  parkUnschedulable(pod: QueuedPod): void {
    const parked = this.#retried(pod);
    if (parked === undefined) return;
    this.#unschedulable.set(parked.key, parked);
    this.#timeline.setBackgroundTimer(this.#actor, unschedulableUsMax, () => {
      if (this.#unschedulable.get(parked.key) === parked) this.#wakeUp(parked);
    });
  }

  /** Something went wrong that is not the pod's fault: try again after a back-off. */
  putBack(pod: QueuedPod): void {
    const retried = this.#retried(pod);
    if (retried !== undefined) this.#backOff(retried);
  }

  /** The pod itself changed: it may fit now. */
  wake(key: string): void {
    const pod = this.#unschedulable.get(key);
    if (pod !== undefined) this.#wakeUp(pod);
    const backOff = this.#hopeless.get(key);
    if (backOff !== undefined) this.#takeSeriously(backOff);
  }

  /** The cluster changed: what did not fit may fit now. */
  wakeUnschedulable(): void {
    // A pod that is woken leaves the map, which a walk over it allows.
    for (const pod of this.#unschedulable.values()) this.#wakeUp(pod);
    for (const backOff of this.#hopeless.values()) this.#takeSeriously(backOff);
  }

  /** A real change: a pod that a heartbeat woke before may fit now, so it is work from here on. */
  #takeSeriously({ pod, dueUs, timer }: BackOff): void {
    if (this.#timeline.isBackground) return;
    this.#hopeless.delete(pod.key);
    timer.cancel();
    this.#activateAfter(pod, dueUs - this.#timeline.nowUs);
  }

  #wakeUp(pod: QueuedPod): void {
    this.#unschedulable.delete(pod.key);
    this.#backOff(pod);
  }

  /** Counts from the attempt: a pod that has waited long enough by now is tried at once. */
  #backOff(pod: QueuedPod): void {
    const delayUs = Math.max(pod.backoffUntilUs - this.#timeline.nowUs, 0);
    const timer = this.#activateAfter(pod, delayUs);
    if (!this.#timeline.isBackground) return;
    this.#hopeless.set(pod.key, { pod, dueUs: this.#timeline.nowUs + delayUs, timer });
  }

  #activateAfter(pod: QueuedPod, delayUs: number): TimerHandle {
    return this.#timeline.setTimer(this.#actor, delayUs, () => {
      if (this.#waiting.get(pod.key) !== pod) return;
      this.#hopeless.delete(pod.key);
      this.#activate(pod);
    });
  }

  #retried(pod: QueuedPod): QueuedPod | undefined {
    if (this.#waiting.get(pod.key) !== pod) return undefined;
    const backoffUs = Math.min(backoffUsMin * 2 ** pod.attempts, backoffUsMax);
    const backoffUntilUs = this.#timeline.nowUs + backoffUs;
    const retried = { ...pod, attempts: pod.attempts + 1, backoffUntilUs };
    this.#waiting.set(pod.key, retried);
    return retried;
  }

  #activate(pod: QueuedPod): void {
    push(this.#active, pod);
    this.#onActive();
  }
}

interface BackOff {
  readonly pod: QueuedPod;
  readonly dueUs: number;
  readonly timer: TimerHandle;
}

/** QueueSort: higher priority first, then arrival. @see `plugins/queuesort/priority_sort.go` */
function isBefore(left: QueuedPod, right: QueuedPod): boolean {
  if (left.priority !== right.priority) return left.priority > right.priority;
  return left.arrival < right.arrival;
}

function push(heap: QueuedPod[], pod: QueuedPod): void {
  let index = heap.push(pod) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(pod, heap[parent] as QueuedPod)) break;
    heap[index] = heap[parent] as QueuedPod;
    index = parent;
  }
  heap[index] = pod;
}

function pop(heap: QueuedPod[]): QueuedPod | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && isBefore(heap[right] as QueuedPod, heap[child] as QueuedPod))
      child = right;
    if (!isBefore(heap[child] as QueuedPod, last)) break;
    heap[index] = heap[child] as QueuedPod;
    index = child;
  }
  heap[index] = last;
  return first;
}
