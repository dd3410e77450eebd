import { describe, expect, test } from "vitest";
import { aPod, DrivenCluster, second } from "../cluster/driven-cluster.ts";
import { ambientSources } from "../determinism/ambient-sources.ts";
import { withPreloaded } from "./preloaded.ts";

/** Runs pods on two nodes whose second kubelet asks the machine for this when it sees one. */
async function runPrying(code: string, settings: Record<string, string> = {}): Promise<unknown> {
  return withPreloaded("prying.mjs", { PODRACE_PRYING: code, ...settings }, async () => {
    await using driven = await DrivenCluster.start({ nodes: 2, threads: 2 });
    for (const name of ["a", "b", "c", "d"]) driven.create(aPod(name));
    return await driven.run(5 * second).catch((error: unknown) => error);
  });
}

describe("a kubelet on a thread ends the run, by its name, when it asks for", () => {
  test.each(ambientSources)("$code", async ({ code, refusal }) => {
    expect(String(await runPrying(code))).toContain(`actor kubelet:node-2 ${refusal}`);
  });

  test("a random number, although it swallows the refusal", async () => {
    const error = await runPrying("Math.random()", { PODRACE_SWALLOWING: "yes" });

    expect(String(error)).toContain("actor kubelet:node-2 asked the machine for chance");
  });
});

describe("a kubelet on a thread", () => {
  test("that asks for nothing runs on", async () => {
    expect(await runPrying("nothing")).toBeUndefined();
  });
});
