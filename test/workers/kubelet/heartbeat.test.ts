import { describe, expect, test } from "vitest";
import { Timeline } from "../../../src/kernel/timeline.ts";
import { Heartbeat } from "../../../workers/kubelet/heartbeat.ts";

const second = 1_000_000;

describe("a node's heartbeat", () => {
  function beatFor(seconds: number): {
    readonly heartbeat: Heartbeat;
    readonly beats: readonly string[];
    readonly timeline: Timeline;
  } {
    const timeline = new Timeline();
    const beats: string[] = [];
    const heartbeat = new Heartbeat(timeline, { id: 1_000, name: "kubelet:node-1" }, 3 * second, {
      renewLease: () => beats.push(`lease ${timeline.nowUs / second}`),
      reportStatus: () => beats.push(`status ${timeline.nowUs / second}`),
    });
    timeline.runBefore(seconds * second + 1);
    return { heartbeat, beats, timeline };
  }

  test("is a lease every 10 s, and a status every 300 s, which comes first", () => {
    const { beats } = beatFor(603);

    expect(beats.slice(0, 2)).toEqual(["lease 3", "lease 13"]);
    expect(beats.filter((beat) => beat.startsWith("status"))).toEqual(["status 303", "status 603"]);
    expect(beats.slice(-2)).toEqual(["status 603", "lease 603"]);
    expect(beats).toHaveLength(61 + 2);
  });

  test("says when each of them is due", () => {
    const dueOf = (seconds: number): readonly number[] =>
      beatFor(seconds).heartbeat.timers.map(({ dueUs }) => dueUs / second);

    expect(dueOf(0)).toEqual([3, 303]);
    expect(dueOf(3)).toEqual([13, 303]);
    expect(dueOf(300)).toEqual([303, 303]);
    expect(dueOf(303)).toEqual([313, 603]);
  });

  test("unsettles nothing", () => {
    expect(beatFor(100).timeline.isSettled).toBe(true);
  });
});
