import { describe, expect, test } from "vitest";
import type { Layout } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import { openDataDirectory } from "../../src/cluster/data-directory.ts";
import { RunError } from "../../src/cluster/run-error.ts";
import { BrokenPromiseError } from "../../src/control-plane/store/check/broken-promise.ts";
import type { Change } from "../../src/control-plane/store/store.ts";
import { Watcher } from "../../src/control-plane/store/watchers.ts";
import { dataDirectory } from "../control-plane/store/file/data-directory.ts";
import { aPod, DrivenCluster } from "./driven-cluster.ts";

const options: ClusterOptions = { nodes: 2, threads: 0, seed: 5 };

/** A pod comes and goes in a cluster whose store does not tell of its deletion. */
async function aPodThatGoesUnseen(more: ClusterOptions, layout: Layout): Promise<unknown> {
  const tell = Reflect.get(Watcher.prototype, "tell") as Watcher<unknown>["tell"];
  const tellOne = Reflect.get(Watcher.prototype, "tellOne") as Watcher<unknown>["tellOne"];
  const isTold = ({ request }: Watcher<unknown>, { type, key }: Change<unknown>): boolean =>
    ("prefix" in request && request.prefix === "") || type === "put" || !key.includes("/pods/");
  Watcher.prototype.tell = function (changes) {
    if (changes.every((change) => isTold(this, change))) tell.call(this, changes);
  };
  Watcher.prototype.tellOne = function (change) {
    if (isTold(this, change)) tellOne.call(this, change);
  };
  const driven = await DrivenCluster.start({ ...options, ...more }, layout);
  try {
    driven.create(aPod("web"));
    await driven.until(() => driven.phase("web") === "Running");
    driven.remove("web", 1);
    await driven.run(10_000_000);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    Watcher.prototype.tell = tell;
    Watcher.prototype.tellOne = tellOne;
    await driven.cluster.close();
  }
}

describe("the store of a cluster that a test makes", () => {
  test.each<[string, ClusterOptions, () => Layout]>([
    ["in memory", {}, () => ({})],
    ["in a directory", {}, () => ({ data: openDataDirectory(dataDirectory()) })],
    ["of several API servers", { apiServers: 2 }, () => ({})],
  ])(
    "%s is held to its promises, and the run ends where one is broken",
    async (_, more, layout) => {
      const error = await aPodThatGoesUnseen(more, layout());

      expect(error).toBeInstanceOf(RunError);
      const { cause, message } = error as RunError;
      expect(cause).toBeInstanceOf(BrokenPromiseError);
      expect(cause).toMatchObject({
        promise: "WatchReliable",
        revision: expect.any(Number) as number,
        key: "/registry/pods/default/web",
      });
      expect(message).toContain("(seed 5; window ");
    },
  );

  test("is not looked at where a test says so", async () => {
    expect(await aPodThatGoesUnseen({}, { checksStore: false })).toBeUndefined();
  });
});
