import { describe, expect, test } from "vitest";
import { letChaosLoose } from "../cluster/chaotic-clients.ts";
import { recordSession, replaySession } from "../cluster/recorded-session.ts";

describe("a session recorded with kubelets on threads", () => {
  test.each([
    [1, 1, 11],
    [2, 1, 12],
    [2, 50, 13],
    [2, 500, 14],
  ])(
    "(%d, at speed %d) comes to the same on any number of threads",
    async (threads, speed, seed) => {
      const { journal, history } = await recordSession(
        { nodes: 5, threads, speed },
        async (client) => {
          await letChaosLoose(client, { clients: 12, deeds: 12, seed });
        },
      );

      for (const others of [0, 1, 2]) expect(await replaySession(journal, others)).toEqual(history);
    },
  );

  test("comes to the same when its windows are so short that requests come in the middle of many", async () => {
    const options = { nodes: 6, threads: 2, speed: 20, kubeletLatencyUs: 300 };
    const { journal, history } = await recordSession(options, async (client) => {
      await letChaosLoose(client, { clients: 12, deeds: 12, seed: 15, turnTheClock: false });
    });

    for (const others of [0, 2]) expect(await replaySession(journal, others)).toEqual(history);
  });
});

describe("a session recorded on one thread", () => {
  test("comes to the same with kubelets on two", async () => {
    const { journal, history } = await recordSession({ nodes: 5, threads: 0 }, async (client) => {
      await letChaosLoose(client, { clients: 12, deeds: 12, seed: 16 });
    });

    expect(await replaySession(journal, 2)).toEqual(history);
  });
});
