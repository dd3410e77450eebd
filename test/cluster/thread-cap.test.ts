import { describe, expect, test } from "vitest";
import { ClusterOptionsError, resolveOptions } from "../../src/cluster/cluster-options.ts";
import { threadCap } from "../../src/cluster/thread-cap.ts";

const gigabyte = 2 ** 30;
const roomy = { mappingsMax: 65_530, mappingsInUse: 577, freeBytes: 24 * gigabyte };

describe("the most threads there may be", () => {
  test.each([
    ["what was asked for at most", roomy, 256, 256, "raise threadsMax (--threads-max)"],
    ["what memory mappings allow", roomy, 5_000, 1_061, "raise vm.max_map_count"],
    ["what free memory allows", { ...roomy, freeBytes: gigabyte }, 256, 70, "free some memory"],
    ["one, on a machine that has no room", { ...roomy, freeBytes: 0 }, 256, 1, "free some memory"],
    [
      "no matter of mappings where there is no limit to them",
      { mappingsMax: Infinity, mappingsInUse: 0, freeBytes: 200 * gigabyte },
      5_000,
      5_000,
      "raise threadsMax",
    ],
  ])("is %s", (_what, room, threadsMax, threads, remedy) => {
    const cap = threadCap(room, threadsMax);

    expect(cap.threads).toBe(threads);
    expect(cap.remedy).toContain(remedy);
  });

  test("is explained by all limits there are", () => {
    expect(threadCap(roomy, 256).reckoning).toBe(
      "the least of 256 by threadsMax, 1061 by memory mappings (vm.max_map_count 65530, 577 in use, 55 a thread), 1701 by free memory (24576 MB, 13 MB a thread), with a tenth kept back",
    );
  });
});

describe("the threads of a cluster", () => {
  test("are as many as its nodes when asked for per node, pools included", () => {
    const pools = [{ name: "old", nodes: 3 }];

    expect(resolveOptions({ nodes: 4, pools, threads: "per-node" }).threads).toBe(7);
    expect(resolveOptions({ nodes: 0, threads: "per-node" }).threads).toBe(0);
  });

  test.each([
    [
      { nodes: 300, threads: "per-node" },
      "threads must be at most 256, not 300, one for each node: the least of 256 by",
    ],
    [{ threads: 257 }, "threads must be at most 256, not 257: the least of 256 by threadsMax, "],
    [{ threads: 4, threadsMax: 3 }, "threads must be at most 3, not 4: "],
    [{ threads: 150_000, threadsMax: 200_000 }, /^threads must be at most \d+, not 150000: /],
    [{ threads: -1 }, "threads must be an integer from 0, or per-node, not -1"],
    [{ threads: "per-pod" }, 'threads must be an integer from 0, or per-node, not "per-pod"'],
    [{ threadsMax: 0 }, "threadsMax must be an integer from 1 to 200000, not 0"],
    [{ stepDeadlineMs: 0 }, "stepDeadlineMs must be an integer from 1 to "],
  ] as const)("%j are refused, in words", (options, words) => {
    const resolve = () => resolveOptions(options as object);

    expect(resolve).toThrow(ClusterOptionsError);
    expect(resolve).toThrow(words);
  });

  test("may be more than the default cap for those who say so", () => {
    expect(resolveOptions({ threads: 300, threadsMax: 300 }).threads).toBe(300);
  });
});
