import { beforeEach, describe, expect, test } from "vitest";
import {
  type QueuedPod,
  SchedulingQueue,
} from "../../../src/control-plane/scheduler/scheduling-queue.ts";
import { type ActorRef, Timeline } from "../../../src/kernel/timeline.ts";

const scheduler: ActorRef = { id: 10, name: "scheduler" };
const second = 1_000_000;

let timeline: Timeline;
let queue: SchedulingQueue;
/** When a pod became active, µs. */
let active: number[];
beforeEach(() => {
  timeline = new Timeline();
  active = [];
  queue = new SchedulingQueue(timeline, scheduler, () => active.push(timeline.nowUs));
  queue.add("default/big", 0);
  queue.parkUnschedulable(queue.next() as QueuedPod);
  active.length = 0;
});

/** What a heartbeat sets going, and what anything else does. */
function atHeartbeat(delayUs: number, act: () => void): void {
  timeline.setBackgroundTimer(scheduler, delayUs, act);
}
function atChange(delayUs: number, act: () => void): void {
  timeline.setTimer(scheduler, delayUs, act);
}

describe("a pod that fits on no node", () => {
  test("is no work: a cluster that has nothing else to do is settled", () => {
    expect(timeline.isSettled).toBe(true);
  });

  test("is still none when a heartbeat wakes it", () => {
    atHeartbeat(1, () => queue.wakeUnschedulable());
    timeline.runBefore(2);

    expect(timeline.isSettled).toBe(true);
    timeline.runBefore(2 * second);
    expect(active).toEqual([second]);
  });

  test("is work once the cluster has changed: it is going to be tried", () => {
    atChange(1, () => queue.wakeUnschedulable());
    timeline.runBefore(2);

    expect(timeline.isSettled).toBe(false);
    timeline.runBefore(2 * second);
    expect(active).toEqual([second]);
    expect(timeline.isSettled).toBe(true);
  });

  test("is work, too, if the cluster changes after a heartbeat has woken it, and is tried no later", () => {
    atHeartbeat(1, () => queue.wakeUnschedulable());
    atChange(second / 2, () => queue.wakeUnschedulable());
    timeline.runBefore(second / 2 + 1);

    expect(timeline.isSettled).toBe(false);
    timeline.runBefore(2 * second);
    expect(active).toEqual([second]);
    expect(timeline.isSettled).toBe(true);
  });

  test("is work, too, if the pod itself changes after a heartbeat has woken it", () => {
    atHeartbeat(1, () => queue.wakeUnschedulable());
    atChange(second / 2, () => queue.wake("default/big"));
    timeline.runBefore(second / 2 + 1);

    expect(timeline.isSettled).toBe(false);
    timeline.runBefore(2 * second);
    expect(active).toEqual([second]);
    expect(timeline.isSettled).toBe(true);
  });

  test("is none any more when it goes while it waits", () => {
    atHeartbeat(1, () => queue.wakeUnschedulable());
    atChange(2, () => queue.remove("default/big"));
    atChange(3, () => queue.wakeUnschedulable());
    timeline.runBefore(4);

    expect(timeline.isSettled).toBe(true);
    timeline.runBefore(2 * second);
    expect(active).toEqual([]);
  });
});
