import { describe, expect, test } from "vitest";
import { type EventArguments, kubeletEvents } from "../../src/data-plane/kubelet-events.ts";
import { eventCodes, type EventCode } from "../../src/data-plane/protocol.ts";

function words(code: EventCode, change: Partial<EventArguments> = {}): string {
  const { type, reason, message } = kubeletEvents[code];
  const args = { text: "nginx", tookUs: 0, waitedUs: 0, bytes: 0, ...change };
  return `${type} ${reason} ${message(args)}`;
}

describe("the kubelet's events", () => {
  test.each([
    ["nodeStarting", "Normal Starting Starting kubelet."],
    ["nodeReady", "Normal NodeReady Node nginx status is now: NodeReady"],
    ["pulling", 'Normal Pulling Pulling image "nginx"'],
    [
      "alreadyPresent",
      'Normal Pulled Container image "nginx" already present on machine and can be accessed by the pod',
    ],
    ["created", "Normal Created Container created"],
    ["started", "Normal Started Container started"],
    ["killing", "Normal Killing nginx"],
    ["failedPull", "Warning Failed Failed to pull image nginx"],
    ["failed", "Warning Failed Error: nginx"],
    ["backOffPull", "Normal BackOff nginx"],
    ["backOffRestart", "Warning BackOff nginx"],
    ["neverPull", "Warning ErrImageNeverPull nginx"],
    ["inspectFailed", "Warning InspectFailed nginx"],
    ["networkNotReady", "Warning NetworkNotReady network is not ready: nginx"],
    ["failedSandbox", "Warning FailedCreatePodSandBox Failed to create pod sandbox: nginx"],
  ] as const)("%s: %s", (code, expected) => {
    expect(words(code)).toBe(expected);
  });

  test("have words for every code", () => {
    expect(Object.keys(kubeletEvents)).toEqual([...eventCodes]);
  });

  test.each([
    [0, "0s"],
    [999, "0s"],
    [1_000, "1ms"],
    [337_999, "337ms"],
    [1_000_000, "1s"],
    [1_402_600, "1.402s"],
    [59_999_999, "59.999s"],
    [60_000_000, "1m0s"],
    [62_500_000, "1m2.5s"],
    [3_600_000_000, "1h0m0s"],
    [3_661_001_000, "1h1m1.001s"],
  ])("tell a pull's %d µs as Go does: %s", (us, text) => {
    expect(words("pulled", { tookUs: us, waitedUs: us + 1_000_000_000_000, bytes: 42 })).toMatch(
      `Normal Pulled Successfully pulled image "nginx" in ${text} (27`,
    );
  });

  test("tell how long a pull took, with and without waiting, and how big the image is", () => {
    const pulled = words("pulled", { tookUs: 1_402_000, waitedUs: 2_100_000, bytes: 59_795_293 });
    expect(pulled).toBe(
      'Normal Pulled Successfully pulled image "nginx" in 1.402s (2.1s including waiting). Image size: 59795293 bytes.',
    );
  });
});
