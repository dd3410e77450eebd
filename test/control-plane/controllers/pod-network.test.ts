import { describe, expect, test } from "vitest";
import { podNetworkFor } from "../../../src/control-plane/controllers/pod-network.ts";

describe("the pod network", () => {
  test.each([
    [1, 0, "10.244.0.0/24"],
    [3, 2, "10.244.2.0/24"],
    [256, 255, "10.244.255.0/24"],
    [257, 0, "10.128.0.0/24"],
    [5_000, 4_999, "10.147.135.0/24"],
    [32_768, 32_767, "10.255.255.0/24"],
    [32_769, 1, "10.128.0.128/25"],
    [65_536, 65_535, "10.255.255.128/25"],
    [131_072, 131_071, "10.255.255.192/26"],
    [262_144, 262_143, "10.255.255.224/27"],
  ])("of %d nodes gives node %d the range %s", (nodes, index, range) => {
    expect(podNetworkFor(nodes).rangeOf(index)).toBe(range);
  });

  test("has ranges that do not overlap and stay in their half of 10.0.0.0/8", () => {
    const network = podNetworkFor(100_000);
    const starts = Array.from({ length: 100_000 }, (_none, index) =>
      numberOf(network.rangeOf(index)),
    );

    expect(new Set(starts).size).toBe(100_000);
    expect(starts[1] as number).toBe((starts[0] as number) + 64);
    expect(Math.max(...starts)).toBeLessThan(11 * 2 ** 24);
    expect(Math.min(...starts)).toBe(10.5 * 2 ** 24);
  });

  test.each([
    ["10.244.3.0/24", 3],
    ["10.244.255.0/24", 255],
    ["10.244.3.7/24", undefined],
    ["10.244.3.0/25", undefined],
    ["10.243.255.0/24", undefined],
    ["fd00::/64", undefined],
  ])("knows whose range %s is", (range, index) => {
    expect(podNetworkFor(3).indexOf(range)).toBe(index);
  });

  test("of more nodes than there are ranges is none", () => {
    expect(() => podNetworkFor(262_145)).toThrow(
      new RangeError("no pod network for 262145 nodes: at most 262144"),
    );
  });
});

function numberOf(range: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = range.split(/[./]/).map(Number);
  return ((a * 256 + b) * 256 + c) * 256 + d;
}
