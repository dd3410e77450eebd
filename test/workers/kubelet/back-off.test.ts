import { describe, expect, test } from "vitest";
import { CrashBackoff, goSeconds, pullBackoffUs } from "../../../workers/kubelet/back-off.ts";

const second = 1_000_000;

describe("the wait of a container that keeps ending", () => {
  test("is none at first, then 10 s, doubling, at most 5 min", () => {
    const backoff = new CrashBackoff();
    const waits: number[] = [];
    let nowUs = 1_767_225_600_000_000;
    for (let crash = 0; crash < 9; crash++) {
      nowUs += second;
      const waitUs = backoff.waitUs(nowUs);
      waits.push(waitUs / second);
      nowUs += waitUs;
      backoff.restarted(nowUs);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test("begins anew when the container ran for more than 10 min, not when for less", () => {
    const backoff = new CrashBackoff();
    backoff.restarted(0);
    backoff.restarted(10 * second);

    expect(backoff.waitUs(610 * second)).toBe(20 * second);
    expect(backoff.waitUs(610 * second + 1)).toBe(0);
    backoff.restarted(611 * second);
    expect(backoff.waitUs(612 * second)).toBe(10 * second);
  });

  test("can be forgotten", () => {
    const backoff = new CrashBackoff();
    backoff.restarted(0);
    backoff.forget();
    expect(backoff.waitUs(second)).toBe(0);
  });
});

describe("the wait before the next pull", () => {
  test("is 10 s after the first failure, doubling, at most 5 min", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => pullBackoffUs(failures) / second);
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });
});

test.each([
  [10, "10s"],
  [40, "40s"],
  [80, "1m20s"],
  [160, "2m40s"],
  [300, "5m0s"],
])("%d s read as %s", (seconds, text) => {
  expect(goSeconds(seconds * second)).toBe(text);
});
