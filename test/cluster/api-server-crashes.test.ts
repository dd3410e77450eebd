import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/kernel/faults.ts";
import { aPod, DrivenCluster, second } from "./driven-cluster.ts";

const elapsed = ({ cluster }: DrivenCluster): number =>
  (cluster.nowUs - cluster.options.startUs) / second;

const until = async (driven: DrivenCluster, seconds: number): Promise<void> =>
  driven.run(Math.round((seconds - elapsed(driven)) * second));

const crash = (actor: string, at: number, seconds: number): Fault => ({
  atUs: at * second,
  kind: "crash",
  actor,
  forUs: seconds * second,
});

describe("a lone API server that crashes", () => {
  test("serves nobody while it is down, and everybody after", async () => {
    await using driven = await DrivenCluster.start({
      nodes: 2,
      threads: 0,
      faults: [crash("api-1", 30, 40)],
    });
    driven.create(aPod("before"));
    await driven.until(() => driven.phase("before") === "Running");
    await until(driven, 31);
    driven.create(aPod("lost"));
    await until(driven, 69);
    expect(driven.pod("before")).toBeUndefined();
    expect(driven.cluster.isReady).toBe(false);
    await until(driven, 71);
    expect(driven.phase("before")).toBe("Running");
    expect(driven.pod("lost")).toBeUndefined();
    expect(driven.cluster.isReady).toBe(true);
    driven.create(aPod("after"));
    await driven.until(() => driven.phase("after") === "Running", 20 * second);
    await until(driven, 200);
    expect(driven.cluster.facts("actors/api-1").map(({ kind }) => kind)).toEqual([
      "actorCrashed",
      "actorRestarted",
    ]);
  });
});
