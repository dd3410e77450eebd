import { describe, expect, test } from "vitest";
import { parseJournal } from "../../src/cluster/journal.ts";
import { verifyJournal } from "../../src/cluster/verify.ts";
import { letChaosLoose } from "../cluster/chaotic-clients.ts";
import { recordSession } from "../cluster/recorded-session.ts";
import { withPreloaded } from "./preloaded.ts";

const pods = "/api/v1/namespaces/default/pods";

/** Ten seconds with six pods on three nodes. */
async function aSession(threads: number): Promise<string> {
  const { journal } = await recordSession({ nodes: 3, threads, speed: 0 }, async (client) => {
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      const spec = { containers: [{ name: "c", image: "nginx" }] };
      await client.send("POST", pods, { metadata: { name }, spec });
    }
    await client.send("POST", "/podrace/v1/time/step?for=10s");
  });
  return journal;
}

describe("when kubelets on threads are not what they are inline", () => {
  test("the first window and the first fact are named, and that the recording is like inline", async () => {
    const journal = parseJournal(await aSession(0));
    const verdict = await withPreloaded("drifting.mjs", {}, () => verifyJournal(journal, 2));
    if (verdict.kind !== "replaysDiffer") throw new Error(verdict.kind);
    const { window, first } = verdict;

    expect(verdict.recordedLike).toBe("inline");
    expect(window.untilUs - window.fromUs).toBe(100_000);
    expect(first?.left?.actor).toBe("kubelet:node-2");
    expect(first?.left?.atUs).toBeGreaterThan(window.fromUs);
    expect(first?.left?.atUs).toBeLessThanOrEqual(window.untilUs);
    expect([first?.right?.kind, first?.right?.atUs]).not.toEqual([
      first?.left?.kind,
      first?.left?.atUs,
    ]);
  });

  test("a recording of such threads is like theirs", async () => {
    const verdict = await withPreloaded("drifting.mjs", {}, async () =>
      verifyJournal(parseJournal(await aSession(2)), 2),
    );

    expect(verdict).toMatchObject({ kind: "replaysDiffer", recordedLike: "threads" });
  });

  test("a recording of something else is like neither", async () => {
    const journal = (await aSession(0)).replaceAll(/"hash":"[0-9a-f]{2}/g, '"hash":"zz');
    const { checkpoints, ...rest } = parseJournal(journal);
    const last = { ...rest, checkpoints: checkpoints.slice(-1) };
    const verdict = await withPreloaded("drifting.mjs", {}, () => verifyJournal(last, 2));

    expect(verdict).toMatchObject({ kind: "replaysDiffer", recordedLike: "neither" });
  });
});

describe("a session in which clients get in each other's way", () => {
  test.each([0, 1, 3])("recorded with %d threads is equal to its replays", async (threads) => {
    const { journal } = await recordSession({ nodes: 5, threads, speed: 50 }, async (client) => {
      await letChaosLoose(client, { clients: 8, deeds: 10, seed: 31 + threads });
    });

    expect(await verifyJournal(parseJournal(journal), 2)).toMatchObject({
      kind: "equal",
      hasEnd: true,
    });
  });
});
