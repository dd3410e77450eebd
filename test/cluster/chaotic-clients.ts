import { setTimeout as sleep } from "node:timers/promises";
import { Chance } from "../../src/kernel/chance.ts";
import type { LiveClient } from "./live-client.ts";

const namespaced = "/api/v1/namespaces/default";
const pods = `${namespaced}/pods`;
const mergePatch = { "content-type": "application/merge-patch+json" };
const strategicPatch = { "content-type": "application/strategic-merge-patch+json" };

export interface ChaosOptions {
  /** How many at once. */
  readonly clients: number;
  /** What each of them does, one after the other. */
  readonly deeds: number;
  readonly seed: number;
  /** Whether they turn the clock, too. */
  readonly turnTheClock?: boolean;
}

/**
 * Clients that get in each other's way: they create, change and delete the same few things, send
 * nonsense, hold watches and break them off, and leave before they have their answer.
 *
 * @returns How often each code was answered.
 */
export async function letChaosLoose(
  client: LiveClient,
  { clients, deeds, seed, turnTheClock = true }: ChaosOptions,
): Promise<ReadonlyMap<number, number>> {
  const codes = new Map<number, number>();
  const watches: Promise<void>[] = [];
  const one = async (id: number): Promise<void> => {
    for (let number = 0; number < deeds; number++) {
      const draw = drawing(new Chance(seed), `${id}/${number}`);
      const deed = draw(turnTheClock ? [...requests, ...turns] : requests);
      for (const request of deed(draw)) {
        const { code } = await client.send(...request);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      if (draw([true, false, false, false])) await sleep(draw([1, 5, 20]));
      if (draw([true, false, false, false, false])) watches.push(holdAWatch(client, draw));
      if (draw([true, false, false, false, false, false, false]))
        await client.abandon("POST", pods, aPod(draw(names), draw(images)));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_none, id) => one(id)));
  await Promise.all(watches);
  return codes;
}

type Draw = <T>(from: readonly T[]) => T;
type Request = Parameters<LiveClient["send"]>;

function drawing(chance: Chance, site: string): Draw {
  let draws = 0;
  return (from) => {
    const index = chance.integer(`${site}/${draws++}`, 0, from.length - 1);
    return from[index] as (typeof from)[number];
  };
}

async function holdAWatch(client: LiveClient, draw: Draw): Promise<void> {
  const limit = draw(["", "&timeoutSeconds=1", "&timeoutSeconds=60"]);
  const from = draw(["", "&resourceVersion=0", "&resourceVersion=1", "&sendInitialEvents=true"]);
  const kind = draw([pods, "/api/v1/nodes", "/api/v1/events"]);
  const watch = await client.watch(`${kind}?watch=true&allowWatchBookmarks=true${limit}${from}`);
  await sleep(draw([0, 3, 30]));
  watch.cut();
  await watch.ended;
}

const names = ["a", "b", "c", "d", "e", "f"];
const images: readonly (readonly [string, ...string[]])[] = [
  ["nginx"],
  ["busybox", "sleep", "3"],
  ["busybox", "false"],
  ["registry.invalid/nothing"],
];

function aPod(name: string, [image, ...command]: readonly [string, ...string[]]): object {
  const container = { name: "c", image, ...(command.length > 0 && { command }) };
  return { metadata: { name, labels: { app: "chaos" } }, spec: { containers: [container] } };
}

const requests: readonly ((draw: Draw) => readonly Request[])[] = [
  (draw) => [["POST", pods, aPod(draw(names), draw(images))]],
  (draw) => [["POST", pods, aPod(draw(names), draw(images))]],
  (draw) => [["POST", pods, aPod(draw(names), draw(images))]],
  (draw) => [
    [
      "DELETE",
      `${pods}/${draw(names)}${draw(["", "?gracePeriodSeconds=0", "?gracePeriodSeconds=1"])}`,
    ],
  ],
  (draw) => [
    [
      "PATCH",
      `${pods}/${draw(names)}`,
      { metadata: { labels: { v: draw(["1", "2"]) } } },
      mergePatch,
    ],
  ],
  (draw) => [
    [
      "PATCH",
      `${pods}/${draw(names)}`,
      { spec: { containers: [{ name: "c", image: draw(["nginx:2", "nginx:3"]) }] } },
      strategicPatch,
    ],
  ],
  (draw) => [
    [
      "PATCH",
      `/api/v1/nodes/node-${draw([1, 2, 9])}`,
      { spec: { unschedulable: draw([true, false, null]) } },
      mergePatch,
    ],
  ],
  (draw) => [
    [
      "POST",
      `${namespaced}/configmaps`,
      { metadata: { generateName: "c-" }, data: { a: draw(["x", "y"]) } },
    ],
    ["GET", `${namespaced}/configmaps?limit=2`],
  ],
  (draw) => [
    ["POST", "/api/v1/namespaces", { metadata: { name: `n-${draw(names)}` } }],
    ["POST", `/api/v1/namespaces/n-${draw(names)}/pods`, aPod(draw(names), draw(images))],
    ["DELETE", `/api/v1/namespaces/n-${draw(names)}`],
  ],
  (draw) => [
    ["GET", draw([pods, "/api/v1/nodes", "/version", "/openapi/v2?timeout=32s", "/nosuch"])],
  ],
  (draw) => [["DELETE", `${pods}?labelSelector=${draw(["app=chaos", "v=1", "app in (", "!v"])}`]],
  (draw) => [
    [
      "POST",
      pods,
      draw(["{", "[]", "", '{"kind":"Pod"}', '{"kind":"Nope"}', '{"metadata":{"name":"_"}}']),
    ],
    ["PUT", `${pods}/${draw(names)}`, { metadata: { resourceVersion: "1" } }],
    ["GET", `${pods}?watch=true&timeoutSeconds=${draw(["x", "0.5", "1s"])}`],
  ],
  (draw) => [
    [
      "POST",
      `${pods}/${draw(names)}/eviction`,
      { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: draw(names) } },
    ],
  ],
];

const turns: readonly (() => readonly Request[])[] = [
  "pause",
  "resume",
  "resume",
  "speed?to=1",
  "speed?to=20",
  "speed?to=300",
  "step?for=300ms",
  "step?for=3s",
  "until-settled?limit=5s",
  "speed?to=fast",
].map((action) => () => [["POST", `/podrace/v1/time/${action}`]]);
