import { expect, describe, test } from "vitest";
import { parseJournal } from "../../src/cluster/journal.ts";
import { type LiveClusterOptions, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { replayJournal } from "../../src/cluster/replay.ts";
import { ManifestError, type StartManifest } from "../../src/cluster/start-manifests.ts";
import { MemoryJournal } from "./recorded-session.ts";

const small = { nodes: 1, threads: 0, plainHttp: true, speed: 0 };

function manifests(...objects: readonly object[]): readonly StartManifest[] {
  return objects.map((object, index) => ({
    source: `all.yaml, document ${index + 1}`,
    object: object as StartManifest["object"],
  }));
}

function aPod(name: string, namespace?: string): object {
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  const spec = { containers: [{ name: "c", image: "nginx" }] };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

function aConfigMap(name: string, data: object): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

const team = { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } };

async function started(options: LiveClusterOptions): Promise<readonly string[]> {
  const live = await startLiveCluster({ ...small, ...options });
  const { server } = live.cluster;
  const found = [...server.objects("", "pods"), ...server.objects("", "configmaps")].map(
    ({ kind, metadata, ...rest }) =>
      `${kind} ${metadata.namespace}/${metadata.name} ${JSON.stringify(rest["data"] ?? "")}`,
  );
  await live.stop();
  return found.filter((line) => !line.includes("kube-root-ca.crt")).toSorted();
}

describe("a cluster that starts with manifests", () => {
  test("has their objects once it can be reached, namespaces first", async () => {
    const objects = [aPod("a", "team"), aPod("b"), team, aConfigMap("c", { key: "value" })];

    expect(await started({ manifests: manifests(...objects) })).toEqual([
      'ConfigMap default/c {"key":"value"}',
      'Pod default/b ""',
      'Pod team/a ""',
    ]);
  });

  test("changes what is there already", async () => {
    const objects = [aConfigMap("c", { a: "1", b: "2" }), aConfigMap("c", { b: "3" })];

    expect(await started({ manifests: manifests(...objects) })).toEqual([
      'ConfigMap default/c {"a":"1","b":"3"}',
    ]);
  });

  test("is recorded with them: a replay has them, too", async () => {
    const journal = new MemoryJournal();
    const found = await started({ manifests: manifests(team, aPod("a", "team")), journal });
    const parsed = parseJournal(journal.text);
    const { cluster, traceHash, objectsHash } = await replayJournal(parsed);
    await cluster.close();

    expect(found).toEqual(['Pod team/a ""']);
    expect({ traceHash, objectsHash }).toMatchObject({
      traceHash: parsed.end?.traceHash,
      objectsHash: parsed.end?.objectsHash,
    });
    expect([...cluster.server.objects("", "pods")]).toHaveLength(1);
  });

  test("has the same history each time, for the same start", async () => {
    const ends = [];
    for (const threads of [0, 0]) {
      const journal = new MemoryJournal();
      const options = { startUs: 1_767_225_600_000_000, caPem: "none", threads, journal };
      await started({ ...options, manifests: manifests(team, aPod("a", "team"), aPod("b")) });
      ends.push(parseJournal(journal.text).end);
    }

    expect(ends[0]).toEqual(ends[1]);
  });

  test.each([
    [aPod("_"), /^all\.yaml, document 2: Pod "_" is invalid: metadata\.name: Invalid value: "_": /],
    [{ ...aPod("a"), spec: { colour: 1 } }, /document 2: .*unknown field "spec\.colour"/],
    [aPod("a", "nowhere"), /document 2: namespaces "nowhere" not found$/],
    [
      { apiVersion: "apps/v1", kind: "Deployment", metadata: {} },
      /document 2: no matches for kind "Deployment" in version "apps\/v1"$/,
    ],
  ])("does not start when one is refused, and says which and why (%#)", async (bad, problem) => {
    const starting = startLiveCluster({ ...small, manifests: manifests(aPod("good"), bad) });

    await expect(starting).rejects.toThrow(ManifestError);
    await expect(starting).rejects.toThrow(problem);
  });
});
